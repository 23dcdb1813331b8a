//! The records of classes are written and read where the system keeps them,
//! without the launcher.

use fslaunch_core::name::ClassName;
use fslaunch_os::class_values;

use crate::record::Record;
use crate::status::Status;
use crate::text::Text;

/// Registers a class, or changes it; without a record it is deleted.
///
/// # Errors
/// `INVALID_PARAMETER` if the name can't be one or the record has no
/// executable; or what the system says.
pub(crate) fn set(class: &Text, record: Option<&Record>) -> Result<(), Status> {
    let class = name(class).ok_or(Status::INVALID_PARAMETER)?;
    let done = match record {
        None => class_values::remove(&class),
        Some(record) => {
            let changes = record.changes().ok_or(Status::INVALID_PARAMETER)?;
            class_values::change(&class, &changes)
        }
    };
    done.map_err(|error| Status::from_error(&error))
}

/// Reads the record of a class that an agent may use.
///
/// # Errors
/// `OBJECT_NAME_NOT_FOUND` if there is none, it is of no use, or it is for
/// other agents.
pub(crate) fn get(class: &Text, agent: Option<&Text>) -> Result<Record, Status> {
    let agent = agent.map(|agent| agent.to_string().unwrap_or_default());
    let registration = name(class).and_then(|class| class_values::read(&class));
    let record = registration.and_then(|registration| Record::of(&registration));
    let record = record.filter(|record| record.is_for(agent.as_deref()));
    record.ok_or(Status::OBJECT_NAME_NOT_FOUND)
}

fn name(class: &Text) -> Option<ClassName> {
    ClassName::parse(&class.to_string()?).ok()
}
