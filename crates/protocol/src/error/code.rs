//! The name and the Win32 code of each error, as the interface file has them.

use crate::Error;

impl Error {
    /// The name in the interface file, such as `ClassNotFound`. Of an unknown
    /// error it is the whole name that the launcher gave.
    pub fn name(&self) -> &str {
        match self {
            Self::MalformedRequest { .. } => "MalformedRequest",
            Self::RequestTooLarge { .. } => "RequestTooLarge",
            Self::InvalidName { .. } => "InvalidName",
            Self::ClassNotFound { .. } => "ClassNotFound",
            Self::ClassUnusable { .. } => "ClassUnusable",
            Self::SecurityInvalid { .. } => "SecurityInvalid",
            Self::ExecutableNotFound { .. } => "ExecutableNotFound",
            Self::InstanceNotFound { .. } => "InstanceNotFound",
            Self::InstanceExists { .. } => "InstanceExists",
            Self::AccessDenied { .. } => "AccessDenied",
            Self::RunAsRefused { .. } => "RunAsRefused",
            Self::IdentificationOnly { .. } => "IdentificationOnly",
            Self::SecretRequired { .. } => "SecretRequired",
            Self::SecretNotExpected { .. } => "SecretNotExpected",
            Self::SecretEmpty { .. } => "SecretEmpty",
            Self::SecretRefused { .. } => "SecretRefused",
            Self::SecretTimeout { .. } => "SecretTimeout",
            Self::TooManyArguments { .. } => "TooManyArguments",
            Self::ArgumentMissing { .. } => "ArgumentMissing",
            Self::ArgumentUnknown { .. } => "ArgumentUnknown",
            Self::ArgumentInvalid { .. } => "ArgumentInvalid",
            Self::MountPointNotFound { .. } => "MountPointNotFound",
            Self::MountPointNotAFolder { .. } => "MountPointNotAFolder",
            Self::MountPointBusy { .. } => "MountPointBusy",
            Self::MountPointRefused { .. } => "MountPointRefused",
            Self::StartFailed { .. } => "StartFailed",
            Self::ProcessEnded { .. } => "ProcessEnded",
            Self::StillStarting { .. } => "StillStarting",
            Self::StartCancelled { .. } => "StartCancelled",
            Self::StopFailed { .. } => "StopFailed",
            Self::LimitReached { .. } => "LimitReached",
            Self::ShuttingDown {} => "ShuttingDown",
            Self::Internal { .. } => "Internal",
            Self::Unknown { name, .. } => name,
        }
    }

    /// The Win32 error code that WinFsp clients get.
    pub fn win32(&self) -> u32 {
        match self {
            Self::ClassNotFound { .. }
            | Self::ClassUnusable { .. }
            | Self::ExecutableNotFound { .. }
            | Self::InstanceNotFound { .. } => 2, // ERROR_FILE_NOT_FOUND
            Self::MountPointNotFound { .. } => 3, // ERROR_PATH_NOT_FOUND
            Self::AccessDenied { .. }
            | Self::RunAsRefused { .. }
            | Self::SecretRefused { .. }
            | Self::MountPointRefused { .. } => 5, // ERROR_ACCESS_DENIED
            Self::StartFailed { .. } => 31,       // ERROR_GEN_FAILURE
            Self::MountPointBusy { .. } => 85,    // ERROR_ALREADY_ASSIGNED
            Self::MalformedRequest { .. }
            | Self::SecretRequired { .. }
            | Self::SecretNotExpected { .. }
            | Self::SecretEmpty { .. }
            | Self::TooManyArguments { .. }
            | Self::ArgumentMissing { .. }
            | Self::ArgumentUnknown { .. }
            | Self::ArgumentInvalid { .. } => 87, // ERROR_INVALID_PARAMETER
            Self::RequestTooLarge { .. } => 111,  // ERROR_BUFFER_OVERFLOW
            Self::InvalidName { .. } => 123,      // ERROR_INVALID_NAME
            Self::InstanceExists { .. } => 183,   // ERROR_ALREADY_EXISTS
            Self::MountPointNotAFolder { .. } => 267, // ERROR_DIRECTORY
            Self::StopFailed { .. } => 1053,      // ERROR_SERVICE_REQUEST_TIMEOUT
            Self::ProcessEnded { .. } => 1067,    // ERROR_PROCESS_ABORTED
            Self::ShuttingDown {} => 1115,        // ERROR_SHUTDOWN_IN_PROGRESS
            Self::StartCancelled { .. } => 1223,  // ERROR_CANCELLED
            Self::SecurityInvalid { .. } => 1338, // ERROR_INVALID_SECURITY_DESCR
            Self::IdentificationOnly { .. } => 1346, // ERROR_BAD_IMPERSONATION_LEVEL
            Self::Internal { .. } => 1359,        // ERROR_INTERNAL_ERROR
            Self::SecretTimeout { .. } | Self::StillStarting { .. } => 1460, // ERROR_TIMEOUT
            Self::LimitReached { .. } => 1816,    // ERROR_NOT_ENOUGH_QUOTA
            Self::Unknown { code, .. } => *code,
        }
    }
}
