//! Translates ECMAScript regular expressions into the syntax of the `regex` crate.

use std::str::Chars;

use crate::value::Fault;

const DIGIT: &str = "[0-9]";
const NOT_DIGIT: &str = "[^0-9]";
const WORD: &str = "[0-9A-Za-z_]";
const NOT_WORD: &str = "[^0-9A-Za-z_]";
const SPACE: &str = r"[\t\n\x0B\x0C\r \x{A0}\x{FEFF}\p{Zs}\x{2028}\x{2029}]";
const NOT_SPACE: &str = r"[^\t\n\x0B\x0C\r \x{A0}\x{FEFF}\p{Zs}\x{2028}\x{2029}]";
const WORD_BOUNDARY: &str = r"(?-u:\b)";
const NOT_WORD_BOUNDARY: &str = r"(?-u:\B)";
const ANY: &str = "(?s:.)";
const NOT_LINE_TERMINATOR: &str = r"[^\n\r\x{2028}\x{2029}]";
const NOTHING: &str = r"[^\x00-\x{10FFFF}]";

/// Line starts and ends around `\n` and `\r`. Between `\r` and `\n` only a line end is
/// recognized, and U+2028 and U+2029 do not end lines here.
const LINE_START: &str = "(?:(?m:^)|(?mR:^))";
const LINE_END: &str = "(?:(?m:$)|(?mR:$))";

/// The flags of a regular expression that change whether it matches.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    /// `i`
    pub(super) ignore_case: bool,
    /// `m`
    multi_line: bool,
    /// `s`
    dot_all: bool,
}

impl Flags {
    /// Reads flags; those that cannot change a test are accepted without effect.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let mut flags = Self::default();
        for (position, flag) in text.char_indices() {
            if text.find(flag) != Some(position) {
                return Err(fault(format!("the flag {flag:?} is repeated")));
            }
            match flag {
                'i' => flags.ignore_case = true,
                'm' => flags.multi_line = true,
                's' => flags.dot_all = true,
                'd' | 'g' | 'u' | 'v' | 'y' => {}
                _ => return Err(fault(format!("there is no flag {flag:?}; use i, m or s"))),
            }
        }
        Ok(flags)
    }
}

/// The pattern in the syntax of the `regex` crate.
pub(super) fn translate(pattern: &str, flags: Flags) -> Result<String, Fault> {
    let mut translator =
        Translator { rest: pattern.chars(), output: String::new(), repeatable: false, flags };
    while let Some(character) = translator.rest.next() {
        translator.term(character)?;
    }
    Ok(translator.output)
}

struct Translator<'p> {
    rest: Chars<'p>,
    output: String,
    /// Whether a quantifier may follow.
    repeatable: bool,
    flags: Flags,
}

/// What an escape sequence stands for.
enum Escape {
    Character(char),
    Set(String),
}

impl Translator<'_> {
    fn term(&mut self, character: char) -> Result<(), Fault> {
        match character {
            '\\' if self.take("b") => self.unrepeatable(WORD_BOUNDARY),
            '\\' if self.take("B") => self.unrepeatable(NOT_WORD_BOUNDARY),
            '\\' => match self.escape()? {
                Escape::Character(character) => self.character(character),
                Escape::Set(set) => self.atom(&set),
            },
            '[' => return self.class(),
            '(' => return self.group(),
            ')' => self.atom(")"),
            '|' => self.unrepeatable("|"),
            '.' if self.flags.dot_all => self.atom(ANY),
            '.' => self.atom(NOT_LINE_TERMINATOR),
            '^' if self.flags.multi_line => self.unrepeatable(LINE_START),
            '^' => self.unrepeatable("^"),
            '$' if self.flags.multi_line => self.unrepeatable(LINE_END),
            '$' => self.unrepeatable("$"),
            '*' => return self.quantifier("*"),
            '+' => return self.quantifier("+"),
            '?' => return self.quantifier("?"),
            '{' => return self.brace(),
            _ => self.character(character),
        }
        Ok(())
    }

    fn atom(&mut self, text: &str) {
        self.output.push_str(text);
        self.repeatable = true;
    }

    fn unrepeatable(&mut self, text: &str) {
        self.output.push_str(text);
        self.repeatable = false;
    }

    fn character(&mut self, character: char) {
        self.atom(&literal(character));
    }

    fn quantifier(&mut self, text: &str) -> Result<(), Fault> {
        if !self.repeatable {
            return Err(fault(format!("there is nothing to repeat before {text:?}")));
        }
        self.unrepeatable(text);
        if self.take("?") {
            self.output.push('?');
        }
        Ok(())
    }

    /// A counted quantifier, or else a literal brace.
    fn brace(&mut self) -> Result<(), Fault> {
        match self.rest.as_str().split_once('}') {
            Some((counts, rest)) if is_repetition(counts) => {
                self.rest = rest.chars();
                self.quantifier(&format!("{{{counts}}}"))
            }
            _ => {
                self.character('{');
                Ok(())
            }
        }
    }

    /// The opening of a group; names do not matter to a test.
    fn group(&mut self) -> Result<(), Fault> {
        if ["?=", "?!", "?<=", "?<!"].iter().any(|look| self.rest.as_str().starts_with(look)) {
            return Err(fault("look-around is not supported because matching is linear-time"));
        }
        if self.take("?<") {
            let name = self.rest.by_ref().take_while(|&character| character != '>');
            if name.count() == 0 {
                return Err(fault("a group has no name"));
            }
        } else if !self.take("?:") && self.take("?") {
            return Err(fault("a group starts with an unknown \"(?\" construct"));
        }
        self.unrepeatable("(?:");
        Ok(())
    }

    fn class(&mut self) -> Result<(), Fault> {
        let negated = self.take("^");
        if self.take("]") {
            self.atom(if negated { ANY } else { NOTHING });
            return Ok(());
        }
        self.output.push_str(if negated { "[^" } else { "[" });
        while !self.take("]") {
            let atom = self.class_atom()?;
            let rest = self.rest.as_str();
            match atom {
                Escape::Character(first) if rest.starts_with('-') && !rest.starts_with("-]") => {
                    self.range(first)?;
                }
                Escape::Character(character) => self.output.push_str(&literal(character)),
                Escape::Set(set) => self.output.push_str(&set),
            }
        }
        self.atom("]");
        Ok(())
    }

    /// A range of characters, or else a literal `-` between a character and a set.
    fn range(&mut self, first: char) -> Result<(), Fault> {
        self.take("-");
        self.output.push_str(&literal(first));
        match self.class_atom()? {
            Escape::Character(last) => {
                self.output.push('-');
                self.output.push_str(&literal(last));
            }
            Escape::Set(set) => {
                self.output.push_str(&literal('-'));
                self.output.push_str(&set);
            }
        }
        Ok(())
    }

    /// A character or set within a class, where `\b` is a backspace.
    fn class_atom(&mut self) -> Result<Escape, Fault> {
        match self.rest.next() {
            None => Err(fault("a character class is not closed")),
            Some('\\') if self.take("b") => Ok(Escape::Character('\u{8}')),
            Some('\\') => self.escape(),
            Some(character) => Ok(Escape::Character(character)),
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<Escape, Fault> {
        let Some(character) = self.rest.next() else {
            return Err(fault("it ends with a backslash"));
        };
        let set = |set: &str| Ok(Escape::Set(set.to_owned()));
        let character = match character {
            'd' => return set(DIGIT),
            'D' => return set(NOT_DIGIT),
            'w' => return set(WORD),
            'W' => return set(NOT_WORD),
            's' => return set(SPACE),
            'S' => return set(NOT_SPACE),
            'p' | 'P' => return self.property(character).map(Escape::Set),
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '0' if !self.rest.as_str().starts_with(|next: char| next.is_ascii_digit()) => '\0',
            '0'..='9' | 'k' => {
                return Err(fault(
                    "back-references are not supported because matching is linear-time",
                ));
            }
            'c' => self.control()?,
            'x' => code_point(self.hexadecimal(2)?)?,
            'u' => self.unicode()?,
            other => other,
        };
        Ok(Escape::Character(character))
    }

    /// `\p{…}` or `\P{…}`
    fn property(&mut self, letter: char) -> Result<String, Fault> {
        let name = self.rest.as_str().strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let is_name = |name: &str| {
            name.chars()
                .all(|character| character.is_ascii_alphanumeric() || "_=".contains(character))
        };
        let Some((name, rest)) = name.filter(|(name, _)| is_name(name)) else {
            return Err(fault("a Unicode property needs the form \\p{Name} or \\p{Name=Value}"));
        };
        self.rest = rest.chars();
        Ok(format!("\\{letter}{{{name}}}"))
    }

    /// `\cX`
    fn control(&mut self) -> Result<char, Fault> {
        match self.rest.next() {
            Some(letter) if letter.is_ascii_alphabetic() => code_point(u32::from(letter) % 32),
            _ => Err(fault("\\c needs a letter")),
        }
    }

    /// `\uXXXX`, a surrogate pair of those, or `\u{…}`
    fn unicode(&mut self) -> Result<char, Fault> {
        if self.take("{") {
            let (digits, rest) = self.rest.as_str().split_once('}').unwrap_or_default();
            let code = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'));
            self.rest = rest.chars();
            return code_point(code.unwrap_or(u32::MAX));
        }
        let high = self.hexadecimal(4)?;
        if !(0xD800..0xDC00).contains(&high) || !self.take("\\u") {
            return code_point(high);
        }
        let low = self.hexadecimal(4)?;
        if !(0xDC00..0xE000).contains(&low) {
            return code_point(high);
        }
        code_point(((high & 0x3FF) << 10 | low & 0x3FF).saturating_add(0x10000))
    }

    fn hexadecimal(&mut self, count: usize) -> Result<u32, Fault> {
        (0..count).try_fold(0, |number, _| {
            let digit = self.rest.next().and_then(|character| character.to_digit(16));
            digit
                .map(|digit| number << 4 | digit)
                .ok_or_else(|| fault(format!("an escape needs {count} hexadecimal digits")))
        })
    }

    /// Skips the given text if it comes next.
    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.as_str().strip_prefix(text);
        if let Some(rest) = rest {
            self.rest = rest.chars();
        }
        rest.is_some()
    }
}

/// Whether the text between braces is that of a counted quantifier: `n`, `n,` or `n,m`.
fn is_repetition(counts: &str) -> bool {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (least, most) = counts.split_once(',').unwrap_or((counts, ""));
    !least.is_empty() && is_digits(least) && is_digits(most)
}

/// The character without special meaning.
fn literal(character: char) -> String {
    if character.is_ascii() && !character.is_ascii_alphanumeric() {
        return format!("\\x{{{:X}}}", u32::from(character));
    }
    character.to_string()
}

fn code_point(code: u32) -> Result<char, Fault> {
    char::from_u32(code).ok_or_else(|| fault("an escape does not name a Unicode character"))
}

fn fault(reason: impl Into<String>) -> Fault {
    Fault::Pattern(reason.into())
}
