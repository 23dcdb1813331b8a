//! A JSON object read member by member, so that each fault can name its
//! member: unknown ones, repeated ones, and those of the wrong type.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

/// The members of an object, their values not looked at yet.
pub(super) struct Object<'a> {
    members: BTreeMap<String, &'a RawValue>,
    repeated: Option<String>,
}

/// Why a text is no object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    NotJson(String),
    NotAnObject,
}

impl<'a> Object<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Unreadable> {
        serde_json::from_str(text).map_err(|error| match error.classify() {
            Category::Data => Unreadable::NotAnObject,
            // These tell the place and what was expected, never the content.
            Category::Io | Category::Syntax | Category::Eof => {
                Unreadable::NotJson(error.to_string())
            }
        })
    }

    /// The first member that appears twice.
    pub(super) fn repeated(&self) -> Option<&str> {
        self.repeated.as_deref()
    }

    /// Takes a member out; a null is as good as none.
    pub(super) fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let value = self.members.remove(name)?;
        (value.get() != "null").then_some(value)
    }

    /// A member that nobody took.
    pub(super) fn left_over(&self) -> Option<&str> {
        self.members.keys().next().map(String::as_str)
    }

    /// All members with values that are texts; otherwise nothing.
    pub(super) fn into_texts(self) -> Option<BTreeMap<String, String>> {
        let text = |value: &RawValue| serde_json::from_str(value.get()).ok();
        let members = self.members.into_iter();
        members
            .map(|(name, value)| Some((name, text(value)?)))
            .collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut members = BTreeMap::new();
        let mut repeated = None;
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            match members.entry(name) {
                Entry::Vacant(free) => {
                    free.insert(value);
                }
                Entry::Occupied(taken) => {
                    repeated.get_or_insert_with(|| taken.key().clone());
                }
            }
        }
        Ok(Object { members, repeated })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_taken_by_name_and_the_rest_is_known() {
        let mut object = Object::parse(r#"{"a": 1, "b": null, "c": [[]]}"#).unwrap();
        assert_eq!(object.take("a").map(RawValue::get), Some("1"));
        assert!(object.take("b").is_none());
        assert_eq!(object.left_over(), Some("c"));
        assert_eq!(object.repeated(), None);
    }

    #[test]
    fn a_repeated_member_is_named() {
        let object = Object::parse(r#"{"a": 1, "b": 2, "\u0061": 3}"#).unwrap();
        assert_eq!(object.repeated(), Some("a"));
    }

    #[test]
    fn what_is_no_object_is_told_from_what_is_no_json() {
        let fault = |text| Object::parse(text).err();
        assert_eq!(fault("[]"), Some(Unreadable::NotAnObject));
        assert_eq!(fault("\"{}\""), Some(Unreadable::NotAnObject));
        for text in [
            "",
            "{",
            "{} {}",
            "{\"a\":}",
            "{'a': 1}",
            "{\"a\":\"\u{1}\"}",
        ] {
            assert!(
                matches!(fault(text), Some(Unreadable::NotJson(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn deep_nesting_neither_overflows_the_stack_nor_takes_long() {
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(400_000), "]".repeat(400_000));
        let mut object = Object::parse(&deep).unwrap();
        let value = object.take("a").unwrap().get();
        assert!(serde_json::from_str::<Vec<String>>(value).is_err());
        assert!(Object::parse(&"{\"a\":".repeat(200_000)).is_err());
    }
}
