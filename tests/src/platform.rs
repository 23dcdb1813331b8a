//! What differs between the systems, as values that tests compare with.

/// A system that the launcher runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Linux.
    Linux,
    /// Windows, also Wine.
    Windows,
}

/// What a test expects that is not the same on each system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// The programs that a test may start.
    pub programs: &'static [&'static str],
    /// Whether an argument that begins with a dash is refused at the
    /// beginning of a word.
    pub refuses_options: bool,
    /// What an argument is that was not given; nothing where it is an error.
    pub missing_argument: Option<&'static str>,
    /// How long an argument may nearly be.
    pub long_argument: usize,
    /// The error of a file that is no program: one that has no right to be
    /// run, or one that the system finds out about when it runs it.
    pub not_a_program: u32,
    /// What the stand-in program writes down when it was asked to end.
    pub asked_to_end: &'static str,
    /// What the names of programs end in.
    pub executable_suffix: &'static str,
    /// A folder of programs, as it is written in a `.reg` file.
    pub folder_in_registry: &'static str,
    /// A folder that every machine has.
    pub absolute_folder: &'static str,
    /// A folder, or a drive, that nothing can be mounted on.
    pub busy_folder: &'static str,
}
