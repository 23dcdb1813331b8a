//! Templates of command lines, and what goes into them: an argument never becomes two.
#![no_main]

use std::time::SystemTime;

use fslaunch_core::command_line::{Rules, Template, Values, expand};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, Vec<Option<String>>)| {
    let (template, mut arguments) = input;
    arguments.truncate(9);
    let template = Template::parse(template);
    let values = |arguments| Values {
        executable: r"C:\x.exe",
        arguments,
        start_time: SystemTime::UNIX_EPOCH,
        user: r"VM\root",
        profile: r"C:\Users\root",
    };
    let rules = Rules {
        refuse_options: false,
    };
    let filled = expand(&template, &values(&arguments), &rules);
    let plain = expand(&template, &values(&[]), &rules);
    if let (Ok(filled), Ok(plain)) = (filled, plain) {
        assert_eq!(filled.words.len(), plain.words.len());
        let _ = filled.windows_text(r"C:\x.exe");
    }
});
