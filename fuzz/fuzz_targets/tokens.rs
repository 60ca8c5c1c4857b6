#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| odata_query_fuzz::tokens::check(data));
