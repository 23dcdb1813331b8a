//! What the provider says it can do.

/// The number of the network: no other provider's.
const NET_TYPE: u32 = 0x2073_7046;

/// The answer of `NPGetCaps`.
pub(crate) fn caps(index: u32) -> u32 {
    match index {
        // The version of the interface: 5.1.
        1 => 0x0005_0001,
        2 => NET_TYPE,
        // Connections: add, cancel, get, add with an owner window.
        6 => 0xF,
        // Enumeration: local, and of a context.
        11 => 0x2 | 0x4,
        // It need not be started first.
        12 => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::caps;

    #[test]
    fn it_can_do_what_the_specification_says_and_no_more() {
        let said = [
            (1, 0x0005_0001),
            (2, 0x2073_7046),
            (6, 0xF),
            (11, 6),
            (12, 1),
        ];
        for (index, answer) in said {
            assert_eq!(caps(index), answer);
        }
        let others = (0..64).filter(|index| said.iter().all(|(known, _)| known != index));
        assert!(others.chain([u32::MAX]).all(|index| caps(index) == 0));
    }
}
