//! The rights on classes and instances (launcher specification, section 6).

use fslaunch_access::{AccessMask, Ace, GenericMapping, SecurityDescriptor, Sid, Token, check};

/// SERVICE_START (`RP`): to start an instance of the class.
pub const START: AccessMask = AccessMask(0x10);

/// SERVICE_STOP (`WP`): to stop the instance.
pub const STOP: AccessMask = AccessMask(0x20);

/// SERVICE_QUERY_STATUS (`LC`): to see the instance and ask about it.
pub const QUERY: AccessMask = AccessMask(0x4);

/// What the generic rights mean: the same as for services of Windows.
pub const MAPPING: GenericMapping = GenericMapping::SERVICE;

/// Whether a descriptor grants a caller all of these rights.
pub fn may(descriptor: &SecurityDescriptor, token: &Token, rights: AccessMask) -> bool {
    check(descriptor, token, rights, &MAPPING).is_ok()
}

/// Whether a descriptor grants a caller any of the rights there are.
pub fn may_any(descriptor: &SecurityDescriptor, token: &Token) -> bool {
    [START, STOP, QUERY]
        .into_iter()
        .any(|right| may(descriptor, token, right))
}

/// The descriptor of an instance: that of its class, and before all else
/// whoever started it may stop and query it.
///
/// ```
/// use fslaunch_access::{SecurityDescriptor, Token, well_known};
/// use fslaunch_core::rights::{QUERY, START, STOP, instance_descriptor, may};
///
/// let class: SecurityDescriptor = "O:SYG:SYD:P(A;;RP;;;WD)".parse()?;
/// let alice = Token::new(well_known::unix_user(1000), [well_known::everyone()]);
/// let instance = instance_descriptor(&class, &alice.user);
/// assert!(may(&instance, &alice, STOP | QUERY));
/// assert!(!may(&class, &alice, STOP));
/// # Ok::<(), fslaunch_access::SddlError>(())
/// ```
pub fn instance_descriptor(class: &SecurityDescriptor, starter: &Sid) -> SecurityDescriptor {
    let mut descriptor = class.clone();
    // Without a list everybody has every right already.
    if let Some(dacl) = &mut descriptor.dacl {
        dacl.aces.insert(0, Ace::allow(STOP | QUERY, *starter));
    }
    descriptor
}

#[cfg(test)]
mod tests {
    use fslaunch_access::well_known;

    use super::*;

    fn descriptor(text: &str) -> SecurityDescriptor {
        text.parse().unwrap()
    }

    fn token(uid: u32) -> Token {
        Token::new(well_known::unix_user(uid), [well_known::everyone()])
    }

    #[test]
    fn the_starter_may_stop_and_query_even_what_it_is_denied() {
        let class = descriptor("O:SYG:SYD:P(D;;WPLC;;;WD)(A;;RP;;;WD)");
        let starter = token(1000);
        let instance = instance_descriptor(&class, &starter.user);
        assert_eq!(
            instance.to_string(),
            "O:SYG:SYD:P(A;;LCWP;;;S-1-22-1-1000)(D;;LCWP;;;WD)(A;;RP;;;WD)"
        );
        assert!(may(&instance, &starter, STOP | QUERY));
        assert!(!may(&instance, &token(1001), STOP));
        assert!(!may(&instance, &token(1001), QUERY));
    }

    #[test]
    fn generic_rights_are_those_of_services() {
        let query = descriptor("O:SYG:SYD:P(A;;GR;;;WD)");
        assert!(may(&query, &token(1), QUERY));
        assert!(!may(&query, &token(1), START));
        let start_and_stop = descriptor("O:SYG:SYD:P(A;;GX;;;WD)");
        assert!(may(&start_and_stop, &token(1), START | STOP));
        assert!(!may(&start_and_stop, &token(1), QUERY));
        assert!(may(
            &descriptor("O:SYG:SYD:P(A;;GA;;;WD)"),
            &token(1),
            START | STOP | QUERY
        ));
    }

    #[test]
    fn any_right_is_enough_to_see_a_class() {
        for (sddl, any) in [
            ("O:SYG:SYD:P(A;;RP;;;WD)", true),
            ("O:SYG:SYD:P(A;;WP;;;WD)", true),
            ("O:SYG:SYD:P(A;;LC;;;WD)", true),
            ("O:SYG:SYD:P(A;;RC;;;WD)", false),
            ("O:SYG:SYD:P(A;;GA;;;SY)", false),
            ("O:SYG:SYD:P", false),
        ] {
            assert_eq!(may_any(&descriptor(sddl), &token(1000)), any, "{sddl}");
        }
    }

    #[test]
    fn a_list_that_is_not_there_stays_so() {
        let class = descriptor("O:SYG:SYD:NO_ACCESS_CONTROL");
        assert_eq!(instance_descriptor(&class, &token(1).user), class);
    }
}
