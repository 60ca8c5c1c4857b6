//! Giving properties other names, wherever a path names them.

use std::collections::HashMap;

use super::build::reads_as_literal;
use super::follow::{Follower, Run};
use super::name::is_identifier;
use super::repr::Map;
use super::{
    ExpandItem, Expr, Id, ItemPath, Kind, List, Node, Options, PathSegment, Repr, SelectItem, Text,
};
use crate::span::Span;

/// Paths and what to write instead of them.
pub(crate) struct Renames<'n> {
    rules: Vec<(Vec<&'n str>, Vec<&'n str>)>,
    /// Names of a path at most.
    most: usize,
}

/// What cannot be given another name, where it stands and why.
#[derive(Debug)]
pub(crate) struct Unrenamable {
    pub(crate) place: Option<Span>,
    pub(crate) what: String,
    pub(crate) help: &'static str,
}

/// The way from the record to a place, before and after.
#[derive(Clone, Default)]
struct Trail<'a> {
    old: Vec<&'a str>,
    new: Vec<&'a str>,
    /// Whether it starts elsewhere, where names mean something else.
    elsewhere: bool,
}

const APART: &str = "rename the whole path: each part of it is used on its own here";

impl<'n> Renames<'n> {
    /// Renames each path on the left to the one on the right, all at once.
    pub(crate) fn new(rules: impl IntoIterator<Item = (&'n str, &'n str)>, most: usize) -> Self {
        let names = |path: &'n str| path.split('/').collect();
        let rules = rules.into_iter().map(|(from, to)| (names(from), names(to))).collect();
        Renames { rules, most }
    }

    /// Refuses what can never be written: a renamed property must not turn into syntax.
    pub(crate) fn check(&self) -> Result<(), Unrenamable> {
        match self.names().find(|name| !is_identifier(name)) {
            None => Ok(()),
            Some(name) => Err(Unrenamable {
                place: None,
                what: format!("renaming from or to `{name}`"),
                help: "the name of a property has letters, digits and `_`",
            }),
        }
    }

    /// All names in the rules.
    fn names(&self) -> impl Iterator<Item = &'n str> + '_ {
        self.rules.iter().flat_map(|(from, to)| from.iter().chain(to).copied())
    }

    fn mentions(&self, name: &str) -> bool {
        self.names().any(|mentioned| mentioned.eq_ignore_ascii_case(name))
    }

    /// The new path for an old one, and how many of the old names were replaced: by the longest rule,
    /// and if two differ in case only by the one that is spelt alike.
    fn map<'a>(&self, old: &[&'a str]) -> (Vec<&'a str>, usize)
    where
        'n: 'a,
    {
        let fits = |(from, _): &&(Vec<&str>, Vec<&str>)| {
            from.len() <= old.len()
                && from.iter().zip(old).all(|(from, old)| from.eq_ignore_ascii_case(old))
        };
        let exact = |from: &[&str]| from.iter().zip(old).filter(|(from, old)| from == old).count();
        match self.rules.iter().filter(fits).max_by_key(|(from, _)| (from.len(), exact(from))) {
            None => (old.to_vec(), 0),
            Some((from, to)) => {
                (to.iter().chain(old.iter().skip(from.len())).copied().collect(), from.len())
            }
        }
    }

    /// Goes on from a place along names, and says what to write instead of them: as many names as
    /// there were, or others instead of the first of them.
    fn go<'a>(
        &self,
        from: &Trail<'a>,
        names: &[&'a str],
        contiguous: bool,
    ) -> Result<(Trail<'a>, Vec<Vec<&'a str>>), &'static str>
    where
        'n: 'a,
    {
        let mut trail = from.clone();
        trail.old.extend(names);
        if trail.old.len() > self.most {
            return Err("write shorter paths");
        }
        if from.elsewhere {
            return Ok((trail, names.iter().map(|name| vec![*name]).collect()));
        }
        let (new, replaced) = self.map(&trail.old);
        let rest = new.strip_prefix(from.new.as_slice()).ok_or(APART)?;
        let head = replaced.saturating_sub(from.old.len()).min(names.len());
        let kept = names.len().saturating_sub(head);
        let (first, last) = rest.split_at_checked(rest.len().saturating_sub(kept)).ok_or(APART)?;
        let mut written: Vec<Vec<&str>> = if first.len() == head {
            first.iter().map(|name| vec![*name]).collect()
        } else if contiguous && head > 0 {
            std::iter::once(first.to_vec()).chain((1..head).map(|_| Vec::new())).collect()
        } else {
            return Err(APART);
        };
        written.extend(last.iter().map(|name| vec![*name]));
        trail.new = new;
        Ok((trail, written))
    }

    /// Options with all paths renamed; those of an item start where the item is.
    pub(crate) fn options(&self, options: &Options) -> Result<Options, Unrenamable> {
        self.options_at(options, &Trail::default())
    }

    fn options_at<'a>(&self, options: &'a Options, this: &Trail<'a>) -> Result<Options, Unrenamable>
    where
        'n: 'a,
    {
        let mut out = options.clone();
        if let Some(filter) = &options.filter {
            out.filter = Some(self.expr(filter, this)?);
        }
        for (item, new) in options.orderby.iter().zip(&mut out.orderby) {
            new.expr = self.expr(&item.expr, this)?;
        }
        for (item, new) in options.compute.iter().zip(&mut out.compute) {
            if self.mentions(&item.name) {
                return Err(Unrenamable {
                    place: Some(item.expr.root().place()),
                    what: format!("a computed property called `{}`", item.name),
                    help: "choose a name that no property has",
                });
            }
            new.expr = self.expr(&item.expr, this)?;
        }
        for (alias, new) in options.aliases.iter().zip(&mut out.aliases) {
            new.value = self.expr(&alias.value, this)?;
        }
        out.select = Vec::with_capacity(options.select.len());
        for SelectItem { path, options } in &options.select {
            let (path, place) = self.item_path(path, this)?;
            out.select.push(SelectItem { path, options: self.options_at(options, &place)? });
        }
        out.expand = Vec::with_capacity(options.expand.len());
        for ExpandItem { path, suffix, options } in &options.expand {
            let (path, place) = self.item_path(path, this)?;
            let options = self.options_at(options, &place)?;
            out.expand.push(ExpandItem { path, suffix: *suffix, options });
        }
        Ok(out)
    }

    fn item_path<'a>(
        &self,
        path: &'a ItemPath,
        this: &Trail<'a>,
    ) -> Result<(ItemPath, Trail<'a>), Unrenamable>
    where
        'n: 'a,
    {
        let name = |segment: &'a PathSegment| match segment {
            PathSegment::Name(name) => Some(name.as_str()),
            _ => None,
        };
        let names: Vec<&str> = path.segments.iter().filter_map(name).collect();
        let contiguous =
            are_neighbours(path.segments.iter().map(|segment| name(segment).is_some()));
        let (place, written) = self
            .go(this, &names, contiguous)
            .map_err(|help| apart(path.to_string(), Some(path.span), help))?;
        let mut written = written.into_iter();
        let segments = path.segments.iter().flat_map(|segment| match name(segment) {
            None => vec![segment.clone()],
            Some(_) => {
                let names = written.next().unwrap_or_default();
                names.into_iter().map(|name| PathSegment::Name(name.to_owned())).collect()
            }
        });
        Ok((ItemPath { segments: segments.collect(), span: path.span }, place))
    }

    fn expr<'a>(&self, expr: &'a Expr, this: &Trail<'a>) -> Result<Expr, Unrenamable>
    where
        'n: 'a,
    {
        let mut renaming = Renaming { renames: self, written: HashMap::new() };
        expr.root().follow(this.clone(), Trail::default(), &mut renaming)?;
        if renaming.written.is_empty() {
            return Ok(expr.clone());
        }
        Ok(expr.rewritten(&renaming.written))
    }
}

/// Whether all that are names stand side by side.
fn are_neighbours(is_name: impl DoubleEndedIterator<Item = bool> + Clone) -> bool {
    let inside = is_name.skip_while(|is_name| !is_name);
    !inside.skip_while(|is_name| *is_name).any(|is_name| is_name)
}

fn apart(what: String, place: Option<Span>, help: &'static str) -> Unrenamable {
    Unrenamable { place, what: format!("renaming a part of `{what}`"), help }
}

/// A step of a path to be written.
#[derive(Clone, Copy)]
enum Step<'a> {
    It,
    This,
    Name(&'a str),
}

/// Collects what to write instead of which step.
struct Renaming<'r, 'n, 'a> {
    renames: &'r Renames<'n>,
    written: HashMap<u32, Vec<Step<'a>>>,
}

impl<'a, 'n: 'a> Follower<'a> for Renaming<'_, 'n, 'a> {
    type Place = Trail<'a>;
    type Error = Unrenamable;

    fn step(&mut self, run: Run<'_, 'a, Trail<'a>>) -> Result<Trail<'a>, Unrenamable> {
        let name = |segment: &Node<'a>| match segment.kind() {
            Kind::Name(name) | Kind::Argument(name, _) => Some(name),
            _ => None,
        };
        let named = |segment: &&Node<'a>| name(segment).is_some();
        let names: Vec<&str> = run.segments.iter().filter_map(name).collect();
        let is_argument =
            run.segments.iter().any(|segment| matches!(segment.kind(), Kind::Argument(..)));
        let contiguous =
            !is_argument && are_neighbours(run.segments.iter().map(|segment| named(&segment)));
        let (place, written) = self.renames.go(run.from, &names, contiguous).map_err(|help| {
            let place = run.segments.first().map(|first| first.place());
            apart(names.join("/"), place, help)
        })?;
        for (at, (segment, new)) in run.segments.iter().filter(named).zip(written).enumerate() {
            if name(segment).is_some_and(|old| new == [old]) {
                continue;
            }
            let mut steps: Vec<Step<'a>> = new.into_iter().map(Step::Name).collect();
            // A name that would mean something else here gets a prefix.
            if at == 0
                && let Some(head) = &run.head
                && let Some(Step::Name(first)) = steps.first()
                && (head.is_like_variable(first) || reads_as_literal(first))
            {
                let nested = head.is_nested() || !run.from.old.is_empty();
                steps.insert(0, if nested { Step::This } else { Step::It });
            }
            self.written.insert(segment.id.0, steps);
        }
        Ok(place)
    }

    fn elsewhere(&mut self, _: Node<'a>) -> Result<Trail<'a>, Unrenamable> {
        Ok(Trail { elsewhere: true, ..Trail::default() })
    }

    /// What an alias stands for is renamed where it is defined.
    fn alias(
        &mut self,
        node: Node<'a>,
        _: &'a str,
        _: bool,
    ) -> Result<Option<Trail<'a>>, Unrenamable> {
        self.elsewhere(node).map(Some)
    }

    /// Members of a literal cannot be told from those of other objects.
    fn node(&mut self, node: Node<'a>) -> Result<(), Unrenamable> {
        match node.kind() {
            Kind::Member(name, _) if self.renames.mentions(name) => Err(Unrenamable {
                place: Some(node.place()),
                what: format!("the member `{name}` of an object"),
                help: "compare the properties of the object one by one",
            }),
            _ => Ok(()),
        }
    }
}

/// Copies an expression with other steps.
struct Rewrite<'w, 'a> {
    source: &'a Expr,
    target: Expr,
    /// What each node became: the first and how many.
    moved: Vec<(Id, u32)>,
    written: &'w HashMap<u32, Vec<Step<'a>>>,
}

impl Rewrite<'_, '_> {
    fn moved(&self, id: Id) -> (Id, u32) {
        self.moved.get(id.0 as usize).copied().unwrap_or((id, 1))
    }

    fn node(&mut self, position: u32, repr: Repr, span: Span) {
        let first = self.target.mark();
        let mut count = 1;
        match (repr, self.written.get(&position)) {
            (Repr::Argument(_, value), Some(steps)) => {
                let name = steps.iter().find_map(|step| match step {
                    Step::Name(name) => Some(*name),
                    _ => None,
                });
                let name = self.target.push_text(name.unwrap_or_default());
                let value = self.id(value);
                self.target.push(Repr::Argument(name, value), span);
            }
            (_, Some(steps)) => {
                count = u32::try_from(steps.len()).unwrap_or(u32::MAX);
                for step in steps {
                    let repr = match step {
                        Step::It => Repr::It,
                        Step::This => Repr::This,
                        Step::Name(name) => Repr::Name(self.target.push_text(name)),
                    };
                    self.target.push_leaf(repr, span);
                }
            }
            (repr, None) => {
                let repr = repr.map(self);
                self.target.push(repr, span);
            }
        }
        let last = self.target.mark().0.saturating_sub(1);
        self.moved.push((if count == 1 { Id(last) } else { first }, count));
    }
}

impl Map for Rewrite<'_, '_> {
    fn text(&mut self, text: Text) -> Text {
        self.target.push_text(self.source.slice(text))
    }

    fn list(&mut self, list: List) -> List {
        let moved = self.source.ids(&list).iter().map(|id| self.moved(*id));
        let ids: Vec<Id> = moved
            .flat_map(|(first, count)| (first.0..first.0.saturating_add(count)).map(Id))
            .collect();
        self.target.push_list(ids.into_iter())
    }

    fn id(&mut self, id: Id) -> Id {
        self.moved(id).0
    }
}

impl Expr {
    fn rewritten<'a>(&'a self, written: &HashMap<u32, Vec<Step<'a>>>) -> Expr {
        let mut rewrite =
            Rewrite { source: self, target: Expr::empty(), moved: Vec::new(), written };
        for (position, node) in (0..).zip(&self.nodes) {
            rewrite.node(position, node.repr, node.span);
        }
        rewrite.target
    }
}
