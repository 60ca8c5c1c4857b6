//! Binding `$compute` (URL Conventions 5.1.10): each item once, those that it asks for before it.

use std::collections::HashMap;

use super::NodeId;
use super::bind::Binder;
use crate::ast::{ComputeItem, Options};
use crate::error::{Error, Kind};
use crate::limits::Names;
use crate::schema::Look;
use crate::span::Span;

impl<'q> Binder<'q, '_> {
    /// Binds all items: the names can be used from here on.
    pub(super) fn compute(&mut self, options: &'q Options) -> Result<(), Error> {
        let mut positions = HashMap::new();
        for (position, item) in options.compute.iter().enumerate() {
            let place = item.expr.root().place();
            self.check_unused(&item.name, place)?;
            if positions.insert(item.name.as_str(), position).is_some() {
                let what = Kind::Duplicate(format!("the computed property `{}`", item.name));
                return Err(Error::new(what).at(place));
            }
        }
        for item in &options.compute {
            if self.bound(&item.name).is_none() {
                self.compute_item(item)?;
            }
        }
        self.computed.sort_by_key(|(name, _)| positions.get(name).copied());
        Ok(())
    }

    /// The computed property of a name.
    pub(super) fn computed_property(&self, name: &str) -> Option<(&'q str, NodeId)> {
        self.bound(&self.find_compute_item(name)?.name)
    }

    /// The value of the computed property of a name, also of one that is given further on.
    pub(super) fn computed_value(
        &mut self,
        name: &str,
        place: Span,
    ) -> Result<Option<NodeId>, Error> {
        let Some(item) = self.find_compute_item(name) else {
            return Ok(None);
        };
        if let Some((_, value)) = self.bound(&item.name) {
            return Ok(Some(value));
        }
        match self.computing.iter().rev().position(|known| *known == item.name) {
            None => self.compute_item(item).map(Some),
            // A member of the record that has the name too.
            Some(0) => Ok(None),
            Some(_) => Err(Error::new(Kind::ComputeCycle(item.name.clone())).at(place)),
        }
    }

    /// The item that a name stands for: the same, or the only one that differs in ASCII case.
    fn find_compute_item(&self, name: &str) -> Option<&'q ComputeItem> {
        let items = &self.level.options?.compute;
        let exact = items.iter().find(|item| item.name == name);
        let similar = || {
            let mut all = items.iter().filter(|item| item.name.eq_ignore_ascii_case(name));
            all.next().filter(|_| all.next().is_none())
        };
        let similar = || similar().filter(|_| self.plan.settings.names == Names::IgnoreCase);
        exact.or_else(similar)
    }

    fn bound(&self, name: &str) -> Option<(&'q str, NodeId)> {
        self.computed.iter().find(|(known, _)| *known == name).copied()
    }

    /// Binds an item in the scope of the record.
    fn compute_item(&mut self, item: &'q ComputeItem) -> Result<NodeId, Error> {
        self.computing.push(&item.name);
        let scope = std::mem::take(&mut self.scope);
        let this = std::mem::replace(&mut self.this, self.record);
        let bound = self.root(&item.expr);
        self.this = this;
        self.scope = scope;
        self.computing.pop();
        let id = bound?;
        self.computed.push((&item.name, id));
        Ok(id)
    }

    /// Refuses to compute what is declared already.
    fn check_unused(&self, name: &str, place: Span) -> Result<(), Error> {
        let names = self.plan.settings.names;
        let found = self.level.declared.map(|own| own.model().look(own.id(), name, names));
        if found.is_none_or(|found| matches!(found, Look::Unknown)) {
            return Ok(());
        }
        let error = Error::new(Kind::Duplicate(format!("the name `{name}`"))).at(place);
        Err(error.with_help("give the computed property a name that no property has"))
    }
}
