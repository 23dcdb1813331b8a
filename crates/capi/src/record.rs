//! The record of a class, as the registry functions read and write it.

use fslaunch_core::record::{Registration, Value};

/// The longest text of a record, in units, its NUL included: what a text of
/// the system can be at most.
pub(crate) const TEXT_UNITS: usize = 32_768;

/// The texts of a record by their names in the registry, in the order that
/// the C structure has them.
pub(crate) const TEXTS: [&str; 8] = [
    "Agent",
    "Executable",
    "CommandLine",
    "WorkDirectory",
    "RunAs",
    "Security",
    "AuthPackage",
    "Stderr",
];

/// Its numbers, likewise.
pub(crate) const NUMBERS: [&str; 4] = ["JobControl", "Credentials", "AuthPackageId", "Recovery"];

const AGENT: usize = 0;
const EXECUTABLE: usize = 1;
const JOB_CONTROL: usize = 0;

/// What `JobControl` is when the record does not say.
const JOB_CONTROL_DEFAULT: u32 = 1;

/// What `JobControl` is set to when the record is not to say.
const JOB_CONTROL_ABSENT: u32 = u32::MAX;

/// The fields of a record, in the order of [`TEXTS`] and [`NUMBERS`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) texts: [Option<String>; TEXTS.len()],
    pub(crate) numbers: [u32; NUMBERS.len()],
}

impl Record {
    /// The fields of a class as it is stored; `None` if it is of no use: it
    /// has no executable, or a field is of the wrong type.
    pub(crate) fn of(registration: &Registration) -> Option<Record> {
        let mut record = Record::default();
        record.numbers[JOB_CONTROL] = JOB_CONTROL_DEFAULT;
        for (name, value) in registration.values() {
            if let Some(place) = TEXTS.iter().position(|&known| known == name) {
                record.texts[place] = Some(text(value)?.to_owned());
            } else if let Some(place) = NUMBERS.iter().position(|&known| known == name) {
                record.numbers[place] = number(value)?;
            }
        }
        record.texts[EXECUTABLE].is_some().then_some(record)
    }

    /// Whether an agent may use the class: any may if it names none, and who
    /// does not say which agent it is asks about none.
    pub(crate) fn is_for(&self, agent: Option<&str>) -> bool {
        let names = self.texts[AGENT].as_deref().unwrap_or_default();
        let mut names = names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .peekable();
        match agent {
            Some(agent) if names.peek().is_some() => {
                names.any(|name| name.eq_ignore_ascii_case(agent))
            }
            Some(_) | None => true,
        }
    }

    /// What is to be written, and what deleted (`None`), for the class to
    /// have this record; `None` if it has no executable.
    ///
    /// The executable comes last: a class that is being registered can't be
    /// started before all that restricts it is there.
    pub(crate) fn changes(&self) -> Option<Vec<(&'static str, Option<Value>)>> {
        let executable = self.texts[EXECUTABLE].as_ref()?;
        let numbers = NUMBERS.into_iter().zip(self.numbers);
        let numbers = numbers.enumerate().map(|(place, (name, number))| {
            let is_absent = match place {
                JOB_CONTROL => number == JOB_CONTROL_ABSENT,
                _ => number == 0,
            };
            (name, (!is_absent).then_some(Value::Number(number)))
        });
        let texts = TEXTS.into_iter().zip(&self.texts);
        let texts = texts.map(|(name, text)| (name, text.clone().map(Value::Text)));
        let others = texts.filter(|(name, _)| *name != TEXTS[EXECUTABLE]);
        let last = (TEXTS[EXECUTABLE], Some(Value::Text(executable.clone())));
        Some(numbers.chain(others).chain([last]).collect())
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) | Value::ExpandText(text) => Some(text),
        Value::Number(_) | Value::Number64(_) | Value::List(_) | Value::Bytes(..) => None,
    }
}

fn number(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Text(_)
        | Value::ExpandText(_)
        | Value::Number64(_)
        | Value::List(_)
        | Value::Bytes(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use fslaunch_core::name::ClassName;

    use super::*;

    fn registration(values: &[(&str, Value)]) -> Registration {
        let mut registration = Registration::new(ClassName::parse("memfs64").unwrap());
        for (name, value) in values {
            registration.add(name, value.clone()).unwrap();
        }
        registration
    }

    fn words(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn executable() -> (&'static str, Value) {
        ("Executable", words(r"C:\x.exe"))
    }

    #[test]
    fn an_absent_field_is_none_or_its_default() {
        let record = Record::of(&registration(&[executable()])).unwrap();
        assert_eq!(record.numbers, [1, 0, 0, 0]);
        let texts: Vec<usize> = (0..8)
            .filter(|&text| record.texts[text].is_some())
            .collect();
        assert_eq!(texts, [1]);
    }

    #[test]
    fn a_record_without_executable_or_with_a_field_of_the_wrong_type_is_of_no_use() {
        assert_eq!(
            Record::of(&registration(&[("Security", words("D:"))])),
            None
        );
        for (name, value) in [("JobControl", words("1")), ("Security", Value::Number(1))] {
            let registration = registration(&[executable(), (name, value)]);
            assert_eq!(Record::of(&registration), None, "{name}");
        }
        let own = registration(&[executable(), ("sshfs.rootdir", Value::Number64(1))]);
        assert!(Record::of(&own).is_some());
    }

    #[test]
    fn what_was_written_is_what_is_read() {
        let record = Record {
            texts: std::array::from_fn(|place| Some(format!("text {place}"))),
            numbers: [7, 3, 2, 1],
        };
        let values = record.changes().unwrap().into_iter();
        let values: Vec<_> = values
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        assert_eq!(Record::of(&registration(&values)), Some(record));
        assert_eq!(values.last().unwrap().0, "Executable");
    }

    #[test]
    fn zeros_and_absent_texts_are_deleted_and_job_control_of_all_ones_too() {
        let changes = |job_control| {
            let mut record = Record::of(&registration(&[executable()])).unwrap();
            record.numbers[JOB_CONTROL] = job_control;
            record.changes().unwrap()
        };
        let deleted = changes(u32::MAX)
            .into_iter()
            .filter(|(_, value)| value.is_none());
        let deleted: Vec<&str> = deleted.map(|(name, _)| name).collect();
        assert_eq!(deleted.len(), 11);
        assert!(!deleted.contains(&"Executable"));
        for kept in [0, 1, 5] {
            let change = ("JobControl", Some(Value::Number(kept)));
            assert!(changes(kept).contains(&change));
        }
    }

    #[test]
    fn a_record_without_executable_is_not_written() {
        assert_eq!(Record::default().changes(), None);
    }

    #[test]
    fn a_class_that_names_its_agents_is_for_no_other() {
        let with = |agents: &str| {
            let values = [executable(), ("Agent", words(agents))];
            Record::of(&registration(&values)).unwrap()
        };
        for (agents, agent, is_for) in [
            ("", Some("WinFsp.Np"), true),
            (" , ", Some("WinFsp.Np"), true),
            ("WinFsp.Np", Some("winfsp.np"), true),
            ("a, WinFsp.Np", Some("WinFsp.Np"), true),
            ("a,b", Some("WinFsp.Np"), false),
            ("WinFsp.Np2", Some("WinFsp.Np"), false),
            ("a,b", Some(""), false),
            ("a,b", None, true),
        ] {
            assert_eq!(with(agents).is_for(agent), is_for, "{agents:?} {agent:?}");
        }
    }
}
