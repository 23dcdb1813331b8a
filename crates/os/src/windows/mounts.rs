//! Drive letters, as far as they are known without touching a file system.
