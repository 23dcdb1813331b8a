//! READY=1 is not a way to be ready on Windows.
