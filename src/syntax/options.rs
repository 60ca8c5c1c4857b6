//! The values of the system query options, and options in parentheses (ABNF section 2).

use super::expression::{CLOSE, COMMA};
use super::grammar::{Advice, Grammar, PART, Parsed, WHOLE};
use super::lexical::{self, before, blanks, tail};
use crate::ast::{
    Alias, ComputeItem, Direction, Levels, Options, OrderbyItem, Place, SystemOption,
};
use crate::error::{Bound, Error, Kind};

const DIGITS: &str = "a non-negative integer";

impl<'t> Grammar<'t> {
    /// The value of an option.
    pub(super) fn option_value(
        &mut self,
        i: &'t str,
        option: SystemOption,
        place: Place,
        out: &mut Options,
    ) -> Parsed<'t, ()> {
        let room = if place == Place::Query { WHOLE } else { PART };
        let rest;
        match option {
            SystemOption::Filter => {
                let (after, filter) = self.separate_in(room, i, Self::expression)?;
                (rest, out.filter) = (after, Some(filter));
            }
            SystemOption::Search => {
                let (after, search) = self.separate_in(room, i, Self::search)?;
                (rest, out.search) = (after, Some(search));
            }
            SystemOption::Compute => {
                (rest, out.compute) =
                    self.comma_list(i, usize::MAX, Bound::NODES, Self::compute_item)?
            }
            SystemOption::Orderby => {
                let (limit, keys) = (Bound::ORDERBY_KEYS, self.limits.orderby_keys);
                (rest, out.orderby) = self.comma_list(i, keys, limit, Self::orderby_item)?;
            }
            SystemOption::Select => {
                (rest, out.select) =
                    self.comma_list(i, usize::MAX, Bound::NODES, Self::select_item)?
            }
            SystemOption::Expand => {
                (rest, out.expand) =
                    self.comma_list(i, usize::MAX, Bound::NODES, Self::expand_item)?
            }
            SystemOption::Skip => {
                let (after, number) = self.non_negative(i)?;
                (rest, out.skip) = (after, Some(number));
            }
            SystemOption::Top => {
                let (after, number) = self.non_negative(i)?;
                (rest, out.top) = (after, Some(number));
            }
            SystemOption::Count => {
                let (after, count) = self.lexed(i, lexical::boolean, "`true` or `false`")?;
                (rest, out.count) = (after, Some(count));
            }
            SystemOption::Levels => {
                let (after, levels) = self.levels(i)?;
                (rest, out.levels) = (after, Some(levels));
            }
            SystemOption::Format => {
                let (after, format) = self.format(i)?;
                (rest, out.format) = (after, Some(format.to_owned()));
            }
            SystemOption::Index => {
                let (after, index) = self.integer(i)?;
                (rest, out.index) = (after, Some(index));
            }
            SystemOption::Schemaversion => {
                let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
                let is = |text: &str| text == "*" || text.chars().all(unreserved);
                let (after, version) =
                    self.opaque(i, is, "`*` or a version of letters, digits and `-._~`")?;
                (rest, out.schemaversion) = (after, Some(version.to_owned()));
            }
            SystemOption::Skiptoken => {
                let (after, token) = self.opaque(i, |_| true, "a token")?;
                (rest, out.skiptoken) = (after, Some(token.to_owned()));
            }
            SystemOption::Deltatoken => {
                let (after, token) = self.opaque(i, |_| true, "a token")?;
                (rest, out.deltatoken) = (after, Some(token.to_owned()));
            }
            SystemOption::Id => {
                let (after, id) = self.opaque(i, |_| true, "the id of an entity")?;
                (rest, out.id) = (after, Some(id.to_owned()));
            }
        }
        Ok((rest, ()))
    }

    /// `(option;…)`
    pub(super) fn parenthesised(
        &mut self,
        i: &'t str,
        place: Place,
        out: &mut Options,
    ) -> Parsed<'t, ()> {
        let mut given = Vec::new();
        let (mut i, ()) = self.spaced(i, "(", "`(`")?;
        loop {
            let rest = self.nested_option(i, place, &mut given, out)?.0;
            let rest = blanks(rest);
            match rest.strip_prefix(';') {
                Some(next) => i = blanks(next),
                None => {
                    self.note(rest, "`;`");
                    return self.symbol(rest, ")", CLOSE);
                }
            }
        }
    }

    fn nested_option(
        &mut self,
        i: &'t str,
        place: Place,
        given: &mut Vec<SystemOption>,
        out: &mut Options,
    ) -> Parsed<'t, ()> {
        const OPTION: &str = "a query option that is allowed here";
        if i.starts_with('@') && matches!(place, Place::Expand | Place::Select) {
            let (rest, name) = self.identifier(tail(i, 1), "the name of a parameter alias")?;
            let (rest, ()) = self.symbol(rest, "=", "`=`")?;
            let (rest, value) = self.separate(rest, Self::expression)?;
            out.aliases.push(Alias { name: name.to_owned(), value });
            return Ok((rest, ()));
        }
        let end = i.find(|c| c != '$' && !lexical::is_following(c)).unwrap_or(i.len());
        let (name, rest) = i.split_at(end);
        let Some(option) = SystemOption::find(name).filter(|option| option.allowed_in(place))
        else {
            let failed = self.expect(i, OPTION);
            let help: Advice = |name| match SystemOption::find(name) {
                Some(_) => None,
                None => SystemOption::suggest(name).map(|name| format!("did you mean `{name}`?")),
            };
            self.advise(i, help, name);
            return failed;
        };
        if given.contains(&option) {
            let duplicate = Kind::DuplicateOption(option.name().to_owned());
            return self.fatal(Error::new(duplicate).at(self.span(i, rest)));
        }
        given.push(option);
        let (rest, ()) = self.symbol(rest, "=", "`=`")?;
        self.option_value(blanks(rest), option, place, out)
    }

    /// Items separated by commas.
    ///
    /// DEVIATION: blanks around the commas are allowed.
    fn comma_list<T>(
        &mut self,
        start: &'t str,
        most: usize,
        limit: Bound,
        item: impl Fn(&mut Self, &'t str) -> Parsed<'t, T>,
    ) -> Parsed<'t, Vec<T>> {
        let mut items = Vec::new();
        let mut i = start;
        loop {
            let (rest, next) = item(self, i)?;
            items.push(next);
            if items.len() > most {
                return self.over(limit, most, self.span(start, rest));
            }
            match blanks(rest).strip_prefix(',') {
                Some(next) => i = blanks(next),
                None => {
                    self.note(blanks(rest), COMMA);
                    return Ok((rest, items));
                }
            }
        }
    }

    /// `computeItem`
    fn compute_item(&mut self, i: &'t str) -> Parsed<'t, ComputeItem> {
        let (rest, expr) = self.separate(i, Self::expression)?;
        let (rest, _) = self.word_after(rest, &["as"], "`as` and a name")?;
        let (rest, name) = self.identifier(blanks(rest), "the name of the computed property")?;
        Ok((rest, ComputeItem { expr, name: name.to_owned() }))
    }

    /// `orderbyItem`
    fn orderby_item(&mut self, i: &'t str) -> Parsed<'t, OrderbyItem> {
        let (rest, expr) = self.separate(i, Self::expression)?;
        let (rest, direction) = match self.word_after(rest, &["asc", "desc"], "`asc` or `desc`") {
            Ok((rest, "desc")) => (rest, Direction::Desc),
            Ok((rest, _)) => (rest, Direction::Asc),
            Err(_) => (rest, Direction::Asc),
        };
        Ok((rest, OrderbyItem { expr, direction }))
    }

    /// One of the words, in any case, behind a blank and up to a word boundary.
    fn word_after(
        &mut self,
        i: &'t str,
        words: &[&'static str],
        expected: &'static str,
    ) -> Parsed<'t, &'static str> {
        let at = blanks(i);
        let end = at.find(|c| !lexical::is_following(c)).unwrap_or(at.len());
        let (found, rest) = at.split_at(end);
        match words.iter().find(|word| word.eq_ignore_ascii_case(found)) {
            Some(word) if at.len() < i.len() => Ok((rest, word)),
            _ => self.expect(at, expected),
        }
    }

    /// `1*DIGIT`. Numbers beyond 64 bits count as the largest: no collection is longer.
    fn non_negative(&mut self, i: &'t str) -> Parsed<'t, u64> {
        let (rest, digits) = self.lexed(i, nom::character::complete::digit1, DIGITS)?;
        Ok((rest, digits.parse().unwrap_or(u64::MAX)))
    }

    fn integer(&mut self, i: &'t str) -> Parsed<'t, i64> {
        let (digits, expected) = (i.strip_prefix('-').unwrap_or(i), "an integer");
        let (rest, _) = self.lexed(digits, nom::character::complete::digit1, expected)?;
        match before(i, rest).parse() {
            Ok(index) => Ok((rest, index)),
            Err(_) => self.expect(i, "an integer of at most 64 bits"),
        }
    }

    /// `levels`
    fn levels(&mut self, i: &'t str) -> Parsed<'t, Levels> {
        if let Some(word) = i.get(..3)
            && word.eq_ignore_ascii_case("max")
        {
            return Ok((tail(i, 3), Levels::Max));
        }
        if !i.starts_with(|c| matches!(c, '1'..='9')) {
            return self.expect(i, "a positive integer or `max`");
        }
        self.non_negative(i).map(|(rest, levels)| (rest, Levels::Exactly(levels)))
    }

    /// `format`
    fn format(&mut self, i: &'t str) -> Parsed<'t, &'t str> {
        let is = |text: &str| {
            ["atom", "json", "xml"].iter().any(|name| name.eq_ignore_ascii_case(text))
                || text
                    .split_once('/')
                    .is_some_and(|(kind, subtype)| !kind.is_empty() && !subtype.is_empty())
        };
        self.opaque(i, is, "`json`, `xml`, `atom` or a media type such as `application/json`")
    }

    /// All that is left, if it is not empty and passes the test.
    fn opaque(
        &mut self,
        i: &'t str,
        is: impl Fn(&str) -> bool,
        expected: &'static str,
    ) -> Parsed<'t, &'t str> {
        let text = i.trim_end_matches([' ', '\t']);
        if text.is_empty() || !is(text) {
            return self.expect(i, expected);
        }
        Ok((tail(i, i.len()), text))
    }
}
