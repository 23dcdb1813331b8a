//! A file system that stops to answer, so that even a kill does not end those
//! who wait for it.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use rustix::process::Signal;

use crate::{Account, Daemon, mounts, processes, until};

/// A folder that is shown by one `bindfs` over another one. A server that is
/// stopped holds only those who can be killed; the one above it has taken
/// their requests, and holds them for good.
#[derive(Debug)]
pub struct Hanging {
    folder: PathBuf,
    servers: Vec<Child>,
}

impl Hanging {
    /// Mounts it for an account; it answers yet. The test must have asked for
    /// [`Need::Fuse`](crate::Need::Fuse) and the program `bindfs`. Ended when
    /// dropped, so make it after the launcher.
    ///
    /// # Panics
    /// When it can't be mounted.
    pub fn mount(daemon: &Daemon, owner: &Account) -> Self {
        let place = daemon.place();
        let folder = place.make_folder_of("hanging", owner);
        let layers = ["lower", "inner", "outer"]
            .map(|name| place.make_folder_of(&format!("hanging/{name}"), owner));
        place.make_folder_of("hanging/lower/sub", owner);
        let mut hanging = Self {
            folder,
            servers: vec![],
        };
        for layer in layers.windows(2) {
            let mut server = owner.command("bindfs");
            server.args(["-f", "--no-allow-other"]).args(layer);
            server.stdout(Stdio::null()).stderr(Stdio::null());
            let server = server.spawn().expect("bindfs can be started");
            hanging.servers.push(server);
            until("bindfs is mounted", || mounts::at(&layer[1]).is_some());
        }
        hanging
    }

    /// A path in it. `sub` is a folder.
    pub fn path(&self, name: &str) -> String {
        let path = Path::new(&self.folder).join("outer").join(name);
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    /// It answers no more.
    pub fn stop_answering(&self) {
        processes::signal(self.servers[0].id(), Signal::STOP);
    }

    /// It answers again, also what was asked meanwhile.
    pub fn answer_again(&self) {
        processes::signal(self.servers[0].id(), Signal::CONT);
    }

    /// Ends its servers.
    pub fn end(&mut self) {
        for mut server in self.servers.drain(..) {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.end();
        mounts::detach_under(&self.folder);
    }
}
