#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| agents_api::fuzzing::list_body(data));
