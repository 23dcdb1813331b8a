//! What is done to processes while they run.

use std::{io, rc::Rc};

use fslaunch_core::table::InstanceId;
use fslaunch_os::process::Process;
use tokio::task::spawn_local;

use crate::launcher::Launcher;

impl Launcher {
    /// Asks the process to end.
    pub(crate) fn terminate(self: &Rc<Self>, id: InstanceId) {
        let starter = self
            .table
            .borrow()
            .get(id)
            .map(|entry| entry.starter.clone());
        let asked = self.signal(id, "end", |process| process.terminate());
        let (Some(starter), Some(asked)) = (starter, asked) else {
            return;
        };
        let launcher = Rc::clone(self);
        spawn_local(async move {
            if let Some(error) = asked.failure().await
                && launcher.lines.admit(&starter)
            {
                tracing::warn!(%id, %error, "failed to ask a process to end: it was ended");
            }
        });
    }

    /// Does something to the process, if there is one; `None` if it was not done.
    pub(crate) fn signal<T>(
        &self,
        id: InstanceId,
        act: &str,
        send: impl FnOnce(&Process) -> io::Result<T>,
    ) -> Option<T> {
        let process = self.with_live(id, |live| live.process.clone())?;
        let sent = send(&process);
        if let Err(error) = &sent
            && self.may_be_logged(id)
        {
            tracing::warn!(%id, %error, "failed to {act} a process");
        }
        sent.ok()
    }

    /// Whether another line about an instance may be written.
    fn may_be_logged(&self, id: InstanceId) -> bool {
        let table = self.table.borrow();
        table
            .get(id)
            .is_none_or(|entry| self.lines.admit(&entry.starter))
    }
}
