//! What holds for any template and any arguments.

use proptest::prelude::*;

use super::*;

/// Takes a command line apart by what the documentation of
/// `CommandLineToArgvW` says: an implementation of its own, character by
/// character, that counts quotes where the template's reader keeps a state.
pub(super) fn parse_windows(line: &str) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    let (mut words, mut word, mut started, mut quotes, mut at) =
        (vec![], String::new(), false, 0, 0);
    while at < chars.len() {
        let backslashes = chars[at..].iter().take_while(|&&c| c == '\\').count();
        if backslashes > 0 {
            at += backslashes;
            started = true;
            let before_quote = chars.get(at) == Some(&'"');
            word.extend(std::iter::repeat_n(
                '\\',
                if before_quote {
                    backslashes / 2
                } else {
                    backslashes
                },
            ));
            if before_quote && backslashes % 2 == 1 {
                word.push('"');
                at += 1;
            }
            continue;
        }
        match chars[at] {
            '"' => {
                started = true;
                quotes += 1;
                if quotes == 2 && chars.get(at + 1) != Some(&'"') {
                    quotes = 0;
                }
                if quotes == 3 {
                    word.push('"');
                    quotes = 0;
                }
            }
            ' ' | '\t' if quotes == 0 => {
                if std::mem::take(&mut started) {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => {
                started = true;
                word.push(c);
            }
        }
        at += 1;
    }
    if started {
        words.push(word);
    }
    words
}

/// Text of the characters that matter, and others.
const TEXT: &str = r#"[\\" \t%a1U_/-]{0,12}|.{0,8}"#;

proptest! {
    #[test]
    fn an_argument_stays_one_word_and_keeps_every_character(
        pieces in prop::collection::vec((r#"[a-z=:./,-]{0,5}"#, 1..=9_usize, any::<bool>()), 1..6),
        arguments in prop::collection::vec(TEXT.prop_filter("no process gets a NUL", |text| !text.contains('\0')), 9),
    ) {
        let mut template = String::new();
        let mut expected = Vec::new();
        for (text, number, quoted) in &pieces {
            let quote = if *quoted { "\"" } else { "" };
            template += &format!("{text}{quote}%{number}{quote} ");
            expected.push(format!("{text}{}", arguments[number - 1]));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let line = expanded(&template, &arguments, &LENIENT).unwrap();
        prop_assert_eq!(line.argv().collect::<Vec<_>>(), expected.clone());
        let parsed = parse_windows(&line.windows_text("x.exe"));
        prop_assert_eq!(&parsed[1..], &expected[..]);
    }

    #[test]
    fn any_template_and_arguments_mean_the_same_on_windows(
        template in TEXT,
        arguments in prop::collection::vec(TEXT, 0..3),
    ) {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let Ok(line) = expanded(&template, &arguments, &LENIENT) else { return Ok(()) };
        let parsed = parse_windows(&line.windows_text("x.exe"));
        prop_assert_eq!(parsed[1..].to_vec(), line.argv().collect::<Vec<_>>(), "{}", template);
    }

    #[test]
    fn a_template_without_directives_is_cut_as_windows_cuts_it(template in r#"[\\" \tab]{0,16}"#) {
        prop_assert_eq!(argv(&template, &[]), parse_windows(&template));
    }

    #[test]
    fn under_the_stricter_rules_no_argument_begins_a_word_with_a_dash(
        template in r#"[%\\_/ab12" -]{0,16}"#,
        arguments in prop::collection::vec(r"[\\a-]{0,5}", 2),
    ) {
        let with = |arguments: &[String]| {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            expanded(&template, &arguments, &Rules::default())
        };
        let Ok(line) = with(&arguments) else { return Ok(()) };
        // What begins with a dash does so whatever the arguments are.
        let bland = with(&["x".to_owned(), r"\x\x".to_owned()]);
        let bland = bland.unwrap_or_else(|_| with(&[String::new(), String::new()]).unwrap());
        for (word, bland) in line.words.iter().zip(&bland.words) {
            prop_assert!(!word.text.starts_with('-') || bland.text.starts_with('-'), "{:?}", word);
        }
    }

    #[test]
    fn what_is_shown_has_no_control_characters(words in prop::collection::vec("[^\0]{0,8}", 0..4)) {
        let shown = shell_text(&words);
        prop_assert!(!shown.contains(char::is_control), "{}", shown);
    }
}
