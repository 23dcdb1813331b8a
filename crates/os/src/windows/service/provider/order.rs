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
