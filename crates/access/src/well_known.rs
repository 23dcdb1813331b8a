//! SIDs that are the same on every system.
//!
//! Those of a domain, such as its administrators, are its SID and a RID: [`Sid::with_rid`].

use crate::Sid;

/// Makes one function for each SID, and the table of the SDDL aliases, from the same rows.
macro_rules! well_known {
    ($($(#[doc = $doc:literal])+ $name:ident = $alias:literal $authority:literal $numbers:expr;)+) => {
        $(
            $(#[doc = $doc])+
            #[doc = concat!("\n\nSDDL alias: `", $alias, "`.")]
            pub const fn $name() -> Sid {
                Sid::from_parts($authority, &$numbers)
            }
        )+

        /// The SDDL aliases that need no domain, in capitals.
        pub(crate) static ALIASES: &[(&str, Sid)] = &[$(($alias, $name())),+];
    };
}

well_known! {
    /// Everyone: all callers, anonymous ones excepted on today's systems.
    everyone = "WD" 1 [0];
    /// Creator owner: stands for the creator in entries that are inherited.
    creator_owner = "CO" 3 [0];
    /// Creator group: stands for the creator's primary group in entries that are inherited.
    creator_group = "CG" 3 [1];
    /// Owner rights: the current owner; its entries replace the owner's implicit rights.
    owner_rights = "OW" 3 [4];
    /// Network: those who logged on over the network.
    network = "NU" 5 [2];
    /// Interactive: those who logged on at the machine.
    interactive = "IU" 5 [4];
    /// Service: those who logged on as a service.
    service = "SU" 5 [6];
    /// Anonymous: those who gave no name.
    anonymous = "AN" 5 [7];
    /// Enterprise domain controllers.
    enterprise_domain_controllers = "ED" 5 [9];
    /// Principal self: stands for the object itself in directory entries.
    principal_self = "PS" 5 [10];
    /// Authenticated users: all who gave a name and proved it.
    authenticated_users = "AU" 5 [11];
    /// Restricted code: what a restricted token is usually restricted to.
    restricted_code = "RC" 5 [12];
    /// LocalSystem: the operating system.
    local_system = "SY" 5 [18];
    /// LocalService: services with few rights and no name on the network.
    local_service = "LS" 5 [19];
    /// NetworkService: services with few rights and the machine's name on the network.
    network_service = "NS" 5 [20];
    /// Write-restricted code.
    write_restricted_code = "WR" 5 [33];
    /// User-mode drivers.
    user_mode_drivers = "UD" 5 [84, 0, 0, 0, 0, 0];
    /// Built-in administrators.
    administrators = "BA" 5 [32, 544];
    /// Built-in users.
    users = "BU" 5 [32, 545];
    /// Built-in guests.
    guests = "BG" 5 [32, 546];
    /// Power users.
    power_users = "PU" 5 [32, 547];
    /// Account operators.
    account_operators = "AO" 5 [32, 548];
    /// Server operators.
    server_operators = "SO" 5 [32, 549];
    /// Print operators.
    print_operators = "PO" 5 [32, 550];
    /// Backup operators.
    backup_operators = "BO" 5 [32, 551];
    /// Replicators.
    replicators = "RE" 5 [32, 552];
    /// Pre-Windows 2000 compatible access.
    pre_windows_2000_access = "RU" 5 [32, 554];
    /// Remote desktop users.
    remote_desktop_users = "RD" 5 [32, 555];
    /// Network configuration operators.
    network_configuration_operators = "NO" 5 [32, 556];
    /// Performance monitor users.
    performance_monitor_users = "MU" 5 [32, 558];
    /// Performance log users.
    performance_log_users = "LU" 5 [32, 559];
    /// Anonymous Internet users of IIS.
    iis_users = "IS" 5 [32, 568];
    /// Cryptographic operators.
    cryptographic_operators = "CY" 5 [32, 569];
    /// Event log readers.
    event_log_readers = "ER" 5 [32, 573];
    /// Who may connect to certification authorities over DCOM.
    certificate_service_dcom_access = "CD" 5 [32, 574];
    /// Remote desktop: remote access servers.
    remote_access_servers = "RA" 5 [32, 575];
    /// Remote desktop: endpoint servers.
    endpoint_servers = "ES" 5 [32, 576];
    /// Remote desktop: management servers.
    management_servers = "MS" 5 [32, 577];
    /// Hyper-V administrators.
    hyper_v_administrators = "HA" 5 [32, 578];
    /// Access control assistance operators.
    access_control_assistance_operators = "AA" 5 [32, 579];
    /// Remote management users.
    remote_management_users = "RM" 5 [32, 580];
    /// All applications that run in an app container.
    all_application_packages = "AC" 15 [2, 1];
    /// Low integrity.
    low_integrity = "LW" 16 [4096];
    /// Medium integrity.
    medium_integrity = "ME" 16 [8192];
    /// Integrity between medium and high.
    medium_plus_integrity = "MP" 16 [8448];
    /// High integrity.
    high_integrity = "HI" 16 [12288];
    /// System integrity.
    system_integrity = "SI" 16 [16384];
    /// The identity was asserted by an authentication authority.
    authentication_authority_asserted_identity = "AS" 18 [1];
    /// The identity was asserted by a service.
    service_asserted_identity = "SS" 18 [2];
}

/// The SDDL aliases of accounts of a domain, with their RIDs.
pub(crate) static DOMAIN_ALIASES: &[(&str, u32)] = &[
    ("RO", 498),
    ("LA", 500),
    ("LG", 501),
    ("DA", 512),
    ("DU", 513),
    ("DG", 514),
    ("DC", 515),
    ("DD", 516),
    ("CA", 517),
    ("SA", 518),
    ("EA", 519),
    ("PA", 520),
    ("CN", 522),
    ("AP", 525),
    ("KA", 526),
    ("EK", 527),
    ("RS", 553),
];

/// Nobody: matches no caller.
pub const fn nobody() -> Sid {
    Sid::from_parts(0, &[0])
}

/// Batch: those who logged on as a batch job.
pub const fn batch() -> Sid {
    Sid::from_parts(5, &[3])
}

/// All services that run under an account of their own.
pub const fn all_services() -> Sid {
    Sid::from_parts(5, &[80, 0])
}

/// The SID of a Unix user, by the convention of Samba: `S-1-22-1-<uid>`.
pub const fn unix_user(uid: u32) -> Sid {
    Sid::from_parts(22, &[1, uid])
}

/// The SID of a Unix group, by the convention of Samba: `S-1-22-2-<gid>`.
pub const fn unix_group(gid: u32) -> Sid {
    Sid::from_parts(22, &[2, gid])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_sids_have_their_published_numbers() {
        for (sid, text) in [
            (everyone(), "S-1-1-0"),
            (owner_rights(), "S-1-3-4"),
            (authenticated_users(), "S-1-5-11"),
            (local_system(), "S-1-5-18"),
            (administrators(), "S-1-5-32-544"),
            (all_application_packages(), "S-1-15-2-1"),
            (unix_user(1000), "S-1-22-1-1000"),
            (unix_group(100), "S-1-22-2-100"),
        ] {
            assert_eq!(sid.to_string(), text);
        }
    }

    #[test]
    fn no_alias_and_no_sid_is_in_the_tables_twice() {
        let mut aliases: Vec<&str> = ALIASES.iter().map(|(alias, _)| *alias).collect();
        aliases.extend(DOMAIN_ALIASES.iter().map(|(alias, _)| *alias));
        let mut sids: Vec<Sid> = ALIASES.iter().map(|(_, sid)| *sid).collect();
        let counts = (aliases.len(), sids.len());
        aliases.sort_unstable();
        aliases.dedup();
        sids.sort_unstable();
        sids.dedup();
        assert_eq!((aliases.len(), sids.len()), counts);
    }
}
