//! The configuration of a service that ours replaces, kept in the registry
//! until it is put back.

use std::io;

use super::configuration::{Configuration, Failure, Wide};
use crate::windows::registry::{Access, Key, RawValue, Root};

const REPLACED: &str = r"Software\fslaunch\Replaced";

/// More than all that the service manager tells of one service.
const MOST: usize = 256 << 10;

const REG_SZ: u32 = 1;
const REG_BINARY: u32 = 3;
const REG_DWORD: u32 = 4;
const REG_MULTI_SZ: u32 = 7;

/// A service as it was before ours took its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remembered {
    pub(super) configuration: Configuration,
    /// Whether it ran.
    pub(super) was_running: bool,
}

impl Remembered {
    /// What is remembered of the service of that name.
    pub(super) fn load(name: &str) -> io::Result<Option<Remembered>> {
        let key = match Key::open(Root::Machine64, &path(name), Access::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            key => key?,
        };
        let values = Values(key.values(MOST)?);
        let found = values.read();
        let malformed = || io::Error::new(io::ErrorKind::InvalidData, "it is not whole");
        found.map(Some).ok_or_else(malformed)
    }

    /// Remembers a service, in place of what was remembered of that name.
    /// Whoever looks sees either of them whole.
    pub(super) fn save(&self, name: &str) -> io::Result<()> {
        let (parent, _) = Key::create(Root::Machine64, REPLACED)?;
        // No service can be called so.
        let beside: Wide = format!("~/{}", std::process::id()).encode_utf16().collect();
        let name: Wide = name.encode_utf16().collect();
        parent.remove_tree(&beside)?;
        let (key, _) = parent.create_below(&beside)?;
        for value in self.values() {
            key.set(&value)?;
        }
        parent.remove_tree(&name)?;
        key.rename(&name)
    }

    /// Remembers nothing of the service of that name any more.
    pub(super) fn forget(name: &str) -> io::Result<()> {
        let name: Wide = name.encode_utf16().collect();
        match Key::open(Root::Machine64, REPLACED, Access::Write) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            parent => parent?.remove_tree(&name),
        }
    }

    fn values(&self) -> Vec<RawValue> {
        let about = &self.configuration;
        let mut values = vec![
            number("Type", about.kind),
            number("Start", about.start),
            number("ErrorControl", about.error_control),
            text("ImagePath", &about.command),
            text("Group", &about.group),
            number("Tag", about.tag),
            list("DependOnService", &about.dependencies),
            text("ObjectName", &about.account),
            text("DisplayName", &about.display_name),
            number("WasRunning", self.was_running.into()),
        ];
        values.extend(about.description.as_ref().map(|it| text("Description", it)));
        values.extend(
            about
                .failure_on_error
                .map(|it| number("FailureActionsOnErrors", it)),
        );
        values.extend(about.delayed.map(|it| number("DelayedAutoStart", it)));
        values.extend(about.sid_type.map(|it| number("ServiceSidType", it)));
        values.extend(about.preshutdown.map(|it| number("PreshutdownTimeout", it)));
        values.extend(
            about
                .privileges
                .as_ref()
                .map(|it| list("RequiredPrivileges", it)),
        );
        if let Some(failure) = &about.failure {
            let numbers = failure
                .actions
                .iter()
                .flat_map(|(kind, delay)| [*kind, *delay]);
            let bytes = numbers.flat_map(u32::to_le_bytes).collect();
            values.push(number("FailureReset", failure.reset));
            values.push(text("FailureRebootMessage", &failure.reboot_message));
            values.push(text("FailureCommand", &failure.command));
            values.push(value("FailureActions", REG_BINARY, bytes));
        }
        values
    }
}

fn path(name: &str) -> String {
    format!(r"{REPLACED}\{name}")
}

fn value(name: &str, kind: u32, bytes: Vec<u8>) -> RawValue {
    RawValue {
        name: name.encode_utf16().collect(),
        kind,
        bytes,
    }
}

fn number(name: &str, number: u32) -> RawValue {
    value(name, REG_DWORD, number.to_le_bytes().to_vec())
}

fn text(name: &str, text: &Wide) -> RawValue {
    let units = text.iter().copied().chain([0]);
    value(name, REG_SZ, units.flat_map(u16::to_le_bytes).collect())
}

fn list(name: &str, list: &Wide) -> RawValue {
    RawValue {
        kind: REG_MULTI_SZ,
        ..text(name, list)
    }
}

struct Values(Vec<RawValue>);

impl Values {
    fn read(&self) -> Option<Remembered> {
        let failure = || {
            let bytes = self.bytes("FailureActions", REG_BINARY)?;
            let (numbers, _) = bytes.as_chunks::<4>();
            let numbers: Vec<u32> = numbers
                .iter()
                .map(|&bytes| u32::from_le_bytes(bytes))
                .collect();
            let (pairs, _) = numbers.as_chunks::<2>();
            Some(Failure {
                reset: self.number("FailureReset")?,
                reboot_message: self.text("FailureRebootMessage", REG_SZ)?,
                command: self.text("FailureCommand", REG_SZ)?,
                actions: pairs.iter().map(|&[kind, delay]| (kind, delay)).collect(),
            })
        };
        let configuration = Configuration {
            kind: self.number("Type")?,
            start: self.number("Start")?,
            error_control: self.number("ErrorControl")?,
            command: self.text("ImagePath", REG_SZ)?,
            group: self.text("Group", REG_SZ)?,
            tag: self.number("Tag")?,
            dependencies: self.text("DependOnService", REG_MULTI_SZ)?,
            account: self.text("ObjectName", REG_SZ)?,
            display_name: self.text("DisplayName", REG_SZ)?,
            description: self.text("Description", REG_SZ),
            failure: failure(),
            failure_on_error: self.number("FailureActionsOnErrors"),
            delayed: self.number("DelayedAutoStart"),
            sid_type: self.number("ServiceSidType"),
            preshutdown: self.number("PreshutdownTimeout"),
            privileges: self.text("RequiredPrivileges", REG_MULTI_SZ),
        };
        let was_running = self.number("WasRunning")? != 0;
        Some(Remembered {
            configuration,
            was_running,
        })
    }

    fn bytes(&self, name: &str, kind: u32) -> Option<&[u8]> {
        let is_it =
            |value: &&RawValue| value.kind == kind && String::from_utf16_lossy(&value.name) == name;
        self.0
            .iter()
            .find(is_it)
            .map(|value| value.bytes.as_slice())
    }

    fn number(&self, name: &str) -> Option<u32> {
        let bytes = self.bytes(name, REG_DWORD)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }

    /// A text or a list without the NUL that ends it.
    fn text(&self, name: &str, kind: u32) -> Option<Wide> {
        let (pairs, _) = self.bytes(name, kind)?.as_chunks::<2>();
        let mut units: Wide = pairs.iter().map(|&pair| u16::from_le_bytes(pair)).collect();
        (units.pop() == Some(0)).then_some(units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Remembered {
        let text = |text: &str| text.encode_utf16().collect::<Wide>();
        let mut configuration = Configuration::new("x", "y", true);
        configuration.kind = 0x110;
        configuration.start = 3;
        configuration.command = text(r"C:\Program Files (x86)\a\b.exe -x");
        configuration.group = text("a group");
        configuration.tag = 7;
        configuration.dependencies = text("RpcSs\0Tcpip\0");
        configuration.description = Some(text("Größe"));
        configuration.failure = Some(Failure {
            reset: 60,
            reboot_message: text("bye"),
            command: text("cmd /c \"x\""),
            actions: vec![(1, 60_000), (2, 5), (0, 0)],
        });
        configuration.sid_type = Some(3);
        configuration.preshutdown = Some(7_000);
        configuration.privileges = Some(text("SeTcbPrivilege\0"));
        Remembered {
            configuration,
            was_running: true,
        }
    }

    fn bare() -> Remembered {
        let mut bare = whole();
        bare.was_running = false;
        bare.configuration.description = None;
        bare.configuration.failure = None;
        bare.configuration.failure_on_error = None;
        bare.configuration.delayed = None;
        bare.configuration.sid_type = None;
        bare.configuration.preshutdown = None;
        bare.configuration.privileges = None;
        bare
    }

    #[test]
    fn all_that_is_remembered_comes_back() {
        let name = format!("fslaunch test \"{}\"", std::process::id());
        assert_eq!(Remembered::load(&name).unwrap(), None);
        for remembered in [whole(), bare()] {
            remembered.save(&name).unwrap();
            assert_eq!(Remembered::load(&name).unwrap(), Some(remembered));
        }
        Remembered::forget(&name).unwrap();
        assert_eq!(Remembered::load(&name).unwrap(), None);
        Remembered::forget(&name).unwrap();
    }

    #[test]
    fn half_of_it_is_nothing() {
        let mut values = Values(whole().values());
        assert!(values.read().is_some());
        values
            .0
            .retain(|value| String::from_utf16_lossy(&value.name) != "ImagePath");
        assert!(values.read().is_none());
    }
}
