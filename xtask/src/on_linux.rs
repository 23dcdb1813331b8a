//! The commands on Linux.

pub(crate) mod bench;
pub(crate) mod demo;
mod fuse_device;
mod leftovers;
mod limits;
mod machine;
mod packages;
pub(crate) mod soak;
mod suites;
pub(crate) mod test;
mod varlink;
mod wine;

pub(crate) use wine::lints::run as windows_lints;

/// What ends a program besides: a terminal that goes away.
pub(crate) const MORE_SIGNALS: &[i32] = &[signal_hook::consts::SIGHUP];
