//! What the system knows of accounts.
