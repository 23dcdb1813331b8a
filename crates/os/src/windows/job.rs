//! The processes of an instance: a job object.
