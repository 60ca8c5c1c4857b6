//! Building expressions in code, without concatenating text.

use super::{Expr, Id, List, LiteralKind, Operator, Repr, Text};
use crate::span::Span;

/// The path of a property, its segments joined by `/`: `prop("address/city")`.
///
/// Inside a lambda the first segment may be the variable. Segments are taken as names, never as
/// operators or literals, whatever they contain, and are found in records as they are. A name that
/// OData cannot write (`first-name`) prints as text that no parser accepts.
///
/// ```
/// use odata_query::ast::prop;
///
/// let tagged = prop("userTags").any("t", prop("t/tag/name").eq("Важное"));
/// assert_eq!(tagged.to_string(), "userTags/any(t:t/tag/name eq 'Важное')");
/// ```
pub fn prop(path: &str) -> Expr {
    let mut expr = Expr::empty();
    let mut segments = Vec::new();
    if reads_as_literal(path) {
        segments.push(expr.push(Repr::It, Span::default()));
    }
    for name in path.split('/') {
        let repr = match name.strip_prefix('@') {
            Some(term) => Repr::Annotation(expr.push_text(term)),
            None => Repr::Name(expr.push_text(name)),
        };
        segments.push(expr.push(repr, Span::default()));
    }
    let list = expr.push_list(segments.into_iter());
    expr.push(Repr::Path(list), Span::default());
    expr
}

/// Whether a path of one name would be read as a literal.
pub(super) fn reads_as_literal(path: &str) -> bool {
    matches!(path, "null" | "NaN" | "INF")
        || ["true", "false"].iter().any(|word| path.eq_ignore_ascii_case(word))
}

/// A literal: a boolean, a number or a string.
///
/// Literals of other types are parsed: `"2021-08-15".parse::<Expr>()`.
///
/// ```
/// use odata_query::ast::lit;
///
/// assert_eq!(lit("O'Neil").to_string(), "'O''Neil'");
/// assert_eq!(lit(-1.5).to_string(), "-1.5");
/// assert_eq!(lit(2.0).to_string(), "2.0");
/// ```
pub fn lit(value: impl Into<Expr>) -> Expr {
    value.into()
}

/// The literal `null`.
pub fn null() -> Expr {
    literal(LiteralKind::Null, "null")
}

/// A search for a text as a phrase.
pub(crate) fn phrase(text: &str) -> Expr {
    let mut expr = Expr::empty();
    let inside = expr.push_text(text);
    let quotable = !text.is_empty() && !text.contains('"');
    let repr = if quotable { Repr::Phrase } else { Repr::Incomplete };
    expr.push(repr(inside), Span::default());
    expr
}

/// `not operand`
///
/// ```
/// use odata_query::ast::{not, prop};
///
/// assert_eq!(not(prop("phoneNumbers").any_item()).to_string(), "not phoneNumbers/any()");
/// ```
pub fn not(operand: impl Into<Expr>) -> Expr {
    operand.into().wrapped(Repr::Not)
}

/// A function call: `call("contains", [prop("name"), lit("x")])`.
///
/// ```
/// use odata_query::ast::{call, prop};
///
/// assert_eq!(call("year", [prop("born")]).eq(1990).to_string(), "year(born) eq 1990");
/// ```
pub fn call<A: Into<Expr>>(name: &str, arguments: impl IntoIterator<Item = A>) -> Expr {
    Expr::joined(arguments, |expr, ids| {
        let name = expr.push_text(name);
        Repr::Call(name, expr.push_list(ids.iter().copied()))
    })
}

/// `case(condition:result,…)`
pub fn case<C: Into<Expr>, R: Into<Expr>>(pairs: impl IntoIterator<Item = (C, R)>) -> Expr {
    let parts = pairs.into_iter().flat_map(|(condition, result)| [condition.into(), result.into()]);
    Expr::joined(parts, |expr, ids| Repr::Case(expr.push_list(ids.iter().copied())))
}

/// All of them joined by `and`; `true` if there are none.
pub fn all_of(operands: impl IntoIterator<Item = Expr>) -> Expr {
    operands.into_iter().reduce(Expr::and).unwrap_or_else(|| lit(true))
}

/// All of them joined by `or`; `false` if there are none.
pub fn any_of(operands: impl IntoIterator<Item = Expr>) -> Expr {
    operands.into_iter().reduce(Expr::or).unwrap_or_else(|| lit(false))
}

macro_rules! binary {
    ($($method:ident $operator:ident $keyword:literal;)*) => {
        /// Operators. The operand may be anything that [`lit`] takes.
        #[allow(clippy::should_implement_trait)]
        impl Expr {
            $(
                #[doc = concat!("`self ", $keyword, " operand`")]
                pub fn $method(self, operand: impl Into<Expr>) -> Expr {
                    self.binary(Operator::$operator, operand.into())
                }
            )*
        }
    };
}

binary! {
    eq Eq "eq";
    ne Ne "ne";
    gt Gt "gt";
    ge Ge "ge";
    lt Lt "lt";
    le Le "le";
    add Add "add";
    sub Sub "sub";
    mul Mul "mul";
    div Div "div";
    divby Divby "divby";
    modulo Mod "mod";
    in_collection In "in";
}

macro_rules! calls {
    ($($method:ident)*) => {
        /// The commonest functions; [`call`] makes all others.
        impl Expr {
            $(
                #[doc = concat!("`", stringify!($method), "(self,operand)`")]
                pub fn $method(self, operand: impl Into<Expr>) -> Expr {
                    call(stringify!($method), [self, operand.into()])
                }
            )*
        }
    };
}

calls! { contains startswith endswith }

impl Expr {
    /// `self and operand`; a chain of them is one flat list.
    pub fn and(self, operand: impl Into<Expr>) -> Expr {
        let list_of = |repr| match repr {
            Repr::And(list) => Some(list),
            _ => None,
        };
        self.chained(operand.into(), list_of, Repr::And)
    }

    /// `self or operand`; a chain of them is one flat list.
    pub fn or(self, operand: impl Into<Expr>) -> Expr {
        let list_of = |repr| match repr {
            Repr::Or(list) => Some(list),
            _ => None,
        };
        self.chained(operand.into(), list_of, Repr::Or)
    }

    /// `-self`
    pub fn negate(self) -> Expr {
        self.wrapped(Repr::Negate)
    }

    /// `self in (items)`; an array where an item is not a literal
    ///
    /// ```
    /// use odata_query::ast::prop;
    ///
    /// assert_eq!(prop("unit_id").is_in(["a", "b"]).to_string(), "unit_id in ('a','b')");
    /// ```
    pub fn is_in<T: Into<Expr>>(self, items: impl IntoIterator<Item = T>) -> Expr {
        let list = Expr::joined(items, |expr, ids| {
            let literals = ids.iter().all(|id| {
                matches!(expr.nodes.get(id.0 as usize), Some(node) if matches!(node.repr, Repr::Literal(..)))
            });
            let list = expr.push_list(ids.iter().copied());
            if literals { Repr::List(list) } else { Repr::Array(list) }
        });
        self.binary(Operator::In, list)
    }

    /// `self/any()`: whether the collection has an item
    pub fn any_item(self) -> Expr {
        self.segment(|_| Repr::Any(None))
    }

    /// `self/any(variable:predicate)`
    pub fn any(self, variable: &str, predicate: impl Into<Expr>) -> Expr {
        self.lambda(variable, predicate.into(), |text, id| Repr::Any(Some((text, id))))
    }

    /// `self/all(variable:predicate)`
    pub fn all(self, variable: &str, predicate: impl Into<Expr>) -> Expr {
        self.lambda(variable, predicate.into(), Repr::All)
    }

    /// `self/$count`
    pub fn count(self) -> Expr {
        self.segment(|expr| Repr::Count(expr.push_list([].into_iter())))
    }

    fn lambda(self, variable: &str, predicate: Expr, repr: impl FnOnce(Text, Id) -> Repr) -> Expr {
        self.segment(|expr| {
            let id = expr.graft(predicate.root());
            repr(expr.push_text(variable), id)
        })
    }

    /// Adds a segment to a path; anything else becomes the first segment of one.
    fn segment(mut self, make: impl FnOnce(&mut Expr) -> Repr) -> Expr {
        let mut segments = self.unroot(|repr| match repr {
            Repr::Path(list) => Some(list),
            _ => None,
        });
        let repr = make(&mut self);
        segments.push(self.push(repr, Span::default()));
        let list = self.push_list(segments.into_iter());
        self.push(Repr::Path(list), Span::default());
        self
    }

    fn wrapped(mut self, repr: impl FnOnce(Id) -> Repr) -> Expr {
        let id = self.root().id;
        self.push(repr(id), Span::default());
        self
    }

    fn binary(mut self, operator: Operator, operand: Expr) -> Expr {
        let left = self.root().id;
        let right = self.graft(operand.root());
        self.push(Repr::Binary(operator, left, right), Span::default());
        self
    }

    fn chained(
        mut self,
        operand: Expr,
        list_of: impl Fn(Repr) -> Option<List>,
        repr: impl FnOnce(List) -> Repr,
    ) -> Expr {
        let mut operands = self.unroot(list_of);
        operands.push(self.graft(operand.root()));
        let list = self.push_list(operands.into_iter());
        self.push(repr(list), Span::default());
        self
    }

    /// Takes the root off where it is a list of the asked kind and returns its children, else the
    /// root itself. The list of the root is the last one.
    fn unroot(&mut self, list_of: impl Fn(Repr) -> Option<List>) -> Vec<Id> {
        let Some(list) = self.nodes.last().and_then(|root| list_of(root.repr)) else {
            return vec![self.root().id];
        };
        let ids = self.ids(&list).to_vec();
        self.nodes.pop();
        if let List::Many { start, .. } = list {
            self.lists.truncate(start as usize);
        }
        ids
    }

    fn joined<T: Into<Expr>>(
        parts: impl IntoIterator<Item = T>,
        repr: impl FnOnce(&mut Expr, &[Id]) -> Repr,
    ) -> Expr {
        let mut expr = Expr::empty();
        let ids: Vec<Id> = parts.into_iter().map(|part| expr.graft(part.into().root())).collect();
        let repr = repr(&mut expr, &ids);
        expr.push(repr, Span::default());
        expr
    }
}

fn literal(kind: LiteralKind, text: &str) -> Expr {
    let mut expr = Expr::empty();
    let text = expr.push_text(text);
    expr.push(Repr::Literal(kind, text), Span::default());
    expr
}

macro_rules! literals {
    ($($kind:ident $($type:ty)*;)*) => {
        $($(
            impl From<$type> for Expr {
                fn from(value: $type) -> Expr {
                    literal(LiteralKind::$kind, &value.to_string())
                }
            }
        )*)*
    };
}

literals! {
    Boolean bool;
    Number i8 i16 i32 i64 u8 u16 u32 u64 usize;
    String &str String;
}

impl From<f64> for Expr {
    fn from(value: f64) -> Expr {
        let text = if value.is_nan() {
            "NaN".to_owned()
        } else if value.is_infinite() {
            if value > 0.0 { "INF".to_owned() } else { "-INF".to_owned() }
        } else {
            // A whole number keeps its fraction: `2.0` is not an integer.
            format!("{value:?}")
        };
        literal(LiteralKind::Number, &text)
    }
}
