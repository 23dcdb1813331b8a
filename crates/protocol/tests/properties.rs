//! What holds for any bytes, any pieces and any request.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test may panic"
)]

use fslaunch_protocol::varlink::{self, Called, Flags, Frames, Method, ReplyError};
use fslaunch_protocol::{Error, Request, Secret, Start, Target};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z\\\\\"' \\n]{0,12}"]
}

/// No process takes a NUL, so no argument has one.
fn argument() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.replace('\0', ""))
}

fn request() -> impl Strategy<Value = Request> {
    let target = || (text(), text()).prop_map(|(class, instance)| Target { class, instance });
    let start = (
        target(),
        prop::collection::vec(argument(), 0..=9),
        prop::collection::btree_map(argument(), argument(), 0..4),
        prop::option::of(text()),
        any::<bool>(),
    );
    let start = start.prop_map(|(target, arguments, named, secret, while_connected)| {
        let Target { class, instance } = target;
        let secret = secret.map(Secret::new);
        Request::Start(Start {
            class,
            instance,
            arguments,
            named,
            secret,
            while_connected,
        })
    });
    prop_oneof![
        3 => start,
        1 => target().prop_map(Request::Stop),
        1 => target().prop_map(Request::StopIdle),
        1 => target().prop_map(Request::Info),
        1 => Just(Request::List),
        1 => Just(Request::Classes),
    ]
}

/// Bytes that look like a call often enough to get past the first check.
fn nearly_a_call() -> impl Strategy<Value = Vec<u8>> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\u0000",
        "\\ud800",
        "null",
        "true",
        "1e999",
        "\\",
        "\"method\":",
        "\"org.fslaunch.Launcher.Start\"",
        "\"org.varlink.service.GetInfo\"",
        "\"parameters\":",
        "\"class\":\"c\"",
        "\"instance\":\"i\"",
        "\"arguments\":[\"a\"]",
        "\"secret\":\"s\"",
        "\"named\":{\"a\":\"b\"}",
        "\"oneway\":true",
        "{\"method\":\"org.fslaunch.Launcher.Start\",\"parameters\":{",
    ]);
    prop::collection::vec(token, 0..20).prop_map(|tokens| tokens.concat().into_bytes())
}

/// What comes out of the decoder when the bytes come in pieces of these sizes.
fn framed(bytes: &[u8], sizes: &[usize], limit: usize) -> (Vec<Vec<u8>>, bool) {
    let mut frames = Frames::new(limit);
    let (mut messages, mut rest) = (vec![], bytes);
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let size = *sizes.next().unwrap_or(&usize::MAX);
        let (piece, after) = rest.split_at(size.clamp(1, rest.len()));
        rest = after;
        frames.push(piece);
        loop {
            match frames.take() {
                Ok(Some(message)) => messages.push(message.to_vec()),
                Ok(None) => break,
                Err(_) => return (messages, true),
            }
        }
    }
    (messages, false)
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in any::<Vec<u8>>()) {
        let _ = varlink::decode(&bytes);
        for method in Method::ALL {
            let _ = varlink::decode_reply(method, &bytes);
        }
    }

    #[test]
    fn nothing_that_looks_like_a_call_makes_the_decoder_panic(bytes in nearly_a_call()) {
        if let Err(rejected) = varlink::decode(&bytes) {
            let answer = rejected.error.encode();
            let error = varlink::decode_reply(Method::List, &answer[..answer.len() - 1]);
            prop_assert!(matches!(error, Err(ReplyError::Launcher(_))));
        }
        let _ = varlink::decode_reply(Method::Info, &bytes);
    }

    #[test]
    fn a_request_comes_back_as_it_was(request in request(), oneway: bool, more: bool) {
        let message = varlink::encode_call(&request, Flags { oneway, more });
        prop_assert_eq!(message.iter().position(|&byte| byte == 0), Some(message.len() - 1));
        let call = varlink::decode(&message[..message.len() - 1]).unwrap();
        prop_assert_eq!(call.request, Called::Launcher(request));
        prop_assert_eq!((call.oneway, call.more), (oneway, more));
    }

    #[test]
    fn an_error_comes_back_as_it_was(index in 0..Error::examples().len(), reason in text()) {
        let mut error = Error::examples().swap_remove(index);
        if let Error::ClassUnusable { reason: cause, .. } = &mut error {
            *cause = reason;
        }
        let message = varlink::encode_error(&error);
        let decoded = varlink::decode_reply(Method::Start, &message[..message.len() - 1]);
        prop_assert_eq!(decoded, Err(ReplyError::Launcher(error)));
    }

    #[test]
    fn an_error_of_a_newer_launcher_keeps_its_name_code_and_text(
        name in "[a-z]+\\.[A-Z][a-z]+", message in "[a-z]{1,9}", code: u32
    ) {
        let error = Error::Unknown { name, message, code };
        let encoded = varlink::encode_error(&error);
        let decoded = varlink::decode_reply(Method::Start, &encoded[..encoded.len() - 1]);
        prop_assert_eq!(decoded, Err(ReplyError::Launcher(error)));
    }

    #[test]
    fn pieces_of_any_size_give_the_same_messages(
        messages in prop::collection::vec(prop::collection::vec(1u8.., 0..40), 0..8),
        tail in prop::collection::vec(1u8.., 0..40),
        sizes in prop::collection::vec(1usize..50, 1..8),
        limit in 20usize..60,
    ) {
        let mut bytes: Vec<u8> = messages.iter().flat_map(|m| m.iter().copied().chain([0])).collect();
        bytes.extend(&tail);
        let fitting = messages.iter().take_while(|message| message.len() <= limit).count();
        let overflow = fitting < messages.len() || tail.len() > limit;
        let expected = (messages[..fitting].to_vec(), overflow);
        prop_assert_eq!(framed(&bytes, &sizes, limit), expected.clone());
        prop_assert_eq!(framed(&bytes, &[], limit), expected);
    }

    #[test]
    fn no_error_puts_a_control_character_on_the_terminal(name: String) {
        let (class, instance, reason) = (name.clone(), name.clone(), name);
        for error in [
            Error::ClassNotFound { class: class.clone() },
            Error::StartFailed { class, instance, reason },
        ] {
            prop_assert!(!error.to_string().contains(char::is_control));
        }
    }
}
