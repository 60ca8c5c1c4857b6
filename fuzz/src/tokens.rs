//! Sequences of what the language is made of: the words of the dictionary, at most 256 of them. New
//! words are added at its end, so that inputs that are kept keep their meaning.

use std::sync::LazyLock;

use super::round_trip;

const OPTIONS: &[&str] = &[
    "$filter=",
    "$orderby=",
    "$select=",
    "$expand=",
    "$search=",
    "$compute=",
    "$count=",
    "@p=",
    "",
];

static WORDS: LazyLock<Vec<String>> =
    LazyLock::new(|| include_str!("../odata.dict").lines().filter_map(word).collect());

/// A line of the dictionary is a string with the escapes `\\`, `\"` and `\xAB`, or none.
fn word(line: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = line.strip_prefix('"')?.strip_suffix('"')?;
    while let Some((plain, escape)) = rest.split_once('\\') {
        bytes.extend(plain.bytes());
        rest = match escape.strip_prefix('x') {
            Some(hex) => {
                bytes.push(u8::from_str_radix(&hex[..2], 16).expect(line));
                &hex[2..]
            }
            None => {
                bytes.push(escape.as_bytes()[0]);
                &escape[1..]
            }
        };
    }
    bytes.extend(rest.bytes());
    Some(String::from_utf8(bytes).expect(line))
}

/// The first byte chooses the option and whether words are separated, each other one a word.
pub fn check(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let first = usize::from(*first);
    let words = rest.iter().filter_map(|byte| WORDS.get(usize::from(*byte)).map(String::as_str));
    let separator = ["", " "][first % 2];
    let value = words.collect::<Vec<_>>().join(separator);
    round_trip::check(format!("{}{value}", OPTIONS[first / 2 % OPTIONS.len()]).as_bytes());
}
