//! The records, their types, and how they lead to one another.

use odata_query::schema::{Navigation, Schema, TypeBuilder};
use odata_query::{Collections, Query};
use serde_json::Value;

use super::super::{embedded, place};
use super::failure::{Failed, Failure};
use crate::data::Trouble;
use crate::serve::load::Set;

/// A kind of resource.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Users,
    Units,
    Roles,
    Levels,
}

impl Of {
    pub(super) const ALL: [Of; 4] = [Of::Users, Of::Units, Of::Roles, Of::Levels];

    /// The path that the resources are listed at; levels are part of users alone.
    pub(super) fn path(self) -> &'static str {
        match self {
            Of::Users | Of::Levels => "/api/v1/users",
            Of::Units => "/api/v1/organization/units",
            Of::Roles => "/api/v1/organization/roles",
        }
    }

    /// The entity set, which JSON:API calls the type.
    pub(super) fn set(self) -> &'static str {
        match self {
            Of::Users => "users",
            Of::Units => "units",
            Of::Roles => "roles",
            Of::Levels => "levels",
        }
    }
}

#[derive(Clone)]
pub(super) struct Records {
    pub(super) users: Vec<Value>,
    pub(super) units: Vec<Value>,
    pub(super) roles: Vec<Value>,
    pub(super) levels: Vec<Value>,
}

/// The records of an answer, and how many there are on all pages.
pub(super) struct Found {
    pub(super) records: Vec<Value>,
    pub(super) count: u64,
}

impl Records {
    pub(super) fn new() -> Result<Self, Trouble> {
        Ok(Records {
            users: embedded(include_str!("users.json"))?,
            units: embedded(include_str!("units.json"))?,
            roles: embedded(include_str!("roles.json"))?,
            levels: embedded(include_str!("levels.json"))?,
        })
    }

    /// Takes the place of sets that files have.
    pub(super) fn load(&mut self, sets: Vec<Set>) -> Result<(), Trouble> {
        let Records { users, units, roles, levels } = self;
        place(sets, [("users", users), ("units", units), ("roles", roles), ("levels", levels)])?;
        for of in Of::ALL {
            if self.of(of).iter().any(|record| text(record, "id").is_none()) {
                let message = format!("a record of `{}` has no `id` that is a string", of.set());
                return Err(Trouble::new(message));
            }
        }
        Ok(())
    }

    pub(super) fn of(&self, of: Of) -> &[Value] {
        match of {
            Of::Users => &self.users,
            Of::Units => &self.units,
            Of::Roles => &self.roles,
            Of::Levels => &self.levels,
        }
    }

    pub(super) fn find(&self, of: Of, id: &str) -> Option<&Value> {
        self.of(of).iter().find(|record| is(record, id))
    }

    /// What a query selects of the records of a kind.
    pub(super) fn query(&self, of: Of, query: &Query, schema: &Schema) -> Result<Found, Failed> {
        let broken = |error: odata_query::Error| Failed::from(Failure::invalid(error.to_string()));
        let declared = schema.entity_set(of.set()).ok_or_else(Failure::internal)?;
        let sets = Of::ALL.into_iter();
        let sets = sets.fold(Collections::new(), |sets, of| sets.with(of.set(), self.of(of)));
        let plan = query.bind_to(&declared).map_err(broken)?;
        let page = plan.apply_with(self.of(of), &sets).map_err(broken)?;
        let count = page.count().unwrap_or_default();
        Ok(Found {
            records: page.into_records().map(|record| record.into_owned()).collect(),
            count,
        })
    }
}

/// Whether a record has an id, whose letters may be large or small.
pub(super) fn is(record: &Value, id: &str) -> bool {
    text(record, "id").is_some_and(|own| own.eq_ignore_ascii_case(id))
}

pub(super) fn text<'r>(record: &'r Value, name: &str) -> Option<&'r str> {
    record.get(name).and_then(Value::as_str)
}

pub(super) fn schema() -> Result<Schema, odata_query::Error> {
    let resource = |name: &str| {
        TypeBuilder::new(name).key(["id"]).required("id", "Edm.Guid").property("name", "Edm.String")
    };
    let user = resource("user")
        .property("email", "Edm.String")
        .property("first_name", "Edm.String")
        .property("last_name", "Edm.String")
        .property("phone_number", "Edm.String")
        .property("accepted_invitation", "Edm.Boolean")
        .property("integration_uid", "Edm.String")
        .property("avatar_url", "Edm.String")
        .property("active", "Edm.Boolean")
        .property("collisions_on_create", "Edm.Boolean")
        .property("invitation_sent", "Edm.Boolean")
        .property("last_active_at", "Edm.DateTimeOffset")
        .property("prefered_locale", "Edm.String")
        .property("unit_id", "Edm.Guid")
        .property("role_id", "Edm.Guid")
        .property("level_id", "Edm.Guid")
        .property("origin_integration_id", "Edm.Guid")
        .navigation(Navigation::to_one("unit", "unit").on("unit_id", "id"))
        .navigation(Navigation::to_one("role", "role").on("role_id", "id"));
    let unit = resource("unit")
        .property("parent_id", "Edm.Guid")
        .property("integration_uid", "Edm.String")
        .navigation(Navigation::to_one("parent", "unit").on("parent_id", "id"));
    Schema::builder()
        .entity_type(user)
        .entity_type(unit)
        .entity_type(resource("role"))
        .entity_type(resource("level"))
        .entity_set("users", "user")
        .entity_set("units", "unit")
        .entity_set("roles", "role")
        .entity_set("levels", "level")
        .build()
}
