//! Adding a connection with somebody there to be asked.

use crate::class::Needs;
use crate::connect::{self, Look, Wanted, Wish};
use crate::credentials::{Credentials, suggested_user};
use crate::failure::{Failure, code};
use crate::world::{Question, Told, World};

/// Somebody may be asked.
pub(crate) const INTERACTIVE: u32 = 0x8;
/// And is to be asked, even if credentials are known.
pub(crate) const PROMPT: u32 = 0x10;

/// Adds a connection; asks for credentials as the flags say.
///
/// # Errors
/// As [`connect::connect`]; 87 for flags that contradict each other, 1223 if
/// whoever is asked does not want to go on.
pub(crate) fn connect(world: &mut impl World, wish: &Wish, flags: u32) -> Result<(), Failure> {
    let may_ask = flags & INTERACTIVE != 0;
    let must_ask = flags & PROMPT != 0;
    let wanted = match connect::look(world, wish)? {
        Look::Done => return Ok(()),
        Look::Ours(wanted) => wanted,
    };
    // Somebody else's name is for others to judge.
    if must_ask && !may_ask {
        return Err(Failure::Plain(code::BAD_VALUE));
    }
    let asks = may_ask && wanted.class.needs != Needs::Nothing;
    if !(must_ask && asks) {
        let attempt = connect::attempt(world, &wanted, &wish.credentials);
        if !(asks && attempt == Err(Failure::DENIED)) {
            return attempt;
        }
    }
    ask(world, &wanted, &wish.credentials)
}

/// Asks until it works, or nobody wants to go on.
fn ask(world: &mut impl World, wanted: &Wanted, given: &Credentials) -> Result<(), Failure> {
    let needs = wanted.class.needs;
    let mut user = suggested_user(needs, &wanted.name.instance, &given.user);
    let mut again = false;
    loop {
        let question = Question {
            caption: &wanted.given,
            user: &user,
            package: wanted.class.package.as_ref(),
            again,
        };
        let told = world.ask(&question).map_err(no_dialog)?;
        let Some(Told {
            credentials,
            remember,
        }) = told
        else {
            return Err(Failure::Plain(code::CANCELLED));
        };
        // What was left out is not looked up: the user has just been asked.
        let attempt = match credentials.are_enough_for(needs) {
            true => connect::attempt(world, wanted, &credentials),
            false => Err(Failure::DENIED),
        };
        match attempt {
            Err(failure) if failure == Failure::DENIED => {}
            Ok(()) if remember => {
                // It is connected: that it will be asked again is no failure.
                let _ = world.remember(&wanted.given, &credentials);
                return Ok(());
            }
            other => return other,
        }
        user = credentials.user;
        again = true;
    }
}

fn no_dialog(code: u32) -> Failure {
    let words = format!("the dialog for user name and password can't be shown: error {code}");
    Failure::words(code, &words)
}

#[cfg(test)]
mod tests;
