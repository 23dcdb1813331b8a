//! With the Credential Manager itself.

use super::*;
use fslaunch_protocol::Secret;

/// A target of one test, which nothing is kept for afterwards.
struct Target(String);

impl Target {
    fn new(name: &str) -> Self {
        Self(format!(r"\\fslaunch-test\{name}-{}", std::process::id()))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = system::delete(&self.0);
    }
}

fn credential(user: Option<&str>, secret: &str) -> Credential {
    Credential {
        user: user.map(str::to_owned),
        secret: Secret::new(secret.into()),
    }
}

fn is_listed(target: &Target) -> bool {
    Vault(()).targets().unwrap().contains(&target.0)
}

#[test]
fn what_is_kept_comes_back_is_listed_replaced_and_forgotten() {
    let (vault, target) = (Vault::open().unwrap(), Target::new("Größe"));
    assert_eq!(vault.get(&target.0).unwrap(), None);
    assert!(!vault.remove(&target.0).unwrap());
    for kept in [
        credential(None, "open sesame"),
        credential(Some("anna"), "Пароль 😀"),
        credential(Some(&"u".repeat(USER_UNITS)), &"x".repeat(1279)),
        credential(None, ""),
    ] {
        vault.set(&target.0, &kept).unwrap();
        assert_eq!(vault.get(&target.0).unwrap(), Some(kept));
        assert!(is_listed(&target));
    }
    assert!(vault.get(&target.0.to_ascii_uppercase()).unwrap().is_some());
    assert!(vault.remove(&target.0).unwrap());
    assert!(!vault.remove(&target.0).unwrap());
    assert_eq!(vault.get(&target.0).unwrap(), None);
    assert!(!is_listed(&target));
}

#[test]
fn it_is_kept_as_the_network_provider_reads_it() {
    let target = Target::new("provider");
    let kept = credential(Some("anna"), "pä");
    Vault(()).set(&target.0, &kept).unwrap();
    let read = |kept: &Kept<'_>| (kept.user.clone(), kept.comment.clone(), kept.blob.to_vec());
    let blob = b"p\0\xe4\0\0\0".to_vec();
    assert_eq!(
        system::read(&target.0, read).unwrap(),
        Some(("anna".into(), "fslaunch".into(), blob))
    );
}

#[test]
fn what_another_program_keeps_is_used_and_neither_listed_nor_removed() {
    let (vault, target) = (Vault(()), Target::new("cmdkey"));
    system::write(&Kept {
        target: target.0.clone(),
        user: "anna".into(),
        comment: String::new(),
        blob: b"p\0w\0",
    })
    .unwrap();
    let expected = credential(Some("anna"), "pw");
    assert_eq!(vault.get(&target.0).unwrap(), Some(expected));
    assert!(!is_listed(&target));
    assert!(!vault.remove(&target.0).unwrap());
    assert!(vault.get(&target.0).unwrap().is_some());
}

#[test]
fn what_is_no_text_is_an_error_and_what_the_store_can_not_keep_is_refused() {
    let (vault, target) = (Vault(()), Target::new("bad"));
    for bad in [
        credential(None, &"x".repeat(1280)),
        credential(None, "a\0b"),
        credential(Some("a\0b"), "pw"),
        credential(Some(&"u".repeat(USER_UNITS + 1)), "pw"),
    ] {
        let error = vault.set(&target.0, &bad).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
    assert_eq!(vault.get(&target.0).unwrap(), None);
    // It would be the target before the NUL.
    let longer = format!("{}\0x", target.0);
    assert!(vault.set(&longer, &credential(None, "pw")).is_err());
    assert!(vault.get(&longer).is_err() && vault.remove(&longer).is_err());
    system::write(&Kept {
        target: target.0.clone(),
        user: String::new(),
        comment: String::new(),
        blob: &0xd800_u16.to_le_bytes(),
    })
    .unwrap();
    let error = vault.get(&target.0).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}
