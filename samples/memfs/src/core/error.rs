//! Why an operation of the volume was refused.

/// Why an operation was refused, in words of the file system and of no platform.
///
/// Each front translates it into the numbers of its system with an exhaustive match, so that a new cause cannot be
/// forgotten there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Error {
    /// No entry has this name, or the folder itself was removed.
    #[error("no such file or folder")]
    NotFound,
    /// No node has this number.
    #[error("the node is gone")]
    Stale,
    /// The name is taken.
    #[error("the name exists already")]
    Exists,
    /// The operation wants a folder.
    #[error("not a folder")]
    NotAFolder,
    /// The operation wants something other than a folder.
    #[error("it is a folder")]
    IsAFolder,
    /// The folder still has entries.
    #[error("the folder is not empty")]
    NotEmpty,
    /// The operation wants a regular file.
    #[error("not a regular file")]
    NotAFile,
    /// The operation wants a symbolic link.
    #[error("not a symbolic link")]
    NotASymlink,
    /// A folder would become its own ancestor.
    #[error("a folder cannot be moved into itself")]
    IntoItself,
    /// Folders have one name only.
    #[error("a folder cannot have a second name")]
    LinkToFolder,
    /// The file has as many names as a file may have.
    #[error("too many hard links")]
    TooManyLinks,
    /// Empty, `.`, `..`, or with a separator or NUL in it.
    #[error("not a possible name")]
    InvalidName,
    /// Longer than [`MAX_NAME`](super::MAX_NAME) bytes.
    #[error("the name is too long")]
    NameTooLong,
    /// Longer than [`MAX_TARGET`](super::MAX_TARGET) bytes.
    #[error("the target of the symbolic link is too long")]
    TargetTooLong,
    /// The volume holds as many files, folders and further names of files as its limits allow.
    #[error("the volume holds as many files as it may")]
    TooManyFiles,
    /// The file would be longer than the limits allow.
    #[error("the file would be longer than a file may be")]
    FileTooLarge,
    /// The volume holds as many bytes as its limits allow.
    #[error("the volume holds as many bytes as it may")]
    VolumeFull,
    /// The range begins behind the last byte, or nothing but a hole is left of it.
    #[error("nothing is there any more")]
    BehindTheEnd,
    /// A range would be copied over itself.
    #[error("the ranges overlap")]
    Overlapping,
    /// The machine has no memory left for it.
    #[error("no memory left")]
    NoMemory,
    /// The node has no extended attribute of this name.
    #[error("no such extended attribute")]
    NoAttribute,
    /// The node has an extended attribute of this name.
    #[error("the extended attribute exists already")]
    AttributeExists,
    /// The value alone is longer than [`MAX_XATTR`](super::MAX_XATTR) bytes.
    #[error("the value of the extended attribute is too long")]
    AttributeTooLong,
    /// The node's extended attributes together would exceed [`MAX_XATTRS`](super::MAX_XATTRS) bytes.
    #[error("no room for another extended attribute")]
    AttributesFull,
    /// What was asked for does not fit into the room the caller has.
    #[error("the buffer is too small")]
    BufferTooSmall,
}
