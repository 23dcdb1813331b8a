//! Resource limits of a caller, to hand on: none on Windows, where jobs and
//! quotas belong to sessions and accounts, not to the process that asks.
