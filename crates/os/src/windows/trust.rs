//! Whether others could change a file.
