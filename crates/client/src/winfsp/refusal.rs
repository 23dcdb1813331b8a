//! What the numbers of WinFsp's launcher mean (launcher specification,
//! section 9): the one error that a number can be, or a text that names all.

use fslaunch_protocol::escape::line;
use fslaunch_protocol::{Error, Request, Start, State, Target};

/// Seconds that the launcher waits for an answer to a secret.
const SECRET_SECONDS: u64 = 15;

/// The error with which a request was refused.
pub(super) fn refusal(request: &Request, code: u32) -> Error {
    let known = match request {
        Request::Start(start) => of_start(start, code),
        Request::Stop(target) | Request::StopIdle(target) => of_target(target, "stop", code),
        Request::Info(target) => of_target(target, "query", code),
        Request::List | Request::Classes => unexplained(),
    };
    known.unwrap_or_else(|message| Error::Unknown {
        name: "org.fslaunch.WinFsp.Refused".into(),
        message,
        code,
    })
}

fn of_start(start: &Start, code: u32) -> Result<Error, String> {
    let (class, instance) = (start.class.clone(), start.instance.clone());
    let shown = line(&start.class);
    match code {
        183 => Ok(Error::InstanceExists {
            class,
            instance,
            state: State::Running,
        }),
        1338 => Ok(Error::SecurityInvalid {
            class,
            reason: "the launcher does not say where".into(),
        }),
        1346 => Ok(Error::IdentificationOnly { class }),
        1460 => Ok(Error::SecretTimeout {
            class,
            instance,
            seconds: SECRET_SECONDS,
        }),
        2 => Err(format!(
            "class '{shown}' is not registered, or its record can't be used, or there is no \
             executable where it says"
        )),
        5 => Err(match start.secret {
            Some(_) => format!(
                "the secret is wrong, or you may not start class '{shown}', or the account that \
                 it runs as can't be used"
            ),
            None => format!(
                "you may not start class '{shown}', or the account that it runs as can't be used"
            ),
        }),
        87 => Err(match &start.secret {
            Some(secret) if secret.is_empty() => "the secret is empty".into(),
            Some(_) => format!("class '{shown}' takes no secret, or its name is too long"),
            None => format!("class '{shown}' needs a secret, or its name is too long"),
        }),
        234 => Err(format!(
            "a value in the record of class '{shown}' has the wrong type"
        )),
        _ => unexplained(),
    }
}

fn of_target(target: &Target, right: &str, code: u32) -> Result<Error, String> {
    let (class, instance) = (target.class.clone(), target.instance.clone());
    match code {
        2 => Ok(Error::InstanceNotFound { class, instance }),
        5 => Ok(Error::AccessDenied {
            right: right.into(),
            class,
            instance: Some(instance),
        }),
        122 => Err("it is longer than the launcher can tell".into()),
        _ => unexplained(),
    }
}

fn unexplained() -> Result<Error, String> {
    Err("the launcher gives no other cause than this number".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use fslaunch_protocol::Secret;

    fn start(secret: Option<&str>) -> Request {
        Request::Start(Start {
            class: "memfs64".into(),
            instance: "share".into(),
            secret: secret.map(|secret| Secret::new(secret.into())),
            ..Start::default()
        })
    }

    #[test]
    fn every_number_is_kept_and_has_words() {
        let target = || Target::new("memfs64", "share");
        let requests = [
            start(None),
            start(Some("")),
            start(Some("x")),
            Request::Stop(target()),
            Request::Info(target()),
            Request::List,
        ];
        for request in requests {
            for code in [1, 2, 5, 87, 122, 183, 234, 1338, 1346, 1359, 1460, 99_999] {
                let error = refusal(&request, code);
                assert_eq!(error.win32(), code, "{request:?}");
                let words = error.to_string();
                assert!(words.split_whitespace().count() > 3, "{request:?}: {words}");
            }
        }
    }

    #[test]
    fn a_number_with_one_meaning_is_that_error() {
        assert_eq!(refusal(&start(None), 183).name(), "InstanceExists");
        assert_eq!(refusal(&start(None), 1346).name(), "IdentificationOnly");
        assert_eq!(refusal(&start(None), 1338).name(), "SecurityInvalid");
        assert_eq!(refusal(&start(Some("x")), 1460).name(), "SecretTimeout");
        let stop = Request::Stop(Target::new("memfs64", "share"));
        let words = refusal(&stop, 5).to_string();
        assert_eq!(
            words,
            "you may not stop instance 'share' of class 'memfs64'"
        );
    }

    #[test]
    fn a_number_with_several_meanings_names_them() {
        let words = refusal(&start(None), 2).to_string();
        assert!(
            words.contains("not registered") && words.contains("executable"),
            "{words}"
        );
        assert!(
            refusal(&start(Some("x")), 5)
                .to_string()
                .contains("secret is wrong")
        );
        assert!(!refusal(&start(None), 5).to_string().contains("secret"));
        assert!(
            refusal(&start(None), 87)
                .to_string()
                .contains("needs a secret")
        );
        assert!(
            refusal(&start(Some("x")), 87)
                .to_string()
                .contains("takes no secret")
        );
    }
}
