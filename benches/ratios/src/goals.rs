//! What is compared with what, and what the ratio has to be.

/// Measurements of one piece of code against those of another.
pub(crate) struct Comparison {
    /// What is measured, and against what.
    pub(crate) what: &'static str,
    /// Stands for each of them in turn in `ours` and `theirs`, as `{query}`.
    pub(crate) queries: &'static [&'static str],
    /// Stands for each of them in turn as `{records}`; empty where there are no records.
    pub(crate) records: &'static [&'static str],
    /// The measurement as criterion calls it.
    pub(crate) ours: &'static str,
    pub(crate) theirs: &'static str,
    /// The greatest ratio that is good enough.
    pub(crate) at_most: Option<f64>,
}

const ALL: &[&str] = &["Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8", "Q9", "Q10"];
const CHAINS: &[&str] = &["or-100", "or-2000"];
const SHORT: &[&str] = &["Q1", "Q2", "Q6", "Q7"];
const OTHERS: &[&str] = &["Q3", "Q4", "Q5", "Q8", "or-100"];
const HUNDRED: &[&str] = &["100"];
const THOUSAND: &[&str] = &["1000"];
const HUNDRED_THOUSAND: &[&str] = &["100000"];
const BOTH: &[&str] = &["1000", "100000"];
const NONE: &[&str] = &[""];

const fn rows(
    queries: &'static [&'static str],
    records: &'static [&'static str],
    at_most: Option<f64>,
) -> Comparison {
    Comparison {
        what: "rows / by hand",
        queries,
        records,
        ours: "rows/{query}/odata-query/{records}",
        theirs: "rows/{query}/by_hand/{records}",
        at_most,
    }
}

/// A window of an order against the filter alone.
const fn alone(records: &'static [&'static str], at_most: Option<f64>) -> Comparison {
    Comparison {
        what: "rows / Q1 alone",
        queries: &["Q9", "Q10"],
        records,
        ours: "rows/{query}/odata-query/{records}",
        theirs: "rows/Q1/odata-query/{records}",
        at_most,
    }
}

const fn mixed(records: &'static [&'static str], at_most: Option<f64>) -> Comparison {
    Comparison {
        what: "rows in mixed order / by hand",
        queries: ALL,
        records,
        ours: "rows-mixed/{query}/odata-query/{records}",
        theirs: "rows-mixed/{query}/by_hand/{records}",
        at_most,
    }
}

const fn cel(queries: &'static [&'static str], at_most: f64) -> Comparison {
    Comparison {
        what: "rows / cel",
        queries,
        records: BOTH,
        ours: "peers-rows/{query}/odata-query/{records}",
        theirs: "peers-rows/{query}/cel/{records}",
        at_most: Some(at_most),
    }
}

const fn bind(queries: &'static [&'static str]) -> Comparison {
    Comparison {
        what: "bind / parse",
        queries,
        records: NONE,
        ours: "bind/{query}",
        theirs: "parse/{query}",
        at_most: Some(1.0),
    }
}

const fn parse(
    what: &'static str,
    queries: &'static [&'static str],
    theirs: &'static str,
    at_most: Option<f64>,
) -> Comparison {
    let ours = "peers-parse/{query}/odata-query";
    Comparison { what, queries, records: NONE, ours, theirs, at_most }
}

pub(crate) const COMPARISONS: &[Comparison] = &[
    rows(ALL, HUNDRED, None),
    rows(ALL, THOUSAND, Some(0.4)),
    rows(&["Q1", "Q2", "Q5"], HUNDRED_THOUSAND, Some(0.1)),
    rows(&["Q3"], HUNDRED_THOUSAND, Some(0.2)),
    rows(&["Q4", "Q6", "Q8"], HUNDRED_THOUSAND, Some(0.4)),
    rows(&["Q7"], HUNDRED_THOUSAND, Some(0.6)),
    rows(&["Q9", "Q10"], HUNDRED_THOUSAND, None),
    Comparison {
        what: "rows / memmem",
        queries: &["Q3"],
        records: BOTH,
        ours: "rows/{query}/odata-query/{records}",
        theirs: "rows/{query}/memmem/{records}",
        at_most: Some(1.0),
    },
    Comparison {
        what: "rows / chrono",
        queries: &["Q7"],
        records: BOTH,
        ours: "rows/{query}/odata-query/{records}",
        theirs: "rows/{query}/by_hand/{records}",
        at_most: Some(0.5),
    },
    alone(THOUSAND, None),
    alone(HUNDRED_THOUSAND, Some(1.25)),
    mixed(THOUSAND, None),
    mixed(HUNDRED_THOUSAND, Some(1.0)),
    Comparison {
        what: "rows in default maps / by hand",
        queries: ALL,
        records: BOTH,
        ours: "rows-default-maps/{query}/odata-query/{records}",
        theirs: "rows-default-maps/{query}/by_hand/{records}",
        at_most: Some(1.1),
    },
    Comparison {
        what: "respond / by hand",
        queries: ALL,
        records: BOTH,
        ours: "respond/{query}/odata-query/{records}",
        theirs: "respond/{query}/by_hand/{records}",
        at_most: None,
    },
    bind(ALL),
    bind(CHAINS),
    parse("parse / odata-params", SHORT, "peers-parse/{query}/odata-params", Some(0.5)),
    parse("parse / odata-params", OTHERS, "peers-parse/{query}/odata-params", None),
    parse("parse / odatav4-parser", SHORT, "peers-parse/{query}/odatav4-parser", Some(0.5)),
    parse("parse / odatav4-parser", OTHERS, "peers-parse/{query}/odatav4-parser", None),
    parse("parse / cf-modkit-odata", SHORT, "peers-parse/{query}/cf-modkit-odata", Some(0.5)),
    parse("parse / cf-modkit-odata", OTHERS, "peers-parse/{query}/cf-modkit-odata", None),
    cel(&["Q1", "Q2", "Q3", "Q6", "Q7"], 0.5),
    cel(&["Q4", "Q5", "Q8"], 0.25),
    Comparison {
        what: "rows / jaq",
        queries: &["Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8"],
        records: BOTH,
        ours: "peers-rows/{query}/odata-query/{records}",
        theirs: "peers-rows/{query}/jaq/{records}",
        at_most: None,
    },
];
