//! Printing: canonical OData that parses back to an equal tree.

mod expr;
mod options;

use std::fmt::{self, Display, Formatter, Write};

use super::name::{is_identifier, is_qualified};
use super::{Expr, ItemPath, Node};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.root().fmt(f)
    }
}

impl Display for Node<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Printer::new(f, Escape::Nothing).expr(*self)
    }
}

impl Display for ItemPath {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Printer::new(f, Escape::Nothing).path(self)
    }
}

/// Text as a part of one segment of a path (RFC 3986, URL Conventions 2).
pub(crate) fn escaped(text: &str) -> String {
    struct Segment<'t>(&'t str);

    impl Display for Segment<'_> {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            Printer::new(f, Escape::Uri).escaping(self.0, "/?")
        }
    }

    Segment(text).to_string()
}

/// Which characters are printed as percent-escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// None: the text of an expression, as it is after decoding.
    Nothing,
    /// Those that a query string could not be split or decoded with: `% & # +` and control characters.
    Needed,
    /// All that may not stand in the query of a URI (RFC 3986).
    Uri,
}

/// Writes trees in one of the escaping styles.
pub(crate) struct Printer<'f, 'b> {
    f: &'f mut Formatter<'b>,
    escape: Escape,
}

impl<'f, 'b> Printer<'f, 'b> {
    pub(crate) fn new(f: &'f mut Formatter<'b>, escape: Escape) -> Self {
        Printer { f, escape }
    }

    /// Prints text of the grammar.
    pub(crate) fn syntax(&mut self, text: &str) -> fmt::Result {
        self.f.write_str(text)
    }

    /// Prints the name of a custom option, which nothing may take for something else.
    pub(crate) fn custom_name(&mut self, name: &str, misread: bool) -> fmt::Result {
        if misread {
            self.text("\\")?;
        }
        self.escaping(name, "=? \t")
    }

    /// Prints text, escaped in the printer's style.
    pub(crate) fn text(&mut self, text: &str) -> fmt::Result {
        self.escaping(text, "")
    }

    /// Prints text with some more characters escaped.
    fn escaping(&mut self, text: &str, more: &str) -> fmt::Result {
        if self.escape == Escape::Nothing {
            return self.f.write_str(text);
        }
        let mut utf8 = [0; 4];
        for c in text.chars() {
            if self.must_escape(c) || more.contains(c) {
                for byte in c.encode_utf8(&mut utf8).bytes() {
                    write!(self.f, "%{byte:02X}")?;
                }
            } else {
                self.f.write_char(c)?;
            }
        }
        Ok(())
    }

    fn must_escape(&self, c: char) -> bool {
        match self.escape {
            Escape::Nothing => false,
            Escape::Needed => matches!(c, '%' | '&' | '#' | '+') || c.is_control(),
            Escape::Uri => !(c.is_ascii_alphanumeric() || "-._~!$'()*,;:@/?=".contains(c)),
        }
    }

    /// A name. One that OData cannot write is printed so that nothing reads it: it must not turn
    /// into syntax.
    fn name(&mut self, name: &str) -> fmt::Result {
        self.name_if(name, is_identifier(name))
    }

    /// A qualified or unqualified name, perhaps with the qualifier of an annotation.
    fn qualified(&mut self, name: &str) -> fmt::Result {
        let (term, qualifier) = name.split_once('#').unwrap_or((name, "x"));
        self.name_if(name, is_qualified(term) && is_identifier(qualifier))
    }

    fn name_if(&mut self, name: &str, writable: bool) -> fmt::Result {
        if writable {
            return self.text(name);
        }
        self.text("\\")?;
        self.json(name)
    }

    fn quoted(&mut self, text: &str) -> fmt::Result {
        self.f.write_char('\'')?;
        for (i, part) in text.split('\'').enumerate() {
            if i > 0 {
                self.f.write_str("''")?;
            }
            self.text(part)?;
        }
        self.f.write_char('\'')
    }

    fn json(&mut self, text: &str) -> fmt::Result {
        let quoted = serde_json::Value::from(text).to_string();
        self.text(&quoted)
    }

    fn word(&mut self, text: &str) -> fmt::Result {
        self.escaping(text, ";")
    }
}
