//! What one test has to itself: classes in a key of its own, and a launcher
//! that says what the test wants.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use windows_registry::CURRENT_USER;

use crate::drive::Letter;
use crate::library::Library;
use crate::scripted::{Heard, Kind, Served, messages, varlink};

/// Tests name pipes and key by the environment, which they share.
static TURN: Mutex<()> = Mutex::new(());

pub(crate) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// A class as a test wants it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Class<'a> {
    pub(crate) credentials: u32,
    pub(crate) agent: &'a str,
    pub(crate) timeout: u32,
    pub(crate) run_as: &'a str,
}

/// Instances that the Varlink pipe tells of: drive by name.
pub(crate) type Instances = Arc<Mutex<BTreeMap<String, String>>>;

pub(crate) struct Stage {
    pub(crate) library: Library,
    pub(crate) heard: Heard,
    pub(crate) instances: Instances,
    /// How many milliseconds the Varlink pipe takes for each of them.
    pub(crate) slow: Arc<AtomicU64>,
    /// How often the Varlink pipe was asked for one of them.
    pub(crate) asked: Arc<AtomicU32>,
    messages: Option<Served>,
    varlink: Option<Served>,
    letters: Vec<Letter>,
    key: String,
    _turn: MutexGuard<'static, ()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = CURRENT_USER.remove_tree(&self.key);
    }
}

pub(crate) fn set(name: &str, value: &str) {
    // SAFETY: tests take turns, and nothing else here reads the environment
    // other than by the system's functions.
    unsafe { std::env::set_var(name, value) };
}

/// A descriptor of a pipe that belongs to who runs this: Wine gives one no
/// owner by itself.
pub(crate) fn of_ours() -> String {
    format!("O:{}D:(A;;GA;;;WD)", crate::owner::own_sid())
}

/// The only test that runs at this moment, in a world without a launcher.
pub(crate) fn turn() -> (MutexGuard<'static, ()>, String) {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let key = format!(r"Software\fslaunch-test-np-{}", std::process::id());
    let none = format!(r"\\.\pipe\fslaunch-test-np-none-{}", std::process::id());
    set("FSLAUNCH_TEST_CLASSES", &key);
    set("FSLAUNCH_TEST_PIPE", &none);
    set("FSLAUNCH_TEST_VARLINK", &none);
    (turn, key)
}

impl Stage {
    /// Without a launcher.
    pub(crate) fn empty() -> Stage {
        let (turn, key) = turn();
        Stage {
            library: Library::load(),
            heard: Heard::default(),
            instances: Instances::default(),
            asked: Arc::default(),
            slow: Arc::default(),
            messages: None,
            letters: vec![],
            varlink: None,
            key,
            _turn: turn,
        }
    }

    /// With a launcher that answers messages.
    pub(crate) fn answering(script: impl Fn(&str) -> String + Send + Sync + 'static) -> Stage {
        Stage::empty().served_by(&of_ours(), script)
    }

    pub(crate) fn served_by(
        mut self,
        descriptor: &str,
        script: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Stage {
        let answer = messages(self.heard.clone(), script);
        let served = Served::new(Kind::Messages, descriptor, answer);
        set("FSLAUNCH_TEST_PIPE", served.name());
        self.messages = Some(served);
        self
    }

    /// And with its other pipe, which tells of `instances`.
    pub(crate) fn telling(mut self) -> Stage {
        let (instances, asked) = (self.instances.clone(), self.asked.clone());
        let slow = self.slow.clone();
        let answer = varlink(move |method, parameters| {
            let instances = instances.lock().unwrap();
            match method {
                "List" => {
                    let all = instances.keys().map(|name| instance(name));
                    json!({ "parameters": { "instances": all.collect::<Vec<_>>() } })
                }
                _ => {
                    asked.fetch_add(1, Ordering::SeqCst);
                    let slow = slow.load(Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(slow));
                    told(&instances, parameters)
                }
            }
        });
        let served = Served::new(Kind::Stream, &of_ours(), answer);
        set("FSLAUNCH_TEST_VARLINK", served.name());
        self.varlink = Some(served);
        self
    }

    pub(crate) fn class(self, name: &str, class: Class<'_>) -> Stage {
        let key = CURRENT_USER
            .create(format!(r"{}\{name}", self.key))
            .unwrap();
        key.set_string("Executable", r"C:\no\such.exe").unwrap();
        key.set_string("CommandLine", "%1 %2").unwrap();
        key.set_u32("Credentials", class.credentials).unwrap();
        if class.timeout != 0 {
            key.set_u32("StartTimeout", class.timeout).unwrap();
        }
        for (name, value) in [("Agent", class.agent), ("RunAs", class.run_as)] {
            if !value.is_empty() {
                key.set_string(name, value).unwrap();
            }
        }
        self
    }

    /// What the launcher's pipe was sent.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// How many clients both pipes had.
    pub(crate) fn calls(&self) -> u32 {
        let served = self.messages.iter().chain(&self.varlink);
        served.map(Served::calls).sum()
    }

    /// An instance that shows a folder as a drive.
    pub(crate) fn shows(&mut self, name: &str, drive: &'static str) {
        self.letters.push(Letter::shown(drive));
        self.has(name, drive);
    }

    /// An instance with a drive among its words.
    pub(crate) fn has(&self, name: &str, drive: &str) {
        self.instances
            .lock()
            .unwrap()
            .insert(name.to_owned(), drive.to_owned());
    }
}

/// `class\instance`, as a reply has it.
fn instance(name: &str) -> Value {
    let (class, instance) = name.split_once('\\').unwrap();
    json!({
        "class": class, "instance": instance, "state": "running", "pid": 1, "starter": "me",
        "run_as": "me", "since": "2026-01-01T00:00:00Z", "mount_point": null, "failure": null,
    })
}

fn told(instances: &BTreeMap<String, String>, parameters: &Value) -> Value {
    let [class, name] = ["class", "instance"].map(|part| parameters[part].as_str().unwrap());
    let full = format!(r"{class}\{name}");
    match instances.get(&full) {
        Some(drive) => json!({ "parameters": {
            "instance": instance(&full), "command_line": "", "output": null,
            "arguments": ["-u", format!(r"\{full}"), "-m", drive],
        }}),
        None => json!({
            "error": "org.fslaunch.Launcher.InstanceNotFound",
            "parameters": { "class": class, "instance": name, "code": 2, "message": "" },
        }),
    }
}
