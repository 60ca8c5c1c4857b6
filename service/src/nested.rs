//! What stands nested in a body, and so is expanded in the answer (Protocol 11.4.2.2).

use std::collections::HashMap;

use odata_query::{EntityType, Limits, Query};
use serde_json::{Map, Value};

/// What clients call the entities of a body (`Core.ContentID`), by the canonical paths of these.
#[derive(Debug, Default)]
pub(crate) struct ContentIds(HashMap<String, (String, Value)>);

impl ContentIds {
    /// The annotation of an entity in a body.
    pub(crate) fn of(body: &Map<String, Value>) -> Option<(String, Value)> {
        let is_it = |name: &str| name.starts_with('@') && name.ends_with(".ContentID");
        let found = body.iter().find(|(name, _)| is_it(name));
        found.map(|(name, id)| (name.clone(), id.clone()))
    }

    pub(crate) fn insert(&mut self, path: &str, annotation: Option<(String, Value)>) {
        self.0.extend(annotation.map(|annotation| (path.to_owned(), annotation)));
    }

    pub(crate) fn get(&self, path: &str) -> Option<&(String, Value)> {
        self.0.get(path)
    }
}

/// Navigation properties with related entities, and what is nested in these.
#[derive(Debug, Default)]
pub(crate) struct Nested(Vec<(String, Nested)>);

impl Nested {
    /// What stands nested in entities of a type, as deep as expansions go.
    pub(crate) fn of<'b>(
        entity: &EntityType,
        bodies: impl IntoIterator<Item = &'b Map<String, Value>>,
    ) -> Self {
        let bodies: Vec<_> = bodies.into_iter().collect();
        Nested::within(entity, &bodies, Limits::default().expand_depth)
    }

    fn within(entity: &EntityType, bodies: &[&Map<String, Value>], depth: usize) -> Self {
        let Some(depth) = depth.checked_sub(1) else {
            return Nested::default();
        };
        let nested = entity.navigations().filter_map(|navigation| {
            let values = bodies.iter().filter_map(|body| body.get(navigation.name()));
            let items = values.flat_map(|value| match value {
                Value::Array(items) => items.as_slice(),
                single => std::slice::from_ref(single),
            });
            let inside: Vec<_> = items.filter_map(Value::as_object).collect();
            let name = navigation.name().to_owned();
            (!inside.is_empty())
                .then(|| (name, Nested::within(&navigation.target(), &inside, depth)))
        });
        Nested(nested.collect())
    }

    /// A query that expands it.
    pub(crate) fn expanded_in(&self, query: Query) -> Query {
        self.0.iter().fold(query, |query, (name, inside)| {
            query.expand_with(name, inside.expanded_in(Query::new()))
        })
    }
}
