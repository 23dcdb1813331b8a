//! From bytes to what the launcher answered: the client's side.

use zeroize::Zeroizing;

use super::command::characters as c;
use super::units;
use crate::Target;

/// What the launcher answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is done; data follows for a list and for info.
    Success(Data),
    /// It failed with this Win32 error.
    Failure(u32),
}

/// Why an answer can't be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    /// It is neither success nor failure: Win32 error 109 to existing programs.
    #[error("the launcher's answer is neither success nor failure")]
    Neither,
    /// The data of a success is not what was asked for.
    #[error("the launcher's answer has no {0}")]
    Missing(&'static str),
    /// Half a surrogate pair.
    #[error("the launcher's answer is not UTF-16")]
    NotText,
}

/// Reads an answer. An odd byte at the end is ignored.
///
/// # Errors
/// [`Undecodable::Neither`]: it does not begin with `$`, nor with `!` and a
/// number other than 0.
pub fn decode_reply(message: &[u8]) -> Result<Answer, Undecodable> {
    let units = units::units(message);
    match units.split_first() {
        Some((&c::SUCCESS, data)) => Ok(Answer::Success(Data(Zeroizing::new(data.to_vec())))),
        Some((&c::FAILURE, number)) => number_of(number)
            .map(Answer::Failure)
            .ok_or(Undecodable::Neither),
        Some(_) | None => Err(Undecodable::Neither),
    }
}

/// Decimal digits up to the NUL or the end.
fn number_of(units: &[u16]) -> Option<u32> {
    let digits = units.split(|unit| *unit == 0).next()?;
    let digit = |unit: &u16| char::from_u32((*unit).into())?.to_digit(10);
    let mut number: u32 = 0;
    for unit in digits {
        number = number.checked_mul(10)?.checked_add(digit(unit)?)?;
    }
    (number != 0).then_some(number)
}

/// The data of a success. `Debug` leaves it out: a command line may hold
/// secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Data(Zeroizing<Vec<u16>>);

impl Data {
    /// All of it, as it came.
    pub fn units(&self) -> &[u16] {
        &self.0
    }

    /// The instances of a list.
    ///
    /// # Errors
    /// A class without its instance, or text that is not UTF-16.
    pub fn instances(&self) -> Result<Vec<Target>, Undecodable> {
        let texts = self.texts()?;
        let (pairs, left) = texts.as_chunks::<2>();
        if !left.is_empty() {
            return Err(Undecodable::Missing("instance name"));
        }
        let target = |[class, instance]: &[String; 2]| Target::new(class, instance);
        Ok(pairs.iter().map(target).collect())
    }

    /// The instance and the command line of info.
    ///
    /// # Errors
    /// A part is missing or not UTF-16.
    pub fn info(&self) -> Result<(Target, String), Undecodable> {
        let mut texts = self.texts()?.into_iter();
        let mut part = |what| texts.next().ok_or(Undecodable::Missing(what));
        let target = Target::new(part("class name")?, part("instance name")?);
        Ok((target, part("command line")?))
    }

    fn texts(&self) -> Result<Vec<String>, Undecodable> {
        let text = |units| match units::text(units) {
            Some(mut text) => Ok(std::mem::take(&mut *text)),
            None => Err(Undecodable::NotText),
        };
        units::parts(&self.0).map(text).collect()
    }
}

impl std::fmt::Debug for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Data({} units)", self.0.len())
    }
}
