//! From the raw options of a URL to a query.

use super::Query;
use crate::ast::name::is_identifier;
use crate::ast::{Alias, Operator, SystemOption};
use crate::error::{Bound, Error, Found, Kind};
use crate::limits::Settings;
use crate::span::Span;
use crate::syntax;
use crate::url::{self, Decoded, RawOption};

pub(super) fn read(text: &str, settings: Settings) -> Result<Query, Error> {
    settings.limits.check_text(text)?;
    let mut reader = Reader {
        query: Query { settings, text: text.to_owned(), ..Query::default() },
        nodes_left: settings.limits.nodes,
    };
    for option in url::split(text, settings.plus) {
        reader.option(option?)?;
    }
    Ok(reader.query)
}

/// Puts a query together from its raw options.
struct Reader {
    query: Query,
    nodes_left: usize,
}

impl Reader {
    fn option(&mut self, raw: RawOption<'_>) -> Result<(), Error> {
        let name = raw.name.text.as_ref();
        let span = raw.name.span(0..name.len());
        if let Some(option) = SystemOption::of_query(name) {
            let read = self.system_option(option, span, raw.value.as_ref());
            return read.map_err(|error| error.with_option(option.name()));
        }
        if let Some(alias) = name.strip_prefix('@') {
            return self.alias(alias, span, raw.value.as_ref());
        }
        self.check_custom_name(&raw.name)?;
        let value = raw.value.map(|value| value.text.into_owned());
        self.query.custom.push((raw.name.text.into_owned(), value));
        Ok(())
    }

    fn system_option(
        &mut self,
        option: SystemOption,
        span: Span,
        value: Option<&Decoded<'_>>,
    ) -> Result<(), Error> {
        if self.query.given.iter().any(|(given, _)| *given == option) {
            return Err(Error::new(Kind::DuplicateOption(option.name().to_owned())).at(span));
        }
        self.query.given.push((option, span));
        let value = value.ok_or_else(|| missing_value(option.name(), span))?;
        let limits = self.query.settings.limits;
        syntax::option(option, value, &limits, &mut self.nodes_left, &mut self.query.options)
    }

    fn alias(&mut self, name: &str, span: Span, value: Option<&Decoded<'_>>) -> Result<(), Error> {
        let full = format!("@{name}");
        if !is_identifier(name) {
            return Err(Error::new(Kind::UnknownOption(full))
                .at(span)
                .with_help("a parameter alias is `@` and a name of letters, digits and `_`"));
        }
        let aliases = &mut self.query.options.aliases;
        if aliases.iter().any(|alias| alias.name == name) {
            return Err(Error::new(Kind::DuplicateOption(full)).at(span));
        }
        let limits = self.query.settings.limits;
        if aliases.len() >= limits.aliases {
            return Err(Error::limit(Bound::ALIASES, limits.aliases, Found::More).at(span));
        }
        let read = |value| syntax::expression(value, &limits, &mut self.nodes_left);
        let value = value.ok_or_else(|| missing_value(&full, span)).and_then(read);
        let value = value.map_err(|error| error.with_option(&full))?;
        aliases.push(Alias { name: name.to_owned(), value });
        Ok(())
    }

    /// Refuses the name of a custom option that was hardly meant as one.
    fn check_custom_name(&self, decoded: &Decoded<'_>) -> Result<(), Error> {
        let name = decoded.text.as_ref();
        let span = decoded.span(0..name.len());
        let unknown = |help: String| {
            Err(Error::new(Kind::UnknownOption(name.to_owned())).at(span).with_help(help))
        };
        if let Some(option) = SystemOption::of_query(name.trim_end()) {
            let blank = decoded.span(name.trim_end().len()..name.len());
            let kind = Kind::Syntax { expected: vec!["`=`"], found: "a blank".to_owned() };
            return Err(Error::new(kind).at(blank).with_option(option.name()));
        }
        if name.trim_start_matches('$').eq_ignore_ascii_case("apply") {
            return Err(Error::new(Kind::NotSupported("`$apply`".to_owned())).at(span));
        }
        if name.trim_start_matches('$').eq_ignore_ascii_case("levels") {
            return unknown(
                "it stands in the parentheses of `$expand`: `$expand=path($levels=2)`".to_owned(),
            );
        }
        if name.starts_with('$') {
            return unknown(match SystemOption::suggest(name) {
                Some(close) => format!("did you mean `{close}`?"),
                None => "the names of custom options do not begin with `$`".to_owned(),
            });
        }
        if name.is_empty() {
            let help =
                "write a name in front of `=`; in a shell, single quotes keep `$filter` as it is";
            return unknown(help.to_owned());
        }
        // A whole URL: `http://host/Set?$filter=…`.
        if let Some((_, query)) = name.rsplit_once('?')
            && SystemOption::of_query(query).is_some()
        {
            return unknown("give only the part of a URL behind its `?`".to_owned());
        }
        // Quotes and blanks of documents and mails: `“$filter=…`.
        let bare = name.trim_matches(|c: char| c.is_whitespace() || "“”„«»‘’\"'`".contains(c));
        if bare.len() < name.len()
            && let Some(option) = SystemOption::of_query(bare)
        {
            return unknown(format!(
                "write `{}` without quotes or blanks around it",
                option.name()
            ));
        }
        // The rest of a value that was cut at its `&`: `$filter=a eq 1 && b eq 2`.
        let blank =
            |(at, byte): (usize, u8)| matches!(byte, b' ' | b'\t') && !decoded.is_escaped(at);
        if name.bytes().enumerate().any(blank) {
            let second = name.split_whitespace().nth(1);
            if self.query.given.is_empty() && second.and_then(Operator::from_keyword).is_some() {
                return unknown(format!(
                    "an expression needs its option: `$filter={}`",
                    name.trim()
                ));
            }
            let help =
                "`&` separates options: write `and` for the operator, and `%26` inside a string";
            return unknown(help.to_owned());
        }
        Ok(())
    }
}

fn missing_value(name: &str, span: Span) -> Error {
    let end = span.range().end;
    let error = Error::new(Kind::MissingValue(name.to_owned())).at(Span::new(end, end));
    error.with_help(format!("write `{name}=…`"))
}

/// Whether a custom option of this name would be read as something else.
pub(super) fn is_misread(name: &str) -> bool {
    let system = name.trim_start_matches(['$', '@']);
    system.len() < name.len() || name.is_empty() || SystemOption::of_query(name.trim()).is_some()
}
