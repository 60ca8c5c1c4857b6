//! An expression that parses prints as text that parses to an equal expression.

#![no_main]

use libfuzzer_sys::fuzz_target;
use odata_query::ast::Expr;

fuzz_target!(|text: &str| {
    let Ok(expression) = text.parse::<Expr>() else { return };
    let printed = expression.to_string();
    match printed.parse::<Expr>() {
        Ok(again) => assert_eq!(expression, again, "printed as {printed:?}"),
        Err(error) => panic!("printed as {printed:?}, which is refused: {error}"),
    }
});
