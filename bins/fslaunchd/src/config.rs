//! `fslaunchd.toml`: what an administrator may set.

use std::time::Duration;

use fslaunch_core::{
    instance::FIRST_DELAY,
    limits::{Limit, Limits},
};
use serde::Deserialize;

/// The settings of the daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    /// Name of the group whose members are administrators.
    pub administrators: Option<String>,
    /// Account that stands for `run-as = "LocalService"`.
    pub local_service: Option<String>,
    /// Account that stands for `run-as = "NetworkService"`.
    pub network_service: Option<String>,
    /// `list` shows every instance to everybody, as the original does.
    pub list_all: bool,
    /// Milliseconds before an instance with `recovery` is started again the
    /// first time.
    recovery_delay: Option<u32>,
    limits: LimitsTable,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct LimitsTable {
    instances: Option<LimitTable>,
    starts: Option<LimitTable>,
    connections: Option<LimitTable>,
    failures: Option<LimitTable>,
    message_bytes: Option<LimitTable>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LimitTable {
    per_user: Option<usize>,
    total: Option<usize>,
}

impl Config {
    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// The line, and what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Config, toml_edit::de::Error> {
        toml_edit::de::from_str(text)
    }

    /// How long after its end an instance with `recovery` is started again,
    /// the first time.
    pub(crate) fn recovery_delay(&self) -> Duration {
        let configured = self.recovery_delay.map(u64::from);
        configured.map_or(FIRST_DELAY, Duration::from_millis)
    }

    /// The limits: the defaults, but for what the file says.
    pub(crate) fn limits(&self) -> Limits {
        let defaults = Limits::default();
        let limit = |table: Option<LimitTable>, default: Limit| Limit {
            per_user: table
                .and_then(|table| table.per_user)
                .unwrap_or(default.per_user),
            total: table.and_then(|table| table.total).unwrap_or(default.total),
        };
        Limits {
            instances: limit(self.limits.instances, defaults.instances),
            starts: limit(self.limits.starts, defaults.starts),
            connections: limit(self.limits.connections, defaults.connections),
            failures: limit(self.limits.failures, defaults.failures),
            message_bytes: limit(self.limits.message_bytes, defaults.message_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_leaves_the_defaults() {
        let config = Config::parse("").unwrap();
        assert_eq!(config, Config::default());
        assert_eq!(config.limits(), Limits::default());
        assert_eq!(config.recovery_delay(), FIRST_DELAY);
    }

    #[test]
    fn every_setting_is_read() {
        let text = r#"
            administrators = "wheel"
            local-service = "fslaunch"
            network-service = "fslaunch-net"
            list-all = true
            recovery-delay = 250
            [limits]
            instances = { per-user = 3, total = 7 }
            connections = { total = 9 }
        "#;
        let config = Config::parse(text).unwrap();
        assert_eq!(config.administrators.as_deref(), Some("wheel"));
        assert_eq!(config.local_service.as_deref(), Some("fslaunch"));
        assert_eq!(config.network_service.as_deref(), Some("fslaunch-net"));
        assert!(config.list_all);
        assert_eq!(config.recovery_delay(), Duration::from_millis(250));
        let limits = config.limits();
        assert_eq!(
            limits.instances,
            Limit {
                per_user: 3,
                total: 7
            }
        );
        let default = Limits::default().connections;
        assert_eq!(
            limits.connections,
            Limit {
                total: 9,
                ..default
            }
        );
    }

    #[test]
    fn a_mistyped_setting_is_named_with_its_line() {
        let error = Config::parse("list-all = true\nadmins = \"wheel\"\n").unwrap_err();
        let words = error.to_string();
        assert!(
            words.contains("line 2") && words.contains("admins"),
            "{words}"
        );
    }
}
