//! The Varlink interface's pipe.
