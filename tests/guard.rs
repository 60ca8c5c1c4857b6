//! Holds the depth of the parser: every cycle of calls among its rules passes `Grammar::nested`.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};

/// The rule given to it is read one level deeper, and there is a limit to that.
const GUARD: &str = "nested";

/// Calls that come to an end by themselves: what is called, a word of its arguments, and why.
type Bounded = (&'static str, &'static str, &'static str);

const BOUNDED: &[Bounded] = &[
    ("operation", "tighter", "there are as many levels as precedences"),
    ("shape", "depth", "it is one less than that of the caller, and starts at a constant"),
];

/// What each function and constant names that may be called; methods begin with a dot.
type Calls = BTreeMap<String, BTreeSet<String>>;

type Arguments = syn::punctuated::Punctuated<syn::Expr, syn::Token![,]>;

/// Collects the calls of sources. What a function mentions it may call, or have called by others;
/// a variable counts as the function of its name.
struct Reader<'g> {
    guard: &'g str,
    bounded: &'g [Bounded],
    calls: Calls,
    /// The function or constant that is being read.
    caller: String,
}

impl Reader<'_> {
    fn inside(&mut self, name: String, read: impl FnOnce(&mut Self)) {
        self.calls.entry(name.clone()).or_default();
        let outer = std::mem::replace(&mut self.caller, name);
        read(self);
        self.caller = outer;
    }

    fn mention(&mut self, name: String) {
        self.calls.entry(self.caller.clone()).or_default().insert(name);
    }

    fn is_bounded(&self, name: &syn::Ident, arguments: &Arguments) -> bool {
        let mut words = Words::default();
        arguments.iter().for_each(|argument| words.visit_expr(argument));
        self.bounded.iter().any(|(callee, word, _)| name == callee && words.0.contains(*word))
    }
}

impl<'s> Visit<'s> for Reader<'_> {
    fn visit_item_fn(&mut self, item: &'s syn::ItemFn) {
        self.inside(item.sig.ident.to_string(), |reader| visit::visit_item_fn(reader, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'s syn::ImplItemFn) {
        let name = format!(".{}", item.sig.ident);
        self.inside(name, |reader| visit::visit_impl_item_fn(reader, item));
    }

    fn visit_item_const(&mut self, item: &'s syn::ItemConst) {
        self.inside(item.ident.to_string(), |reader| visit::visit_item_const(reader, item));
    }

    fn visit_expr_method_call(&mut self, call: &'s syn::ExprMethodCall) {
        if call.method == self.guard {
            self.visit_expr(&call.receiver);
            call.args.iter().rev().skip(1).for_each(|argument| self.visit_expr(argument));
            return;
        }
        // No field holds a grammar.
        let of_field = matches!(*call.receiver, syn::Expr::Field(_));
        if !of_field && !self.is_bounded(&call.method, &call.args) {
            self.mention(format!(".{}", call.method));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'s syn::ExprCall) {
        match &*call.func {
            syn::Expr::Path(path)
                if path.path.get_ident().is_some_and(|name| self.is_bounded(name, &call.args)) =>
            {
                call.args.iter().for_each(|argument| self.visit_expr(argument));
            }
            _ => visit::visit_expr_call(self, call),
        }
    }

    fn visit_expr_path(&mut self, path: &'s syn::ExprPath) {
        let mut segments = path.path.segments.iter().rev().map(|segment| segment.ident.to_string());
        let name = segments.next().unwrap();
        let of_type = segments.next().is_some_and(|owner| owner.starts_with(char::is_uppercase));
        self.mention(if of_type { format!(".{name}") } else { name });
    }

    /// Where a macro is not given expressions, any word may be a call.
    fn visit_macro(&mut self, call: &'s syn::Macro) {
        if let Ok(arguments) = call.parse_body_with(Arguments::parse_terminated) {
            arguments.iter().for_each(|argument| self.visit_expr(argument));
            return;
        }
        let text = call.tokens.to_string();
        for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
            self.mention(word.to_owned());
            self.mention(format!(".{word}"));
        }
    }
}

#[derive(Default)]
struct Words(BTreeSet<String>);

impl Visit<'_> for Words {
    fn visit_ident(&mut self, word: &syn::Ident) {
        self.0.insert(word.to_string());
    }
}

/// Functions that call one another in a circle, unless through what the guard is given.
fn cycle<'s>(
    sources: impl IntoIterator<Item = &'s str>,
    guard: &str,
    bounded: &[Bounded],
) -> Option<Vec<String>> {
    let (calls, caller) = (Calls::new(), String::new());
    let mut reader = Reader { guard, bounded, calls, caller };
    for source in sources {
        reader.visit_file(&syn::parse_file(source).unwrap());
    }
    let mut calls = reader.calls;
    // What calls nothing that is left is part of no cycle.
    loop {
        let left: BTreeSet<String> = calls.keys().cloned().collect();
        calls.retain(|_, called| {
            called.retain(|name| left.contains(name));
            !called.is_empty()
        });
        if calls.len() == left.len() {
            break;
        }
    }
    let mut path = vec![calls.keys().next()?];
    loop {
        let next = calls.get(*path.last()?)?.first()?;
        if let Some(start) = path.iter().position(|name| *name == next) {
            return Some(path.into_iter().skip(start).cloned().collect());
        }
        path.push(next);
    }
}

/// The files of the rules, by their names: all but the one that starts them.
fn rules() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/syntax");
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.ends_with(".rs") && !["mod.rs", "tests.rs"].contains(&name) {
            files.insert(name.to_owned(), fs::read_to_string(&path).unwrap());
        }
    }
    files
}

#[test]
fn every_cycle_of_calls_passes_the_guard() {
    let rules = rules();
    let sources = || rules.values().map(String::as_str);
    assert_eq!(cycle(sources(), GUARD, BOUNDED), None, "these rules nest without `{GUARD}`");
    assert_ne!(cycle(sources(), "no guard", BOUNDED), None, "the rules do nest");
    for (callee, ..) in BOUNDED {
        let others: Vec<Bounded> =
            BOUNDED.iter().copied().filter(|(other, ..)| other != callee).collect();
        assert_ne!(cycle(sources(), GUARD, &others), None, "`{callee}` needs no exception");
    }
}

/// The depth in another grammar would be counted from the start.
#[test]
fn no_rule_starts_another_grammar() {
    for (name, source) in rules() {
        let starts = ["Grammar::new(", "super::expression(", "super::option("];
        assert!(!starts.iter().any(|start| source.contains(start)), "{name} starts a grammar");
    }
}

#[test]
fn finds_what_nests_without_the_guard() {
    let cases = [
        ("fn a(&mut self) { self.b(); } fn b(&mut self) { self.nested(i, Self::a); }", None),
        ("fn a(&mut self) { self.nested(i, |g, i| g.items(i, Self::a)); }", None),
        ("fn a(&mut self) { self.nested(self.a(), Self::b); }", Some(vec![".a"])),
        ("fn a(&mut self) { self.b(); } fn b(&mut self) { self.a(); }", Some(vec![".a", ".b"])),
        ("fn a(&mut self) { self.items(i, Self::a); }", Some(vec![".a"])),
        ("fn a(&mut self) { self.items(i, |g, i| g.a(i)); }", Some(vec![".a"])),
        ("fn a(&mut self) { matches!(self.a(), Ok(_)); }", Some(vec![".a"])),
        (
            "fn a(&mut self) { const RULES: &[Rule] = &[Self::a]; RULES; }",
            Some(vec![".a", "RULES"]),
        ),
        ("fn operation(&mut self) { self.operation(i, op.precedence().tighter()); }", None),
        ("fn operation(&mut self) { self.operation(i, least); }", Some(vec![".operation"])),
    ];
    for (methods, expected) in cases {
        let source = format!("impl Grammar {{ {methods} }}");
        let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect());
        assert_eq!(cycle([source.as_str()], GUARD, BOUNDED), expected, "{methods}");
    }
}
