//! Named pipes: making instances of them with the exact descriptor.
