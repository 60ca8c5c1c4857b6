//! Parameters of lists, and the queries that are built from them.

use std::collections::BTreeMap;

use odata_query::Query;
use odata_query::ast::{Expr, all_of, call, lit, null, prop};

use super::failure::{Failed, Failure};
use super::records::Of;

/// Resources of a page where nothing says how many, and at most.
const PAGE: u64 = 50;
const LARGEST_PAGE: u64 = 1000;

const PAGING: &[&str] = &["page", "per_page"];
const USER_PARAMETERS: &[&str] = &[
    "with_inactive",
    "active",
    "units_ids",
    "roles_ids",
    "levels_ids",
    "invitation_status",
    "search",
    "include",
];
const UNIT_PARAMETERS: &[&str] =
    &["name", "parent_id", "integration_uid", "parent_integration_uid"];

/// Lists of ids, and the property that each is about.
const ID_LISTS: &[(&str, &str)] =
    &[("units_ids", "unit_id"), ("roles_ids", "role_id"), ("levels_ids", "level_id")];
/// What users can be shown with.
const INCLUDABLE: &[(&str, Of)] = &[("unit", Of::Units), ("role", Of::Roles)];

/// The page that is asked for.
pub(super) struct Pages {
    pub(super) page: u64,
    pub(super) size: u64,
}

/// A list as it was asked for.
pub(super) struct Asked {
    pub(super) query: Query,
    pub(super) pages: Pages,
    pub(super) include: Vec<(&'static str, Of)>,
}

/// The parameters of a request, by their plain names: `x`, `x[]`, `filters[x]` and `filters[x][]` are one.
struct Parameters(BTreeMap<String, Vec<String>>);

impl Parameters {
    fn read(query: &str, known: &[&[&str]]) -> Result<Self, Failed> {
        let mut read = Parameters(BTreeMap::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let single = name.strip_suffix("[]").unwrap_or(&name);
            let plain = single.strip_prefix("filters[").and_then(|name| name.strip_suffix(']'));
            let plain = plain.unwrap_or(single);
            if !known.iter().any(|names| names.contains(&plain)) {
                let names = known.concat().join("`, `");
                let detail = format!("no such parameter; there are `{names}`");
                return Err(Failure::of_parameter(&name, detail).into());
            }
            read.0.entry(plain.to_owned()).or_default().push(value.into_owned());
        }
        Ok(read)
    }

    fn one(&self, name: &str) -> Result<Option<&str>, Failed> {
        match self.0.get(name).map(Vec::as_slice) {
            None => Ok(None),
            Some([value]) => Ok(Some(value)),
            Some(_) => Err(Failure::of_parameter(name, "given more than once").into()),
        }
    }

    /// The values of a list, separated by commas or given one by one.
    fn list(&self, name: &str) -> Option<Vec<&str>> {
        let values = self.0.get(name)?.iter().flat_map(|value| value.split(','));
        Some(values.map(str::trim).filter(|value| !value.is_empty()).collect())
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, Failed> {
        self.one(name)?
            .map(|value| match value {
                "true" | "1" => Ok(true),
                "false" | "0" => Ok(false),
                _ => Err(Failure::of_parameter(name, "neither `true` nor `false`").into()),
            })
            .transpose()
    }

    fn number(&self, name: &str, most: u64, default: u64) -> Result<u64, Failed> {
        let Some(value) = self.one(name)? else {
            return Ok(default);
        };
        let number = value.parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| {
            Failure::of_parameter(name, format!("not a whole number from 1 to {most}")).into()
        })
    }

    fn pages(&self, size: Option<u64>) -> Result<Pages, Failed> {
        Ok(Pages {
            page: self.number("page", u64::from(u32::MAX), 1)?,
            size: self.number("per_page", LARGEST_PAGE, size.unwrap_or(PAGE))?,
        })
    }
}

impl Asked {
    fn new(predicates: Vec<Expr>, pages: Pages) -> Self {
        let skip = pages.page.saturating_sub(1).saturating_mul(pages.size);
        let mut query = Query::new().skip(skip).top(pages.size).count(true);
        if !predicates.is_empty() {
            query = query.filter(all_of(predicates));
        }
        Asked { query, pages, include: Vec::new() }
    }
}

/// What a list of users is asked for with.
pub(super) fn users(query: &str, page_size: Option<u64>) -> Result<Asked, Failed> {
    let parameters = Parameters::read(query, &[USER_PARAMETERS, PAGING])?;
    let mut predicates = Vec::new();
    match (parameters.flag("active")?, parameters.flag("with_inactive")?) {
        (Some(active), _) => predicates.push(prop("active").eq(active)),
        (None, Some(true)) => {}
        (None, _) => predicates.push(prop("active").eq(true)),
    }
    for (name, property) in ID_LISTS {
        if let Some(ids) = parameters.list(name) {
            if let Some(wrong) = ids.iter().find(|id| !is_guid(id)) {
                return Err(Failure::of_parameter(name, format!("`{wrong}` is not a UUID")).into());
            }
            predicates.push(prop(property).is_in(ids));
        }
    }
    if let Some(status) = parameters.one("invitation_status")? {
        predicates.push(invitation(status)?);
    }
    if let Some(search) = parameters.one("search")? {
        let holds =
            |name: &str| call("tolower", [prop(name)]).contains(call("tolower", [lit(search)]));
        predicates.push(holds("name").or(holds("email")));
    }
    let mut asked = Asked::new(predicates, parameters.pages(page_size)?);
    for name in parameters.list("include").unwrap_or_default() {
        let known = INCLUDABLE.iter().find(|(known, _)| *known == name);
        let known = known.ok_or_else(|| {
            Failure::of_parameter("include", format!("`{name}` is neither `unit` nor `role`"))
        })?;
        if !asked.include.contains(known) {
            asked.include.push(*known);
            // Units show what their parents are called.
            asked.query = match name {
                "unit" => asked.query.expand_with(name, Query::new().expand("parent")),
                _ => asked.query.expand(name),
            };
        }
    }
    Ok(asked)
}

fn invitation(status: &str) -> Result<Expr, Failed> {
    let is = |name: &str, value: bool| prop(name).eq(value);
    Ok(match status {
        "no_invitation_sent" => is("invitation_sent", false).and(is("accepted_invitation", false)),
        "invitation_sent" => is("invitation_sent", true).and(is("accepted_invitation", false)),
        "invitation_accepted" => is("accepted_invitation", true),
        "user_blocked" => is("active", false),
        _ => {
            let known =
                "`no_invitation_sent`, `invitation_sent`, `invitation_accepted` and `user_blocked`";
            let detail = format!("`{status}` is none of {known}");
            return Err(Failure::of_parameter("invitation_status", detail).into());
        }
    })
}

/// What a list of units is asked for with: each filter is equal, and an empty one null.
pub(super) fn units(query: &str, page_size: Option<u64>) -> Result<Asked, Failed> {
    let parameters = Parameters::read(query, &[UNIT_PARAMETERS, PAGING])?;
    let mut predicates = Vec::new();
    for name in UNIT_PARAMETERS {
        let Some(value) = parameters.one(name)? else {
            continue;
        };
        if *name == "parent_id" && !value.is_empty() && !is_guid(value) {
            return Err(Failure::of_parameter(name, format!("`{value}` is not a UUID")).into());
        }
        let property = match *name {
            "parent_integration_uid" => "parent/integration_uid",
            name => name,
        };
        let value = if value.is_empty() { null() } else { lit(value) };
        predicates.push(prop(property).eq(value));
    }
    let mut asked = Asked::new(predicates, parameters.pages(page_size)?);
    asked.query = asked.query.expand("parent");
    Ok(asked)
}

/// What a list of roles is asked for with.
pub(super) fn roles(query: &str, page_size: Option<u64>) -> Result<Asked, Failed> {
    let parameters = Parameters::read(query, &[PAGING])?;
    Ok(Asked::new(Vec::new(), parameters.pages(page_size)?))
}

/// Whether a text is a UUID: digits in groups of 8, 4, 4, 4 and 12.
pub(super) fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let hexadecimal = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| hexadecimal(group))
}
