//! Relations that no referential constraint tells of, kept by the keys of what they relate (CSDL 8.5).

use std::collections::HashMap;

use odata_query::schema::Navigation;

/// An entity: the set that it is of, and its key as keys are compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct End {
    pub(crate) set: String,
    /// Nothing for a singleton without a key.
    pub(crate) key: String,
}

/// The entities that navigation leads to from one, by the name of the navigation property.
type Related = HashMap<String, Vec<End>>;

/// All relations, from both of their ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Links(HashMap<End, Related>);

/// Whether records are related by a navigation property without anything in them telling of it.
pub(crate) fn is_linked(navigation: &Navigation) -> bool {
    navigation.pairs().next().is_none() && !navigation.is_contained() && navigation.set().is_some()
}

impl Links {
    pub(crate) fn related(&self, from: &End, navigation: &str) -> &[End] {
        let found = self.0.get(from).and_then(|related| related.get(navigation));
        found.map_or(&[], Vec::as_slice)
    }

    /// All that one entity is related to, in a fixed order.
    pub(crate) fn of(&self, from: &End) -> Vec<(&str, &[End])> {
        let related = self.0.get(from).into_iter().flatten();
        let mut all: Vec<_> = related.map(|(name, to)| (name.as_str(), to.as_slice())).collect();
        all.sort_unstable();
        all
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Relates two entities; single-valued navigation, and a single-valued partner, lead to nothing else
    /// then.
    pub(crate) fn add(&mut self, from: &End, navigation: &Navigation, to: &End) {
        let partner = partner(navigation);
        if !navigation.is_collection() {
            for old in self.related(from, navigation.name()).to_vec() {
                self.remove(from, navigation, &old);
            }
        }
        if let Some(partner) = partner.as_ref().filter(|partner| !partner.is_collection()) {
            for old in self.related(to, partner.name()).to_vec() {
                self.remove(&old, navigation, to);
            }
        }
        self.add_half(from, navigation.name(), to);
        if let Some(partner) = partner {
            self.add_half(to, partner.name(), from);
        }
    }

    pub(crate) fn remove(&mut self, from: &End, navigation: &Navigation, to: &End) {
        self.remove_half(from, navigation.name(), to);
        if let Some(partner) = partner(navigation) {
            self.remove_half(to, partner.name(), from);
        }
    }

    /// Removes all relations from and to entities.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(&End) -> bool) {
        self.0.retain(|from, _| !is_gone(from));
        for related in self.0.values_mut().flat_map(HashMap::values_mut) {
            related.retain(|to| !is_gone(to));
        }
    }

    fn add_half(&mut self, from: &End, navigation: &str, to: &End) {
        let related = self.0.entry(from.clone()).or_default();
        let related = related.entry(navigation.to_owned()).or_default();
        if !related.contains(to) {
            related.push(to.clone());
        }
    }

    fn remove_half(&mut self, from: &End, navigation: &str, to: &End) {
        let related = self.0.get_mut(from).and_then(|related| related.get_mut(navigation));
        if let Some(related) = related {
            related.retain(|other| other != to);
        }
    }
}

/// The navigation that leads back.
fn partner(navigation: &Navigation) -> Option<Navigation> {
    navigation.target().navigation(navigation.partner()?)
}
