//! Handles: Windows sets no limit that matters here.
