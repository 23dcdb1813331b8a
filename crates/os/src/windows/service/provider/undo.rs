//! An installation that has failed: ours as it was registered before.

use std::io;

use super::{
    Done, InstallError, Lost, NAME, Registered, failed, kept::Kept, order, order_text, registered,
    set_order, take_away, write,
};

/// Ours as it was registered before an installation, if it was.
#[derive(Debug)]
pub(in super::super) struct Before {
    ours: Option<(String, Option<String>)>,
    order: String,
}

/// What is registered now.
pub(in super::super) fn before() -> Result<Before, InstallError> {
    let look = || {
        let kept = Kept::load()?;
        let service = kept.map_or(Ok(None), |kept| kept.service())?;
        let ours = match registered()? {
            Registered::Ours(path) => Some((path, service)),
            Registered::Theirs(_) | Registered::Nothing => None,
        };
        let (order, _) = order_text()?;
        Ok(Before { ours, order })
    };
    look().map_err(failed)
}

impl Before {
    /// Puts it back after an installation for this service has failed. What
    /// others have registered or ordered meanwhile stays.
    pub(in super::super) fn restore(self, service: &str) -> io::Result<()> {
        match self.ours {
            None => match take_away(service, Lost::ComesBack)? {
                Done::Nothing | Done::LeftAlone => return Ok(()),
                Done::Back(_) => {}
            },
            Some((path, before)) => {
                if let (Some(kept), Some(before)) = (Kept::load()?, before) {
                    kept.set_service(&before)?;
                }
                if let Registered::Theirs(_) = registered()? {
                    return Ok(());
                }
                write(&path)?;
            }
        }
        let (order, kind) = order_text()?;
        set_order(&order, &order::back(&order, &self.order, NAME), kind)
    }
}
