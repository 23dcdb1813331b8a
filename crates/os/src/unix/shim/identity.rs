//! Changes of identity. The shim has one thread, so that the thread's identity is the
//! process's; the calls of the C library, which reach every thread, are not needed.

use rustix::io::Errno;
use rustix::process::{Gid, Uid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use super::super::limits::Limit;
use super::super::plan::{Account, Caller, UNCHANGED};
use super::super::raw;
use super::super::wire::{Failure, Step};

/// What setresuid and setresgid take for "leave it".
const KEEP_UID: Uid = Uid::from_raw_unchecked(UNCHANGED);
const KEEP_GID: Gid = Gid::from_raw_unchecked(UNCHANGED);

/// Takes the account's limits and identity, for good.
pub(super) fn become_account(account: &Account) -> Result<(), Failure> {
    account.limits.iter().try_for_each(limit)?;
    let uid = Uid::from_raw(account.uid);
    let gid = Gid::from_raw(account.gid);
    // Groups first: whoever is no longer root can't give up any.
    set_thread_groups(&gids(&account.groups)).map_err(failed("set the groups"))?;
    set_thread_res_gid(gid, gid, gid).map_err(failed("set the group"))?;
    set_thread_res_uid(uid, uid, uid).map_err(failed("set the user"))?;
    if rustix::process::getuid() != uid
        || rustix::process::geteuid() != uid
        || rustix::process::getegid() != gid
    {
        return Err(Failure::refused(
            Step::Account,
            "the identity did not change",
        ));
    }
    match raw::leave_session_keyring() {
        Ok(()) => Ok(()),
        // No keyrings in this kernel, or forbidden in this container: then none is inherited.
        Err(e) if matches!(e.raw_os_error(), Some(libc::ENOSYS | libc::EPERM)) => Ok(()),
        Err(e) => Err(Failure::new(
            Step::Account,
            e,
            "leave the launcher's session keyring",
        )),
    }
}

/// Sets a limit of this process.
pub(super) fn limit(limit: &Limit) -> Result<(), Failure> {
    let name = format!("{:?}", limit.resource);
    limit.set().map_err(|e| Failure::new(Step::Limit, e, name))
}

/// Does `work` with the caller's rights, then takes those of before back.
pub(super) fn as_caller<T>(caller: &Caller, work: impl FnOnce() -> T) -> Result<T, Failure> {
    let groups = rustix::process::getgroups().map_err(failed("read the groups"))?;
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    let (their_uid, their_gid) = (Uid::from_raw(caller.uid), Gid::from_raw(caller.gid));
    set_thread_groups(&gids(&caller.groups)).map_err(failed("set the caller's groups"))?;
    set_thread_res_gid(KEEP_GID, their_gid, KEEP_GID).map_err(failed("set the caller's group"))?;
    set_thread_res_uid(KEEP_UID, their_uid, KEEP_UID).map_err(failed("set the caller's user"))?;
    if rustix::process::geteuid() != their_uid || rustix::process::getegid() != their_gid {
        return Err(Failure::refused(
            Step::Account,
            "the identity did not change to the caller's",
        ));
    }
    let result = work();
    // The user first: only then is there the right to change the rest.
    set_thread_res_uid(KEEP_UID, uid, KEEP_UID).map_err(failed("take the user back"))?;
    set_thread_res_gid(KEEP_GID, gid, KEEP_GID).map_err(failed("take the group back"))?;
    set_thread_groups(&groups).map_err(failed("take the groups back"))?;
    Ok(result)
}

fn gids(groups: &[u32]) -> Vec<Gid> {
    groups.iter().map(|&group| Gid::from_raw(group)).collect()
}

fn failed(detail: &'static str) -> impl FnOnce(Errno) -> Failure {
    move |e| Failure::new(Step::Account, e, detail)
}
