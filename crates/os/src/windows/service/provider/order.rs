//! The order in which network providers are asked: names with commas between.

/// The same order with this name first. The rest is as it was.
pub(super) fn first(order: &str, name: &str) -> String {
    match without(order, name) {
        rest if rest.is_empty() => name.to_owned(),
        rest => format!("{name},{rest}"),
    }
}

/// The same order without this name; unchanged if it is not there.
pub(super) fn without(order: &str, name: &str) -> String {
    let others = order.split(',').filter(|other| !is(other, name));
    others.collect::<Vec<_>>().join(",")
}

/// The same order with this name where it was in the order before: behind the
/// nearest name that still is there. Changes to other names stay.
pub(super) fn back(order: &str, before: &str, name: &str) -> String {
    let rest = without(order, name);
    if rest == without(before, name) {
        return before.to_owned();
    }
    let names: Vec<&str> = before.split(',').collect();
    let was = names.iter().position(|other| is(other, name));
    let Some((ahead, &[spelled, ..])) = was.and_then(|was| names.split_at_checked(was)) else {
        return rest;
    };
    let mut rest: Vec<&str> = match rest.as_str() {
        "" => vec![],
        rest => rest.split(',').collect(),
    };
    let behind = |other: &&str| rest.iter().position(|there| is(there, other.trim()));
    let at = ahead.iter().rev().find_map(behind).map_or(0, |at| at + 1);
    rest.insert(at, spelled);
    rest.join(",")
}

/// Whether this name is in the order.
pub(super) fn has(order: &str, name: &str) -> bool {
    order.split(',').any(|other| is(other, name))
}

fn is(one: &str, other: &str) -> bool {
    one.trim().eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "WinFsp.Np";

    #[test]
    fn the_name_comes_first_and_the_rest_stays_as_it_was() {
        for (before, after) in [
            ("", "WinFsp.Np"),
            (
                "RDPNP,LanmanWorkstation",
                "WinFsp.Np,RDPNP,LanmanWorkstation",
            ),
            ("a,winfsp.np, b ,,c", "WinFsp.Np,a, b ,,c"),
            ("WinFsp.Np,a", "WinFsp.Np,a"),
            (" WinFsp.Np ,a,WINFSP.NP", "WinFsp.Np,a"),
            ("WinFsp.Np2", "WinFsp.Np,WinFsp.Np2"),
        ] {
            assert_eq!(first(before, NAME), after, "{before:?}");
        }
    }

    #[test]
    fn the_name_comes_back_to_its_place_and_other_changes_stay() {
        for (now, before, after) in [
            // Nothing else has changed.
            ("WinFsp.Np,a,b", "a, winfsp.np ,b", "a, winfsp.np ,b"),
            ("WinFsp.Np,a", "a", "a"),
            ("WinFsp.Np", "", ""),
            ("", "WinFsp.Np", "WinFsp.Np"),
            // Somebody has come.
            ("WinFsp.Np,new,a,b", "a,WinFsp.Np,b", "new,a,WinFsp.Np,b"),
            ("new,WinFsp.Np,a", "a", "new,a"),
            ("WinFsp.Np,new", "", "new"),
            ("new,WinFsp.Np,a", "WinFsp.Np,a", "WinFsp.Np,new,a"),
            // Somebody has gone.
            ("WinFsp.Np,a,c", "a,b,WinFsp.Np,c", "a,WinFsp.Np,c"),
            ("WinFsp.Np,c", "b,WinFsp.Np,c", "WinFsp.Np,c"),
            ("WinFsp.Np", "b,WinFsp.Np", "WinFsp.Np"),
            // All others were moved.
            ("WinFsp.Np,c,b,a", "a,B,WinFsp.Np,c", "c,b,WinFsp.Np,a"),
        ] {
            assert_eq!(back(now, before, NAME), after, "{now:?}, {before:?}");
        }
    }

    #[test]
    fn without_the_name_the_rest_stays_as_it_was() {
        for (before, after) in [
            ("WinFsp.Np", ""),
            ("WinFsp.Np,a, b", "a, b"),
            ("a,b", "a,b"),
            ("a,,b", "a,,b"),
        ] {
            assert_eq!(without(before, NAME), after, "{before:?}");
            assert!(!has(after, NAME));
        }
        assert!(has("a, winfsp.np", NAME) && !has("", NAME));
    }
}
