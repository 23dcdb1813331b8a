//! Security descriptors as text.
#![no_main]

use fslaunch_access::{AccessMask, GenericMapping, SecurityDescriptor, Token, check, well_known};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(descriptor) = text.parse::<SecurityDescriptor>() {
        let again = descriptor.to_string().parse();
        assert_eq!(again.as_ref(), Ok(&descriptor));
        let caller = Token::new(well_known::guests(), [well_known::everyone()]);
        let everything = AccessMask::MAXIMUM_ALLOWED;
        let _ = check(&descriptor, &caller, everything, &GenericMapping::SERVICE);
    }
});
