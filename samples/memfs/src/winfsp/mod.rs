//! The front for Windows: WinFsp, whose library is loaded when it is needed, so that the program starts, and says what
//! is missing, also where WinFsp is not installed.
//!
//! ```text
//! mod            mounts, waits for the end, unmounts
//!   library      finds and loads WinFsp; its functions as a table
//!   abi          structures as WinFsp lays them out
//!   callbacks    WinFsp's requests: pointers to slices and back; the rest is memfs::windows
//!   descriptor   security descriptors as bytes
//!   console      Ctrl-C, Ctrl-Break, the end of the window and that of the machine
//! ```

#![allow(unsafe_code)]

mod abi;
mod callbacks;
mod console;
mod descriptor;
mod error;
mod library;

use std::io::Write;
use std::os::windows::ffi::OsStrExt;
use std::ptr::{NonNull, null_mut};

use memfs::command_line::Options;
use memfs::core::{CaseRule, Limits};
use memfs::windows::{Files, Status};

use abi::VolumeParams;
use error::Error;
use library::Library;

/// Everybody may do everything with what is kept in memory only; the system and administrators in any case.
const ROOT_DESCRIPTOR: &str = "O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;WD)";

/// Mounts a file system and serves it until Ctrl-C or Ctrl-Break, or the end of the window or of the machine.
pub(crate) fn serve(options: &Options) -> Result<(), Error> {
    if let Some(restriction) = options.restrictions.first() {
        return Err(Error::Restricted(restriction.option()));
    }
    let library = Library::load()?;
    let stop = console::Stop::on_signals().map_err(Error::Signals)?;
    let params = VolumeParams::new(options, callbacks::now())?;
    callbacks::install(files(options)?, library)?;
    let volume = Volume::create(library, &params)?;
    let point: Vec<u16> = options.mount_point.encode_wide().chain([0]).collect();
    volume.mount(&point, options)?;
    announce();
    stop.wait();
    // Before `stop`, which lets the process be ended.
    drop(volume);
    Ok(())
}

fn files(options: &Options) -> Result<Files, Error> {
    let case = match options.case_insensitive {
        true => CaseRule::Insensitive,
        false => CaseRule::Sensitive,
    };
    let most = Limits::all_files(options.files, options.file_size);
    let limits = Limits {
        files: options.files,
        file_size: options.file_size,
        bytes: options.bytes.unwrap_or(half_of_memory()).min(most),
    };
    let root = descriptor::from_text(ROOT_DESCRIPTOR).map_err(Error::Descriptor)?;
    Ok(Files::new(limits, case, root, callbacks::now()))
}

/// What a file system in the memory of this machine should take at most.
fn half_of_memory() -> u64 {
    use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};
    let mut status = MEMORYSTATUSEX {
        dwLength: size_of::<MEMORYSTATUSEX>() as u32,
        ..Default::default()
    };
    // SAFETY: the structure says its own length, and is written to only.
    match unsafe { GlobalMemoryStatusEx(&mut status) } {
        0 => u64::MAX,
        _ => status.ullTotalPhys / 2,
    }
}

/// Tells whoever waits for it that the file system can be used.
fn announce() {
    let mut out = std::io::stdout();
    // Nobody needs to listen.
    let _closed = out.write_all(b"OK\n").and_then(|()| out.flush());
}

/// A file system that WinFsp knows; it is unmounted and forgotten when dropped.
struct Volume {
    library: &'static Library,
    pointer: NonNull<abi::FileSystem>,
}

impl Volume {
    fn create(library: &'static Library, params: &VolumeParams) -> Result<Self, Error> {
        let mut pointer = null_mut();
        let device = params.device();
        // SAFETY: the texts end with NUL, the parameters are copied, and the table of callbacks lives for ever.
        let status =
            unsafe { (library.create)(device.as_ptr(), params, &callbacks::TABLE, &mut pointer) };
        match NonNull::new(pointer) {
            Some(pointer) if status == 0 => Ok(Self { library, pointer }),
            Some(_) | None => Err(Error::Create(Status(status))),
        }
    }

    fn mount(&self, point: &[u16], options: &Options) -> Result<(), Error> {
        let refused = |status| match status {
            0 => Ok(()),
            status => Err(Error::Mount {
                point: options.mount_point.to_string_lossy().into_owned(),
                status: Status(status),
            }),
        };
        // SAFETY: it was created and not deleted, and the text ends with NUL.
        refused(unsafe { (self.library.set_mount_point)(self.pointer.as_ptr(), point.as_ptr()) })?;
        // SAFETY: as above; 0 stands for as many threads as there are processors.
        refused(unsafe { (self.library.start_dispatcher)(self.pointer.as_ptr(), 0) })
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let pointer = self.pointer.as_ptr();
        // SAFETY: it was created, and is used by nobody any more once its dispatcher has stopped.
        unsafe {
            (self.library.stop_dispatcher)(pointer);
            (self.library.remove_mount_point)(pointer);
            (self.library.delete)(pointer);
        }
    }
}
