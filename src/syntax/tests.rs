//! The grammar against the cases that come with its ABNF.

mod abnf;
