//! The values of a registration into what they mean.

use fslaunch_access::{AccessMask, SecurityDescriptor, Sid};

use super::{
    ArgumentName, ClassRecord, Credentials, MountPoint, PathStyle, Platform, Ready, RecordError,
    Registration, SecretReply, Trustee, Value,
    field::{self, Field},
    security,
    typed::Fields,
};
use crate::{
    command_line::{FileTemplate, Rules, Template},
    name::fold,
    rights,
};

/// Finds the SIDs of users and groups.
type Resolve<'a> = &'a dyn Fn(&Trustee) -> Option<Sid>;

pub(super) fn record(
    registration: &Registration,
    platform: &Platform,
    resolve: Resolve<'_>,
) -> Result<ClassRecord, RecordError> {
    let fields = Fields::of(registration);
    let mount_point = mount_point(&fields)?;
    let credentials = credentials(&fields)?;
    let allow_options = fields
        .boolean(field::ALLOW_OPTION_ARGUMENTS)?
        .unwrap_or(false);
    Ok(ClassRecord {
        executable: executable(&fields, platform)?,
        command_line: Template::parse(fields.text(field::COMMAND_LINE)?.unwrap_or_default()),
        work_directory: work_directory(&fields, platform)?,
        run_as: fields.text(field::RUN_AS)?.map_or_else(
            || platform.default_run_as.clone(),
            |text| platform.run_as(text),
        ),
        security: security(&fields, resolve)?,
        stderr: stderr(&fields, platform)?,
        job_control: fields.boolean(field::JOB_CONTROL)?.unwrap_or(true),
        credentials,
        auth_package: fields.text(field::AUTH_PACKAGE)?.map(str::to_owned),
        auth_package_id: fields.number(field::AUTH_PACKAGE_ID)?,
        recovery: fields.boolean(field::RECOVERY)?.unwrap_or(false),
        agents: agents(&fields)?,
        ready: ready(&fields, mount_point)?,
        start_timeout: fields.seconds(field::START_TIMEOUT, 15)?,
        secret_timeout: fields.seconds(field::SECRET_TIMEOUT, 15)?,
        stop_grace: fields.seconds(field::STOP_GRACE, 5)?,
        secret_reply: secret_reply(&fields)?,
        arguments: arguments(&fields)?,
        mount_point,
        mount_under: mount_under(&fields, platform)?,
        missing_argument: platform.missing_argument,
        rules: Rules {
            refuse_options: platform.refuse_options && !allow_options,
        },
        unknown: unknown(registration),
    })
}

fn unknown(registration: &Registration) -> Vec<(String, Value)> {
    let unknown = registration
        .values()
        .filter(|(name, _)| field::find(name).is_none());
    unknown
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

fn executable(fields: &Fields<'_>, platform: &Platform) -> Result<String, RecordError> {
    let field = field::EXECUTABLE;
    let path = fields
        .text(field)?
        .ok_or(RecordError::Missing { field: field.key })?;
    // A quote would end the program's name in a command line of Windows.
    if !platform.paths.is_full(path) || path.contains('"') {
        return Err(fields.wrong(field, platform.paths.expected()));
    }
    Ok(path.to_owned())
}

fn work_directory(fields: &Fields<'_>, platform: &Platform) -> Result<Option<String>, RecordError> {
    let field = field::WORK_DIRECTORY;
    match fields.text(field)? {
        Some(path) if path != "." && !platform.paths.is_full(path) => {
            Err(fields.wrong(field, "'.' or a full path"))
        }
        path => Ok(path.map(str::to_owned)),
    }
}

/// A path that is not a full one would be below whatever the process's folder
/// is. On Windows that is for existing classes to decide.
fn stderr(fields: &Fields<'_>, platform: &Platform) -> Result<Option<FileTemplate>, RecordError> {
    let field = field::STDERR;
    let text = fields.text(field)?.unwrap_or_default();
    let full = match platform.paths {
        PathStyle::Unix => ["/", "%P/", "%0"]
            .iter()
            .any(|start| text.starts_with(start)),
        PathStyle::Windows => true,
    };
    match text {
        "" => Ok(None),
        text if full => Ok(Some(FileTemplate::parse(text))),
        _ => Err(fields.wrong(field, "a full path, or one that begins with %P/ or %0")),
    }
}

fn security(fields: &Fields<'_>, resolve: Resolve<'_>) -> Result<SecurityDescriptor, RecordError> {
    let text = fields.text(field::SECURITY)?;
    let mut grants = Vec::new();
    let mut plain = None;
    for (field, right) in [
        (field::ALLOW_START, rights::START),
        (field::ALLOW_STOP, rights::STOP),
        (field::ALLOW_QUERY, rights::QUERY),
    ] {
        let Some(names) = fields.list(field)? else {
            continue;
        };
        plain.get_or_insert(field);
        for name in names {
            grants.push(grant(fields, field, name, right, resolve)?);
        }
    }
    match (text, plain) {
        (Some(_), Some(field)) => Err(RecordError::SecurityTwice { field: field.key }),
        (Some(text), None) => security::descriptor(text),
        (None, _) => Ok(security::compile(&grants)),
    }
}

fn grant(
    fields: &Fields<'_>,
    field: Field,
    name: &str,
    right: AccessMask,
    resolve: Resolve<'_>,
) -> Result<(AccessMask, Sid), RecordError> {
    let trustee = Trustee::parse(name);
    let trustee = trustee.ok_or_else(|| fields.wrong_text(field, Trustee::EXPECTED, name))?;
    match trustee.sid(resolve) {
        Some(sid) => Ok((right, sid)),
        None => Err(RecordError::UnknownTrustee {
            field: field.key,
            trustee: trustee.to_string(),
        }),
    }
}

fn credentials(fields: &Fields<'_>) -> Result<Credentials, RecordError> {
    let field = field::CREDENTIALS;
    match fields.number(field)? {
        None | Some(0) => Ok(Credentials::None),
        Some(1) => Ok(Credentials::Password),
        Some(3) => Ok(Credentials::UserNameAndPassword),
        Some(_) => Err(fields.wrong(field, "0, 1 or 3")),
    }
}

fn agents(fields: &Fields<'_>) -> Result<Vec<String>, RecordError> {
    let names = fields.text(field::AGENT)?.unwrap_or_default().split(',');
    let names = names.map(str::trim).filter(|name| !name.is_empty());
    Ok(names.map(str::to_owned).collect())
}

fn ready(fields: &Fields<'_>, mount_point: MountPoint) -> Result<Ready, RecordError> {
    let field = field::READY;
    let has_mount_point = matches!(mount_point, MountPoint::Argument(_));
    match fields.text(field)? {
        None if has_mount_point => Ok(Ready::Mount),
        None | Some("process") => Ok(Ready::Process),
        Some("ok") => Ok(Ready::Ok),
        Some("notify") => Ok(Ready::Notify),
        Some("mount") if has_mount_point => Ok(Ready::Mount),
        Some("mount") => {
            Err(fields.wrong(field, "anything else unless mount-point names an argument"))
        }
        Some(_) => Err(fields.wrong(field, "'process', 'ok', 'mount' or 'notify'")),
    }
}

fn secret_reply(fields: &Fields<'_>) -> Result<SecretReply, RecordError> {
    let field = field::SECRET_REPLY;
    match fields.text(field)? {
        None | Some("ok") => Ok(SecretReply::Ok),
        Some("none") => Ok(SecretReply::None),
        Some(_) => Err(fields.wrong(field, "'ok' or 'none'")),
    }
}

fn mount_point(fields: &Fields<'_>) -> Result<MountPoint, RecordError> {
    let field = field::MOUNT_POINT;
    let Some(text) = fields.text(field)? else {
        return Ok(MountPoint::Unstated);
    };
    match text.as_bytes() {
        b"none" => Ok(MountPoint::None),
        [b'%', digit @ b'1'..=b'9'] => Ok(MountPoint::Argument(digit - b'0')),
        _ => Err(fields.wrong(field, "'%1' to '%9' or 'none'")),
    }
}

fn mount_under(fields: &Fields<'_>, platform: &Platform) -> Result<Vec<String>, RecordError> {
    let field = field::MOUNT_UNDER;
    let folders = fields.list(field)?.unwrap_or_default();
    match folders
        .iter()
        .find(|folder| !platform.paths.is_full(folder))
    {
        Some(folder) => Err(fields.wrong_text(field, "a list of full paths", folder)),
        None => Ok(folders.to_vec()),
    }
}

fn arguments(fields: &Fields<'_>) -> Result<Vec<ArgumentName>, RecordError> {
    const EXPECTED: &str = "a list of at most 9 different names without '='";
    let field = field::ARGUMENTS;
    let mut arguments: Vec<ArgumentName> = Vec::new();
    for text in fields.list(field)?.unwrap_or_default() {
        let (name, optional) = match text.strip_suffix('?') {
            Some(name) => (name, true),
            None => (text.as_str(), false),
        };
        let is_taken = arguments
            .iter()
            .any(|known| fold(&known.name) == fold(name));
        let is_name = !name.is_empty() && !name.contains('=') && !name.contains(char::is_control);
        if !is_name || is_taken || arguments.len() == 9 {
            return Err(fields.wrong_text(field, EXPECTED, text));
        }
        arguments.push(ArgumentName {
            name: name.to_owned(),
            optional,
        });
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests;
