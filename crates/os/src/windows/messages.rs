//! The pipe of existing clients: one request message, one reply message.
