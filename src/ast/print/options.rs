//! System query options and the items of `$select` and `$expand`.

use std::fmt::{self, Write};

use super::Printer;
use crate::ast::{
    Direction, ExpandItem, ItemPath, Levels, Options, PathSegment, PathSuffix, SelectItem,
};

impl Printer<'_, '_> {
    /// Prints all options, separated by `&` in a query and by `;` in parentheses.
    pub(crate) fn options(&mut self, options: &Options, separator: char) -> fmt::Result {
        let mut first = true;
        let mut begin = |printer: &mut Self, name: &str, alias: &str| {
            if !std::mem::take(&mut first) {
                printer.f.write_char(separator)?;
            }
            printer.f.write_str(name)?;
            if name == "@" {
                printer.name(alias)?;
            }
            printer.f.write_char('=')
        };
        let Options {
            filter,
            search,
            compute,
            orderby,
            skip,
            top,
            count,
            select,
            expand,
            levels,
            format,
            index,
            schemaversion,
            skiptoken,
            deltatoken,
            id,
            aliases,
        } = options;
        if let Some(filter) = filter {
            begin(self, "$filter", "")?;
            self.expr(filter.root())?;
        }
        if let Some(search) = search {
            begin(self, "$search", "")?;
            self.expr(search.root())?;
        }
        if !compute.is_empty() {
            begin(self, "$compute", "")?;
            self.list(compute, |printer, item| {
                printer.expr(item.expr.root())?;
                printer.text(" as ")?;
                printer.name(&item.name)
            })?;
        }
        if !orderby.is_empty() {
            begin(self, "$orderby", "")?;
            self.list(orderby, |printer, item| {
                printer.expr(item.expr.root())?;
                match item.direction {
                    Direction::Asc => Ok(()),
                    Direction::Desc => printer.text(" desc"),
                }
            })?;
        }
        for (name, number) in [("$skip", skip), ("$top", top)] {
            if let Some(number) = number {
                begin(self, name, "")?;
                write!(self.f, "{number}")?;
            }
        }
        if let Some(count) = count {
            begin(self, "$count", "")?;
            write!(self.f, "{count}")?;
        }
        if !select.is_empty() {
            begin(self, "$select", "")?;
            self.list(select, Self::select_item)?;
        }
        if !expand.is_empty() {
            begin(self, "$expand", "")?;
            self.list(expand, Self::expand_item)?;
        }
        if let Some(levels) = levels {
            begin(self, "$levels", "")?;
            match levels {
                Levels::Exactly(levels) => write!(self.f, "{levels}")?,
                Levels::Max => self.f.write_str("max")?,
            }
        }
        if let Some(index) = index {
            begin(self, "$index", "")?;
            write!(self.f, "{index}")?;
        }
        for (name, text) in [
            ("$format", format),
            ("$schemaversion", schemaversion),
            ("$skiptoken", skiptoken),
            ("$deltatoken", deltatoken),
            ("$id", id),
        ] {
            if let Some(text) = text {
                begin(self, name, "")?;
                self.text(text)?;
            }
        }
        for alias in aliases {
            begin(self, "@", &alias.name)?;
            self.expr(alias.value.root())?;
        }
        Ok(())
    }

    fn list<T>(
        &mut self,
        items: &[T],
        mut print: impl FnMut(&mut Self, &T) -> fmt::Result,
    ) -> fmt::Result {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.f.write_char(',')?;
            }
            print(self, item)?;
        }
        Ok(())
    }

    fn select_item(&mut self, item: &SelectItem) -> fmt::Result {
        self.path(&item.path)?;
        self.nested(&item.options)
    }

    fn expand_item(&mut self, item: &ExpandItem) -> fmt::Result {
        self.path(&item.path)?;
        match item.suffix {
            Some(PathSuffix::Ref) => self.f.write_str("/$ref")?,
            Some(PathSuffix::Count) => self.f.write_str("/$count")?,
            None => {}
        }
        self.nested(&item.options)
    }

    fn nested(&mut self, options: &Options) -> fmt::Result {
        if *options == Options::default() {
            return Ok(());
        }
        self.f.write_char('(')?;
        self.options(options, ';')?;
        self.f.write_char(')')
    }

    pub(super) fn path(&mut self, path: &ItemPath) -> fmt::Result {
        for (i, segment) in path.segments.iter().enumerate() {
            if i > 0 {
                self.f.write_char('/')?;
            }
            match segment {
                PathSegment::Name(name) => self.name(name)?,
                PathSegment::Qualified(name) => self.qualified(name)?,
                PathSegment::Annotation(term) => {
                    self.f.write_char('@')?;
                    self.qualified(term)?;
                }
                PathSegment::Star => self.f.write_char('*')?,
                PathSegment::AllOperations(namespace) => {
                    self.qualified(namespace)?;
                    self.f.write_str(".*")?;
                }
                PathSegment::Function(name, parameters) => {
                    self.qualified(name)?;
                    self.f.write_char('(')?;
                    self.list(parameters, |printer, name| printer.name(name))?;
                    self.f.write_char(')')?;
                }
                PathSegment::Value => self.f.write_str("$value")?,
            }
        }
        Ok(())
    }
}
