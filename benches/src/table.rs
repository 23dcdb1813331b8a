//! The table of figures, side by side.

use crate::figure::Figure;

const HEADINGS: [&str; 7] = [
    "figure", "launcher", "baseline", "ratio", "target", "met", "samples",
];

/// The table as lines of text, the notes beneath it.
pub(crate) fn lines(figures: &[Figure]) -> Vec<String> {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    let mut notes = Vec::new();
    for figure in figures {
        let mut row = row(figure);
        if let Some(note) = &figure.note {
            notes.push(note);
            row[0].push_str(&format!(" [{}]", notes.len()));
        }
        rows.push(row);
    }
    let widths = widths(&rows);
    let mut lines: Vec<String> = rows.iter().map(|row| line(row, &widths)).collect();
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    lines.insert(1, rule.join("-+-"));
    let notes = notes.iter().enumerate();
    lines.extend(notes.map(|(at, note)| format!("[{}] {note}", at + 1)));
    lines
}

fn row(figure: &Figure) -> [String; 7] {
    let met = match figure.is_met() {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "",
    };
    let baseline = figure.baseline.map(|amount| amount.to_string());
    let ratio = figure.times().map(|times| format!("{times:.2} ×"));
    [
        figure.name.clone(),
        figure.measured.to_string(),
        baseline.unwrap_or_default(),
        ratio.unwrap_or_default(),
        figure.target.to_string(),
        met.to_owned(),
        figure.samples.to_string(),
    ]
}

fn widths(rows: &[[String; 7]]) -> [usize; 7] {
    std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    })
}

fn line(row: &[String; 7], widths: &[usize; 7]) -> String {
    let cells = row.iter().zip(widths).enumerate();
    let cells = cells.map(|(column, (cell, width))| match column {
        // Amounts are compared from the right.
        1..=3 | 6 => format!("{cell:>width$}"),
        _ => format!("{cell:<width$}"),
    });
    cells.collect::<Vec<_>>().join(" | ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::figure::Target;

    #[test]
    fn columns_are_aligned_and_notes_numbered() {
        let ms = Duration::from_millis(1);
        let figures = [
            Figure::time("one", 3 * ms, ms).target(Target::Times(2.0)),
            Figure::memory("another", 4096).note("of nothing"),
        ];
        let lines = lines(&figures);
        let bars = |line: &str| -> Vec<usize> {
            let chars = line.chars().enumerate();
            chars
                .filter(|(_, char)| *char == '|')
                .map(|(at, _)| at)
                .collect()
        };
        assert_eq!(bars(&lines[0]), bars(&lines[2]));
        assert!(
            lines[2].contains("3.00 × | at most 2 × | NO"),
            "{}",
            lines[2]
        );
        assert!(lines[3].starts_with("another [1] |"), "{}", lines[3]);
        assert_eq!(lines[4], "[1] of nothing");
    }
}
