//! An expression that parses prints as text that parses to an equal expression.

use odata_query::ast::Expr;

pub fn check(data: &[u8]) {
    let Ok(expression) = String::from_utf8_lossy(data).parse::<Expr>() else { return };
    let printed = expression.to_string();
    match printed.parse::<Expr>() {
        Ok(again) => assert_eq!(expression, again, "printed as {printed:?}"),
        Err(error) => panic!("printed as {printed:?}, which is refused: {error}"),
    }
}
