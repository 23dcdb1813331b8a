use super::*;
use crate::{InMemory, Nobody};

const TARGET: &str = r"\\vault\one";

/// Answers with these, and counts on being asked no more.
struct Answers(Vec<&'static str>, Vec<Question>);

impl Ask for Answers {
    fn ask(&mut self, question: &Question) -> Result<Zeroizing<String>, AskError> {
        self.1.push(question.clone());
        let answer = (!self.0.is_empty()).then(|| self.0.remove(0));
        answer
            .map(|text| Zeroizing::new(text.to_owned()))
            .ok_or(AskError::Nobody)
    }
}

fn answers(answers: &[&'static str]) -> Answers {
    Answers(answers.to_vec(), vec![])
}

fn credential(user: Option<&str>, secret: &str) -> Credential {
    Credential {
        user: user.map(str::to_owned),
        secret: Secret::new(secret.into()),
    }
}

/// Only this secret is right.
fn right(credential: &Credential) -> Result<Credential, &'static str> {
    match credential.secret.expose() {
        "right" => Ok(credential.clone()),
        "broken" => Err("broken"),
        _ => Err("refused"),
    }
}

fn tried(
    wish: &Wish,
    store: &InMemory,
    ask: &mut dyn Ask,
) -> (Result<Done<Credential>, Failed<&'static str>>, usize) {
    let mut times = 0;
    let attempt = |credential: &Credential| {
        times += 1;
        right(credential)
    };
    let refused = |error: &&str| *error == "refused";
    let done = with_credential(TARGET, wish, Some(store), ask, attempt, refused);
    (done, times)
}

#[test]
fn what_is_remembered_is_used_without_asking() {
    let store = InMemory::default();
    store.set(TARGET, &credential(None, "right")).unwrap();
    let (done, times) = tried(&Wish::default(), &store, &mut Nobody);
    assert!(done.is_ok_and(|done| done.kept.is_none()) && times == 1);
}

#[test]
fn a_refused_remembered_secret_is_asked_for_once_and_no_more() {
    let store = InMemory::default();
    store.set(TARGET, &credential(Some("anna"), "old")).unwrap();
    let wish = Wish {
        remember: true,
        ..Wish::default()
    };
    let mut ask = answers(&["wrong", "right"]);
    let (done, times) = tried(&wish, &store, &mut ask);
    let failed = Failed::Attempt {
        error: "refused",
        remembered: false,
    };
    assert_eq!(format!("{:?}", done.unwrap_err()), format!("{failed:?}"));
    assert_eq!((times, ask.1.len()), (2, 1));
    // What did not work is not kept, and what is there stays.
    assert_eq!(
        store.get(TARGET).unwrap(),
        Some(credential(Some("anna"), "old"))
    );
    let (done, times) = tried(&wish, &store, &mut answers(&["right"]));
    assert!(done.is_ok() && times == 2);
    assert_eq!(
        store.get(TARGET).unwrap(),
        Some(credential(Some("anna"), "right"))
    );
}

#[test]
fn with_nobody_to_ask_the_refusal_is_what_is_told() {
    let store = InMemory::default();
    store.set(TARGET, &credential(None, "old")).unwrap();
    let (done, times) = tried(&Wish::default(), &store, &mut Nobody);
    assert!(
        matches!(
            done,
            Err(Failed::Attempt {
                remembered: true,
                ..
            })
        ) && times == 1
    );
}

#[test]
fn another_failure_asks_nobody_and_forgets_nothing() {
    let store = InMemory::default();
    store.set(TARGET, &credential(None, "broken")).unwrap();
    let (done, times) = tried(&Wish::default(), &store, &mut answers(&["right"]));
    assert!(
        matches!(
            done,
            Err(Failed::Attempt {
                error: "broken",
                ..
            })
        ) && times == 1
    );
    assert!(store.get(TARGET).unwrap().is_some());
}

#[test]
fn a_secret_is_kept_only_if_asked_for_and_only_if_it_worked() {
    let store = InMemory::default();
    let given = |secret: &str, remember| Wish {
        source: Source::Given(Secret::new(secret.into())),
        remember,
        ..Wish::default()
    };
    assert!(tried(&given("right", false), &store, &mut Nobody).0.is_ok());
    assert!(tried(&given("wrong", true), &store, &mut Nobody).0.is_err());
    assert!(store.targets().unwrap().is_empty());
    assert!(tried(&given("right", true), &store, &mut Nobody).0.is_ok());
    assert_eq!(store.targets().unwrap(), [TARGET]);
}

/// Keeps nothing, and can't be read.
struct Refusing;

impl Store for Refusing {
    fn place(&self) -> &str {
        "nowhere"
    }
    fn targets(&self) -> io::Result<Vec<String>> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
    fn get(&self, _target: &str) -> io::Result<Option<Credential>> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
    fn set(&self, _target: &str, _credential: &Credential) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
    fn remove(&self, _target: &str) -> io::Result<bool> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

#[test]
fn a_store_that_refuses_is_told_of_and_spoils_no_success() {
    let wish = Wish {
        remember: true,
        ..Wish::default()
    };
    let mut ask = answers(&["right", "right"]);
    for store in [Some(&Refusing as &dyn Store), None] {
        let done = with_credential(TARGET, &wish, store, &mut ask, right, |_| true);
        assert!(done.is_ok_and(|done| done.kept.is_some_and(|kept| kept.is_err())));
    }
}

#[test]
fn a_user_name_is_asked_for_where_one_is_needed() {
    let store = InMemory::default();
    let wish = Wish {
        needs_user: true,
        remember: true,
        ..Wish::default()
    };
    let mut ask = answers(&["anna", "right"]);
    let (done, _) = tried(&wish, &store, &mut ask);
    assert_eq!(done.unwrap().value.user.as_deref(), Some("anna"));
    assert!(ask.1[0].shown && !ask.1[1].shown);
    assert!(ask.1[1].words.contains("anna"), "{:?}", ask.1);
    assert_eq!(
        store.get(TARGET).unwrap().unwrap().user.as_deref(),
        Some("anna")
    );
}

#[test]
fn what_is_remembered_for_another_user_is_not_used() {
    let store = InMemory::default();
    store
        .set(TARGET, &credential(Some("anna"), "right"))
        .unwrap();
    let wish = Wish {
        user: Some("bob".into()),
        ..Wish::default()
    };
    let (done, times) = tried(&wish, &store, &mut Nobody);
    assert!(
        matches!(
            done,
            Err(Failed::Ask {
                what: Missing::Password,
                ..
            })
        ) && times == 0
    );
}

#[test]
fn a_question_holds_no_control_character_of_a_name() {
    let mut ask = answers(&["right"]);
    let wish = Wish {
        user: Some("a\u{1b}[2Jb".into()),
        ..Wish::default()
    };
    tried(&wish, &InMemory::default(), &mut ask).0.unwrap();
    assert!(!ask.1[0].words.contains('\u{1b}'), "{:?}", ask.1);
}
