//! The normal form of a query.

use std::collections::{HashMap, HashSet};

use super::Query;
use crate::ast::{Alias, Expr, Kind, Node, Options, PathSuffix, Visitor};
use crate::limits::Limits;
use crate::normal::Forest;

impl Query {
    /// The query that stands for all spellings of this one: a key for caches, and what to compare
    /// where another program writes the queries.
    ///
    /// It answers the same for all records, errors included. Expressions have the normal form that
    /// [`Expr::normalized`] describes. Besides that these are settled:
    ///
    /// * `$count=false` and `$skip=0` are as good as absent.
    /// * The items of `$select` and of `$expand` are sorted, whose order is at most that of members in JSON, and a selected item without options is not
    ///   repeated; so are the options in their parentheses. Custom options are sorted by name.
    /// * A parameter alias gives way to its value. It stays where it begins a longer path, where lambdas
    ///   or nested filters stand around it and its value depends on the record, and in `$search` and the
    ///   parentheses of `$select` and `$expand`. All of them stay where the query would grow beyond
    ///   [`Limits::nodes`], [`Limits::text`] or [`Limits::depth`], or their defaults if those are smaller,
    ///   or where one refers to itself. Those that nothing asks for stay too, since binding checks them.
    ///   A pattern that was shared by way of an alias counts wherever it stands then.
    ///
    /// Settings take no part in comparing queries. A cache for queries of several settings needs
    /// them in its key, and one for answers of queries with `now()` needs the time.
    ///
    /// ```
    /// use odata_query::Query;
    ///
    /// let one = Query::parse("count=false&filter=@p eq Id OR Name IN ('b','a')&@p=1&$top=5")?;
    /// let other = Query::parse("$top=5&$filter=Name in ('a','b') or Id eq 1")?;
    /// assert_ne!(one, other);
    /// assert_eq!(one.normalized(), other.normalized());
    /// assert_eq!(one.normalized().to_string(), "$filter=Id eq 1 or Name in ('a','b')&$top=5");
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    ///
    /// [`Limits::nodes`]: crate::Limits::nodes
    /// [`Limits::depth`]: crate::Limits::depth
    /// [`Limits::text`]: crate::Limits::text
    pub fn normalized(&self) -> Query {
        let mut query = self.clone();
        settle(&mut query.options, &self.settings.limits);
        // In parentheses they are a mistake where the value is no collection.
        query.options.count = query.options.count.filter(|count| *count);
        query.options.skip = query.options.skip.filter(|skip| *skip > 0);
        query.custom.sort_by(|(one, _), (other, _)| one.cmp(other));
        query
    }
}

/// Gives options their normal form, and those in the parentheses of their items.
fn settle(options: &mut Options, limits: &Limits) {
    exprs_mut(options).for_each(|expr| *expr = expr.normalized());
    options.search.iter_mut().for_each(|search| *search = search.normalized());
    options.aliases.sort_by(|one, other| one.name.cmp(&other.name));
    if !options.aliases.is_empty() {
        // What is large is said of the normal form, so that it is settled once.
        let given = options.clone();
        replace_aliases(&given, options, limits);
    }
    options.select.iter_mut().for_each(|item| settle(&mut item.options, limits));
    options.expand.iter_mut().for_each(|item| settle(&mut item.options, limits));
    options.select.sort_by_cached_key(|item| item.path.to_string());
    let (mut selected, plain) = (HashSet::new(), Options::default());
    options.select.retain(|item| item.options != plain || selected.insert(item.path.to_string()));
    options.expand.sort_by_cached_key(|item| {
        (item.path.to_string(), item.suffix.map(|suffix| suffix == PathSuffix::Count))
    });
}

/// The expressions of options themselves, those of aliases last.
fn exprs_mut(options: &mut Options) -> impl Iterator<Item = &mut Expr> {
    let own = options.filter.iter_mut();
    let keys = options.orderby.iter_mut().map(|item| &mut item.expr);
    let computed = options.compute.iter_mut().map(|item| &mut item.expr);
    let values = options.aliases.iter_mut().map(|alias| &mut alias.value);
    own.chain(keys).chain(computed).chain(values)
}

/// Puts the values of parameter aliases in their place, if the expressions stay within the limits.
fn replace_aliases(given: &Options, options: &mut Options, limits: &Limits) {
    let aliases = Aliases::of(&given.aliases);
    let exprs: Vec<&Expr> = askers(given).collect();
    let fits = |order: &Vec<usize>| aliases.fit(order, &exprs, limits);
    let Some(order) = aliases.order().filter(fits) else {
        return;
    };
    let mut forest = Forest::default();
    let mut values = Vec::with_capacity(order.len());
    for alias in order.into_iter().filter_map(|position| given.aliases.get(position)) {
        let value = forest.read(&alias.value);
        values.push((alias.name.as_str(), value));
        // A list of more items may be given to all but `in`.
        let items = match alias.value.root().kind() {
            Kind::Array(items) => items.len(),
            _ => 0,
        };
        if items <= limits.in_items {
            forest.replace(&alias.name, value);
        }
    }
    let mut trees: Vec<_> = exprs.into_iter().map(|expr| forest.read(expr)).collect();
    let mut asked = HashSet::new();
    for inner in nested(given) {
        each_expr(inner, &mut |expr| asked.extend(Asked::of(expr).names));
    }
    values.retain(|(name, _)| asked.contains(name) || !forest.is_replaced(name));
    values.sort_by_key(|(name, _)| *name);
    let kept: HashSet<&str> = values.iter().map(|(name, _)| *name).collect();
    options.aliases.retain(|alias| kept.contains(alias.name.as_str()));
    trees.extend(values.into_iter().map(|(_, value)| value));
    for (expr, tree) in exprs_mut(options).zip(trees) {
        *expr = forest.write(tree);
    }
}

/// The expressions of options themselves that may ask for aliases, but for those of aliases.
fn askers(options: &Options) -> impl Iterator<Item = &Expr> {
    let keys = options.orderby.iter().map(|item| &item.expr);
    let computed = options.compute.iter().map(|item| &item.expr);
    options.filter.iter().chain(keys).chain(computed)
}

/// The options in the parentheses of the items of options.
fn nested(options: &Options) -> impl Iterator<Item = &Options> {
    let selected = options.select.iter().map(|item| &item.options);
    selected.chain(options.expand.iter().map(|item| &item.options))
}

/// Shows all expressions in options that may ask for aliases; options nest no deeper than they were
/// parsed.
fn each_expr<'q>(options: &'q Options, visit: &mut impl FnMut(&'q Expr)) {
    askers(options).for_each(&mut *visit);
    options.aliases.iter().for_each(|alias| visit(&alias.value));
    nested(options).for_each(|options| each_expr(options, visit));
}

/// The parameter aliases of a query and which of them ask for which.
struct Aliases<'q> {
    positions: HashMap<&'q str, usize>,
    sizes: Vec<Size>,
    asks: Vec<Vec<usize>>,
}

/// How large an expression is.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    height: usize,
}

impl Size {
    /// The same with a value in place of an alias in it.
    fn with(self, own: Size, value: Size) -> Size {
        let height = own.height.saturating_add(value.height);
        Size {
            nodes: self.nodes.saturating_add(value.nodes),
            bytes: self.bytes.saturating_add(value.bytes),
            height: self.height.max(height),
        }
    }
}

/// The aliases that an expression asks for, and the bytes of all that it names.
#[derive(Default)]
struct Asked<'q> {
    names: Vec<&'q str>,
    bytes: usize,
}

impl<'q> Asked<'q> {
    fn of(expr: &'q Expr) -> Self {
        let mut asked = Asked::default();
        expr.root().walk(&mut asked);
        asked
    }
}

impl<'q> Visitor<'q> for Asked<'q> {
    fn enter(&mut self, node: Node<'q>) {
        self.bytes = self.bytes.saturating_add(node.parts().1.len());
        if let Kind::Alias(name) = node.kind() {
            self.names.push(name);
        }
    }
}

impl<'q> Aliases<'q> {
    fn of(given: &'q [Alias]) -> Self {
        let names = given.iter().enumerate();
        let positions = names.map(|(position, alias)| (alias.name.as_str(), position)).collect();
        let mut aliases = Aliases { positions, sizes: Vec::new(), asks: Vec::new() };
        for alias in given {
            let (size, asks) = aliases.measure(&alias.value);
            aliases.sizes.push(size);
            aliases.asks.push(asks);
        }
        aliases
    }

    /// The size of an expression as it is, and the aliases that it asks for.
    fn measure(&self, expr: &'q Expr) -> (Size, Vec<usize>) {
        let Asked { names, bytes } = Asked::of(expr);
        let asks = names.iter().filter_map(|name| self.positions.get(name).copied());
        (Size { nodes: expr.node_count(), bytes, height: expr.height() }, asks.collect())
    }

    /// The aliases, each behind those that it asks for; none if some refers to itself, or if two have
    /// one name.
    fn order(&self) -> Option<Vec<usize>> {
        if self.positions.len() < self.asks.len() {
            return None;
        }
        let mut waiting: Vec<usize> = self.asks.iter().map(Vec::len).collect();
        let mut askers = vec![Vec::new(); waiting.len()];
        for (asker, asks) in self.asks.iter().enumerate() {
            for ask in asks {
                askers.get_mut(*ask)?.push(asker);
            }
        }
        let ready = waiting.iter().enumerate().filter(|(_, waiting)| **waiting == 0);
        let mut order: Vec<usize> = ready.map(|(position, _)| position).collect();
        let mut done = 0_usize;
        while let Some(position) = order.get(done) {
            done = done.saturating_add(1);
            for asker in askers.get(*position)? {
                let left = waiting.get_mut(*asker)?;
                *left = left.saturating_sub(1);
                if *left == 0 {
                    order.push(*asker);
                }
            }
        }
        (order.len() == waiting.len()).then_some(order)
    }

    /// Whether expressions stay within the limits with values in place of their aliases.
    fn fit(&self, order: &[usize], exprs: &[&'q Expr], limits: &Limits) -> bool {
        let mut whole = self.sizes.clone();
        let mut is_asked = vec![false; whole.len()];
        let mut replaced = |(own, asks): (Size, &[usize]), whole: &[Size]| {
            asks.iter().fold(own, |size, ask| {
                if let Some(is_asked) = is_asked.get_mut(*ask) {
                    *is_asked = true;
                }
                size.with(own, whole.get(*ask).copied().unwrap_or_default())
            })
        };
        for position in order {
            if let Some((own, asks)) = self.sizes.get(*position).zip(self.asks.get(*position)) {
                let size = replaced((*own, asks), &whole);
                if let Some(slot) = whole.get_mut(*position) {
                    *slot = size;
                }
            }
        }
        let mut all: Vec<Size> = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let (own, asks) = self.measure(expr);
            all.push(replaced((own, &asks), &whole));
        }
        let unasked = whole.iter().zip(&is_asked).filter(|(_, is_asked)| !**is_asked);
        all.extend(unasked.map(|(size, _)| *size));
        let sum = |part: fn(&Size) -> usize| all.iter().map(part).fold(0, usize::saturating_add);
        sum(|size| size.nodes) <= limits.nodes.min(Limits::DEFAULT.nodes)
            && sum(|size| size.bytes) <= limits.text.min(Limits::DEFAULT.text)
            && all.iter().all(|size| size.height <= limits.depth.min(Limits::DEFAULT.depth))
    }
}
