use proptest::prelude::*;

use super::*;
use crate::record::RecordError;

const HEADER: &str = "Windows Registry Editor Version 5.00\r\n\r\n";
const KEY: &str = r"[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\WinFsp\Services\a]";

fn parse(text: &str) -> Result<Import, RegError> {
    Import::parse(text.as_bytes())
}

/// The values of one class with these lines.
fn values(lines: &str) -> Vec<(String, Value)> {
    let import = parse(&format!("{HEADER}{KEY}\r\n{lines}")).unwrap();
    assert_eq!(import.classes.len(), 1);
    let values = import.classes[0].values();
    values
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

fn problem(lines: &str) -> String {
    parse(&format!("{HEADER}{KEY}\r\n{lines}"))
        .unwrap_err()
        .to_string()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn values_keep_their_types() {
    let lines = [
        r#""Executable"="C:\\Program Files\\x.exe""#,
        r#""CommandLine" = "\"%1\" %2" ; a comment"#,
        r#"; "Ignored"="x""#,
        r#"  "JobControl"=dword:00000001  ; one"#,
        r#"@="default""#,
        r#""sshfs.rootdir"=dword:ff"#,
        r#""path"=hex(2):25,00,41,00,25,00,00,00"#,
        r#""icon"=hex:00,FF"#,
        r#""big"=hex(b):01,00,00,00,00,00,00,80"#,
        "\"list\"=hex(7):61,00,00,00,\\\r\n  62,00,00,00,\\\r\n  00,00",
        r#""odd"=hex(5):01"#,
        r#""none"=hex(0):"#,
        r#""semi;colon"="a;b""#,
        r#""unit\\"="x\y""#,
    ];
    let list = Value::List(vec!["a".into(), "b".into()]);
    let expected = [
        ("Executable", text(r"C:\Program Files\x.exe")),
        ("CommandLine", text(r#""%1" %2"#)),
        ("JobControl", Value::Number(1)),
        ("", text("default")),
        ("sshfs.rootdir", Value::Number(255)),
        ("path", Value::ExpandText("%A%".into())),
        ("icon", Value::Bytes(Kind::BINARY, vec![0, 255])),
        ("big", Value::Number64(1 << 63 | 1)),
        ("list", list),
        ("odd", Value::Bytes(Kind(5), vec![1])),
        ("none", Value::Bytes(Kind(0), vec![])),
        ("semi;colon", text("a;b")),
        (r"unit\", text(r"x\y")),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value));
    assert_eq!(values(&lines.join("\r\n")), expected);
}

#[test]
fn a_line_that_can_not_be_read_is_told() {
    for (lines, told) in [
        ("nonsense", "line 4: not a key, a value or a comment"),
        (
            "\"a\"=dword:1\n\"b\" dword:1",
            "line 5: '=' is missing after the name",
        ),
        ("\"a\"=dword:", "line 4: not a number of up to eight"),
        (
            "\"a\"=dword:123456789",
            "line 4: not a number of up to eight",
        ),
        ("\"a\"=dword:+1", "line 4: not a number of up to eight"),
        ("\"a\"=hex:0", "line 4: not bytes of two hexadecimal digits"),
        (
            "\"a\"=hex(zz):00",
            "line 4: not a text, dword, hex or deleted value",
        ),
        ("\"a\"=5", "line 4: not a text, dword, hex or deleted value"),
        (
            "\"a\"=\"b",
            "line 4: not a text, dword, hex or deleted value",
        ),
        ("\"a\"=\"b\" c", "line 4: there is more after the text"),
        ("\"a", "line 4: not a key, a value or a comment"),
        ("\"a\"=\"1\"\n\"A\"=\"2\"", "line 5: A is there twice"),
        (
            "\"RunAs\"=\"1\"\n\"run-as\"=\"2\"",
            "line 5: RunAs is there twice",
        ),
        ("[HKEY_LOCAL_MACHINE", "line 4: the key has no ']'"),
        (
            "\"a\u{7}\"=\"1\"",
            "line 4: the name \"a\\u{7}\" has a control",
        ),
    ] {
        let problem = problem(lines);
        assert!(problem.starts_with(told), "{lines}: {problem}");
    }
}

#[test]
fn a_file_begins_as_reg_files_do() {
    for text in [
        "",
        "\n",
        "[HKEY_LOCAL_MACHINE]",
        "Windows Registry Editor Version 4.00",
    ] {
        assert!(
            matches!(parse(text), Err(RegError::Header { .. })),
            "{text}"
        );
    }
    assert_eq!(
        parse(HEADER),
        Ok(Import {
            classes: vec![],
            ignored: vec![]
        })
    );
}

#[test]
fn classes_are_found_in_both_views_and_all_else_is_told() {
    let import = parse(&format!(
        "{HEADER}\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\WinFsp\\Services\\b]\n\"x\"=dword:1\n\n\
         [hkey_local_machine\\Software\\winfsp\\SERVICES\\a b] ; comment\n\"x\"=dword:2\n\"y\"=-\n\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\WinFsp\\Services]\n\"x\"=what is this\n\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\WinFsp\\Services\\B\\sub]\n\n\
         [HKEY_CURRENT_USER\\Software\\WinFsp\\Services\\c]\n\n\
         [-HKEY_LOCAL_MACHINE\\SOFTWARE\\Other]\n\n\
         [HKLM\\SOFTWARE\\WinFsp\\Services\\B]\n\"z\"=dword:3\n"
    ))
    .unwrap();
    let classes: Vec<(&str, usize)> = import
        .classes
        .iter()
        .map(|class| (class.class().as_str(), class.values().count()))
        .collect();
    assert_eq!(classes, [("b", 2), ("a b", 1)]);
    let lines: Vec<&str> = import
        .ignored
        .iter()
        .map(|text| text.split(':').next().unwrap())
        .collect();
    assert_eq!(
        lines,
        ["line 8", "line 10", "line 13", "line 15", "line 17"]
    );
}

#[test]
fn a_file_that_deletes_a_class_is_refused_unless_it_makes_it_anew() {
    let delete = KEY.replace('[', "[-");
    let error = parse(&format!("{HEADER}{delete}\r\n")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 3: the file deletes class \"a\": unregister it by name"
    );
    let anew = parse(&format!(
        "{HEADER}{KEY}\n\"old\"=dword:1\n\n{delete}\n\n{KEY}\n\"new\"=dword:2\n"
    ))
    .unwrap();
    let names: Vec<&str> = anew.classes[0].values().map(|(name, _)| name).collect();
    assert_eq!((anew.classes.len(), names), (1, vec!["new"]));
}

#[test]
fn a_class_is_called_as_a_class_can_be() {
    let key = KEY.replace("\\a]", "\\.a]");
    let error = parse(&format!("{HEADER}{key}\n")).unwrap_err().to_string();
    assert_eq!(
        error,
        "line 3: \".a\" is not a class name: it begins with a dot"
    );
}

#[test]
fn texts_of_version_4_have_one_byte_a_character() {
    let file = |data: &str| format!("REGEDIT4\r\n\r\n{KEY}\r\n\"x\"={data}\r\n");
    let value = |data| {
        parse(&file(data)).map(|import| import.classes[0].values().next().unwrap().1.clone())
    };
    assert_eq!(
        value("hex(2):25,41,00").unwrap(),
        Value::ExpandText("%A".into())
    );
    assert_eq!(
        value("hex(7):61,00,62,00,00").unwrap(),
        Value::List(vec!["a".into(), "b".into()])
    );
    assert_eq!(
        value("hex:61,00").unwrap(),
        Value::Bytes(Kind::BINARY, vec![0x61, 0])
    );
    assert!(
        value("hex(2):e4,00")
            .unwrap_err()
            .to_string()
            .contains("not ASCII")
    );
}

fn any_value() -> impl Strategy<Value = Value> {
    let bytes = (0..14_u32, prop::collection::vec(any::<u8>(), 0..60));
    prop_oneof![
        "[^\0]{0,20}".prop_map(Value::Text),
        "[^\0]{0,40}".prop_map(Value::ExpandText),
        any::<u32>().prop_map(Value::Number),
        any::<u64>().prop_map(Value::Number64),
        prop::collection::vec("[^\0]{1,9}", 0..4).prop_map(Value::List),
        bytes.prop_map(|(kind, bytes)| Value::from_bytes(Kind(kind), &bytes)),
    ]
}

fn registration(class: &str, values: Vec<(String, Value)>) -> Registration {
    let mut registration = Registration::new(ClassName::parse(class).unwrap());
    for (name, value) in values {
        match registration.add(&name, value) {
            // A name that comes twice, or can't be one, is left out.
            Ok(()) | Err(RecordError::Twice { .. } | RecordError::Name { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    registration
}

proptest! {
    #[test]
    fn values_survive_import_toml_and_export(
        first in prop::collection::vec((".{0,9}", any_value()), 0..6),
        second in prop::collection::vec((".{1,9}", any_value()), 0..3),
    ) {
        let classes = [registration("a", first), registration("b ü", second)];
        let text = Registration::to_reg(&classes);
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        let file: Vec<u8> = [0xff, 0xfe].into_iter().chain(units).collect();
        let import = Import::parse(&file).unwrap();
        prop_assert_eq!(&import.classes[..], &classes[..], "{}", text);
        prop_assert!(import.ignored.is_empty());
        for class in import.classes {
            let toml = class.to_toml();
            let again = Registration::from_toml(class.class().clone(), &toml).unwrap();
            prop_assert_eq!(Registration::to_reg([&again]), Registration::to_reg([&class]), "{}", toml);
        }
    }

    #[test]
    fn another_reader_sees_the_same_values(
        values in prop::collection::vec(("[a-z.\"\\\\ ]{1,9}", any_value()), 0..6),
    ) {
        // It panics on a big-endian number (type 5) that is too short.
        let is_read = |value: &Value| !matches!(value, Value::Bytes(Kind(5), _));
        let values = values.into_iter().filter(|(_, value)| is_read(value)).collect();
        let class = registration("a", values);
        let text = Registration::to_reg([&class]).replace("\r\n", "\n");
        let theirs = regashii::Registry::deserialize(&text).unwrap();
        let key = theirs.keys().values().next().unwrap();
        for (name, value) in class.values() {
            let their = key.values().get(&regashii::ValueName::named(name));
            let same = match (value, their) {
                (Value::Text(text), Some(regashii::Value::Sz(their))) => text == their,
                (Value::ExpandText(text), Some(regashii::Value::ExpandSz(their))) => text == their,
                (Value::Number(number), Some(regashii::Value::Dword(their))) => number == their,
                (Value::Number64(number), Some(regashii::Value::Qword(their))) => number == their,
                (Value::List(texts), Some(regashii::Value::MultiSz(their))) => texts == their,
                // Bytes that are not what their type says are read in its own ways.
                (Value::Bytes(kind, bytes), Some(regashii::Value::Binary(their))) => *kind == Kind::BINARY && bytes == their,
                (Value::Bytes(kind, _), Some(_)) => *kind != Kind::BINARY,
                (_, _) => false,
            };
            prop_assert!(same, "{name:?} {value:?} {their:?} in {text}");
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, lines in "([\\[\\]\"@=a-z:,\\\\\n(); -]|dword|hex){0,40}") {
        let _ = Import::parse(&bytes);
        let _ = parse(&format!("{HEADER}{KEY}\n{lines}"));
        let _ = parse(&format!("REGEDIT4\n[HKLM\\SOFTWARE\\WinFsp\\Services\\{lines}"));
    }
}
