//! Global drive letters that file systems ask for.
