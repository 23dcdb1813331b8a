//! The Unix twin.

pub mod accounts;
pub mod cgroup;
mod channel;
pub mod cmdline;
pub mod descriptors;
pub mod detach;
pub mod dial;
pub mod endpoint;
pub mod limits;
pub mod mounts;
pub mod notify;
pub mod peer;
pub mod places;
pub mod plan;
pub mod process;
pub mod random;
mod raw;
pub mod shim;
pub mod signals;
mod sockopt;
pub mod spawn_error;
pub mod spawner;
pub mod staging;
pub mod state;
pub mod store;
pub mod trust;
mod wire;
