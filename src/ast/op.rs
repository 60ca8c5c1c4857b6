//! The operators: keyword and precedence, in one table (URL Conventions 5.1.1.17).

/// How tightly an operator binds, loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Precedence {
    Or,
    And,
    Equality,
    Relational,
    Additive,
    Multiplicative,
    Unary,
    Primary,
    /// What is no operation: literals, paths, calls.
    Operand,
}

impl Precedence {
    /// The next tighter level: what the right operand of a left-associative operator needs.
    pub(crate) fn tighter(self) -> Self {
        match self {
            Precedence::Or => Precedence::And,
            Precedence::And => Precedence::Equality,
            Precedence::Equality => Precedence::Relational,
            Precedence::Relational => Precedence::Additive,
            Precedence::Additive => Precedence::Multiplicative,
            Precedence::Multiplicative => Precedence::Unary,
            Precedence::Unary => Precedence::Primary,
            Precedence::Primary | Precedence::Operand => Precedence::Operand,
        }
    }
}

macro_rules! operators {
    ($($name:ident $keyword:literal $precedence:ident $meaning:literal;)*) => {
        /// A binary operator.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Operator {
            $(#[doc = concat!("`", $keyword, "`: ", $meaning)] $name,)*
        }

        #[allow(non_upper_case_globals, reason = "constants named after the operators")]
        impl Operator {
            /// All operators.
            pub(crate) const ALL: &'static [Operator] = &[$(Operator::$name),*];

            /// The keyword, in lower case.
            pub fn keyword(self) -> &'static str {
                match self { $(Operator::$name => $keyword),* }
            }

            /// The operator of a keyword in any case.
            #[inline]
            pub(crate) fn from_keyword(word: &str) -> Option<Operator> {
                $(const $name: u64 = folded($keyword);)*
                match folded(word) {
                    $($name => Some(Operator::$name),)*
                    _ => None,
                }
            }

            /// How tightly the operator binds.
            pub(crate) fn precedence(self) -> Precedence {
                match self { $(Operator::$name => Precedence::$precedence),* }
            }
        }
    };
}

operators! {
    Or "or" Or "either is true";
    And "and" And "both are true";
    Eq "eq" Equality "equal";
    Ne "ne" Equality "not equal";
    Gt "gt" Relational "greater than";
    Ge "ge" Relational "greater than or equal";
    Lt "lt" Relational "less than";
    Le "le" Relational "less than or equal";
    Add "add" Additive "the sum";
    Sub "sub" Additive "the difference";
    Mul "mul" Multiplicative "the product";
    Div "div" Multiplicative "the quotient, whole for integers";
    Divby "divby" Multiplicative "the quotient, never truncated";
    Mod "mod" Multiplicative "the remainder, with the sign of the left operand";
    Has "has" Primary "the enumeration flags are set";
    In "in" Primary "is a member of a collection";
}

/// The bytes of a word in lower case as one number, which is 0 for what is longer than a keyword.
const fn folded(word: &str) -> u64 {
    let mut rest = word.as_bytes();
    if rest.len() > size_of::<u64>() {
        return 0;
    }
    let mut folded = 0;
    while let [byte, after @ ..] = rest {
        folded = folded << 8 | byte.to_ascii_lowercase() as u64;
        rest = after;
    }
    folded
}

/// Operators of other languages and what to write instead.
pub(crate) const FOREIGN: &[(&str, &str)] = &[
    ("=>", "ge"),
    ("=<", "le"),
    ("===", "eq"),
    ("==", "eq"),
    ("=", "eq"),
    ("!=", "ne"),
    ("<>", "ne"),
    ("<=", "le"),
    (">=", "ge"),
    ("<", "lt"),
    (">", "gt"),
    ("&&", "and"),
    ("&", "and"),
    ("||", "or"),
    ("|", "or"),
    ("!", "not"),
    ("*", "mul"),
    ("/", "div"),
    ("%", "mod"),
];

/// Words that are operators elsewhere and what to write instead.
pub(crate) const FOREIGN_WORDS: &[(&str, &str)] = &[
    ("is", "a eq null"),
    ("like", "contains(a,'b')"),
    ("contains", "contains(a,'b')"),
    ("between", "a ge 1 and a le 2"),
    ("equals", "a eq b"),
    ("xor", "a ne b"),
];
