//! How a call fails: with a code, or in words.

use fslaunch_protocol::escape;

/// Codes that the specification gives.
pub(crate) mod code {
    pub(crate) const SUCCESS: u32 = 0;
    pub(crate) const ACCESS_DENIED: u32 = 5;
    pub(crate) const BAD_HANDLE: u32 = 6;
    pub(crate) const NOT_SUPPORTED: u32 = 50;
    pub(crate) const BAD_NET_NAME: u32 = 67;
    pub(crate) const ALREADY_ASSIGNED: u32 = 85;
    pub(crate) const BAD_VALUE: u32 = 87;
    pub(crate) const BAD_LEVEL: u32 = 124;
    pub(crate) const MORE_DATA: u32 = 234;
    pub(crate) const NO_MORE_ENTRIES: u32 = 259;
    pub(crate) const BAD_LOCAL_NAME: u32 = 1200;
    pub(crate) const EXTENDED_ERROR: u32 = 1208;
    pub(crate) const NO_NETWORK: u32 = 1222;
    pub(crate) const CANCELLED: u32 = 1223;
    pub(crate) const NOT_CONNECTED: u32 = 2250;
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A code that says it all, or that nothing is to be said.
    Plain(u32),
    /// A cause that has no code: Windows shows the words.
    Words {
        /// The launcher's code, or the system's.
        cause: u32,
        words: String,
    },
}

impl Failure {
    pub(crate) const DENIED: Failure = Failure::Plain(code::ACCESS_DENIED);
    /// Not ours: another provider is asked, and hears nothing of this one.
    pub(crate) const NOT_OURS: Failure = Failure::Plain(code::NO_NETWORK);
    pub(crate) const NOT_CONNECTED: Failure = Failure::Plain(code::NOT_CONNECTED);

    /// Names in it may be anybody's: no control characters, on one line.
    pub(crate) fn words(cause: u32, words: &str) -> Failure {
        let words = escape::line(words).into_owned();
        Failure::Words { cause, words }
    }

    /// What the call returns.
    pub(crate) fn code(&self) -> u32 {
        match self {
            Failure::Plain(code) => *code,
            Failure::Words { .. } => code::EXTENDED_ERROR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_shown_by_windows_with_code_1208() {
        let failure = Failure::words(2, "no\nprogram");
        assert_eq!(failure.code(), 1208);
        let Failure::Words { words, .. } = failure else {
            panic!("{failure:?}");
        };
        assert!(!words.contains(char::is_control), "{words}");
        assert_eq!(Failure::DENIED.code(), 5);
    }
}
