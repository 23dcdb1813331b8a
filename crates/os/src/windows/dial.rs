//! The client's end of the endpoint: where the launcher listens, and a connection to it.
