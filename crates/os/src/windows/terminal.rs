//! The console that the user sits at, whatever the standard streams are.
#![allow(unsafe_code)]

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::windows::io::AsRawHandle,
    ptr,
};

use windows_sys::Win32::System::Console::WriteConsoleW;

/// What is written to it is shown, such as a question whose answer is read
/// from the console.
///
/// # Errors
/// There is none.
pub fn output() -> io::Result<impl Write + 'static> {
    let console = OpenOptions::new().read(true).write(true).open("CONOUT$")?;
    Ok(Console(console))
}

/// How the console was set.
#[derive(Debug)]
pub enum Settings {}

/// How the console is set now: nobody here asks for that.
pub fn settings() -> Option<Settings> {
    None
}

impl Settings {
    /// Sets it so again.
    pub fn restore(&self) {
        match *self {}
    }
}

/// Takes UTF-8. Written as bytes, it would be read in the code page of the
/// console, which knows few characters.
struct Console(File);

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = start_of(bytes)?;
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut units = units.as_slice();
        while !units.is_empty() {
            let mut written = 0;
            // SAFETY: the handle is open, and the units and the count outlive
            // the call.
            let done = unsafe {
                WriteConsoleW(
                    self.0.as_raw_handle(),
                    units.as_ptr(),
                    u32::try_from(units.len()).unwrap_or(u32::MAX),
                    &mut written,
                    ptr::null(),
                )
            };
            if done == 0 {
                return Err(io::Error::last_os_error());
            }
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            units = units.get(written as usize..).unwrap_or_default();
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The whole characters that the bytes begin with.
fn start_of(bytes: &[u8]) -> io::Result<&str> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    match std::str::from_utf8(&bytes[..error.valid_up_to()]) {
        Ok(text) if !text.is_empty() => Ok(text),
        Ok(_) | Err(_) => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_written_whole_or_not_at_all() {
        assert_eq!(start_of("Größe".as_bytes()).unwrap(), "Größe");
        assert_eq!(start_of(b"a\xc3").unwrap(), "a");
        assert_eq!(start_of(b"").unwrap(), "");
        assert!(start_of(b"\xc3").is_err());
    }
}
