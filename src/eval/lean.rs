//! What a plan needs of records, and reading no more than that from their bytes.
//!
//! A lean record has the members that paths ask for, in all spellings that differ in case, and nothing else.
//! Whatever a plan evaluates has the same value for the lean record as for the whole one.

use std::fmt;

use serde_core::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value as Json};

use crate::plan::{NodeId, Op, Plan, Variable};

/// What is needed of a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Needed {
    /// All of it.
    whole: bool,
    members: Vec<(Box<str>, Needed)>,
    /// What is needed of the items of an array; of the array itself, how many there are.
    items: Option<Box<Needed>>,
}

/// All of a value.
pub(super) static WHOLE: Needed = Needed { whole: true, members: Vec::new(), items: None };

/// A step of a path into a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Member(Box<str>),
    /// From an array to its items.
    Items,
    /// How many items an array has: nothing follows it.
    Lists,
}

impl Needed {
    /// What nodes of a plan need of a record.
    pub(super) fn of(plan: &Plan, nodes: impl IntoIterator<Item = NodeId>) -> Self {
        let mut needs = Needs { plan, needed: Needed::default(), variables: Vec::new() };
        nodes.into_iter().for_each(|node| needs.value(node));
        needs.needed
    }

    /// What columns of some paths need of a record.
    pub(super) fn of_paths<'p>(paths: impl IntoIterator<Item = &'p [Step]>) -> Self {
        let mut needed = Needed::default();
        for path in paths {
            match path {
                [before @ .., Step::Lists] => {
                    needed.at(before).items.get_or_insert_default();
                }
                path => needed.at(path).need_whole(),
            }
        }
        needed
    }

    pub(super) fn at(&mut self, path: &[Step]) -> &mut Needed {
        path.iter().fold(self, |needed, step| match step {
            Step::Member(name) => {
                let known = needed.members.iter().position(|(known, _)| known == name);
                let position = known.unwrap_or(needed.members.len());
                if known.is_none() {
                    needed.members.push((name.clone(), Needed::default()));
                }
                match needed.members.get_mut(position) {
                    Some((_, inside)) => inside,
                    // There is one at the position.
                    None => needed.items.get_or_insert_default(),
                }
            }
            Step::Items | Step::Lists => needed.items.get_or_insert_default(),
        })
    }

    pub(super) fn need_whole(&mut self) {
        self.whole = true;
    }

    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The member with whose name a text ends, behind a quote, and what is needed of it.
    pub(super) fn last<'t>(&self, text: &'t [u8]) -> Option<(&'t [u8], &Needed)> {
        let end = text.last()?;
        let ends_alike = |known: &str| match known.as_bytes().last() {
            Some(known) => known.eq_ignore_ascii_case(end),
            None => *end == b'"',
        };
        self.members.iter().filter(|(known, _)| ends_alike(known)).find_map(|(known, _)| {
            let (before, name) = text.split_at_checked(text.len().checked_sub(known.len())?)?;
            let is_name =
                before.last() == Some(&b'"') && name.eq_ignore_ascii_case(known.as_bytes());
            if is_name { self.member(name).map(|inside| (name, inside)) } else { None }
        })
    }

    /// What is needed of a member with a name.
    pub(super) fn member(&self, name: &[u8]) -> Option<&Needed> {
        let mut alike = self.members.iter().filter(|(known, _)| {
            known.len() == name.len() && known.as_bytes().eq_ignore_ascii_case(name)
        });
        match (alike.next(), alike.next()) {
            (None, _) => None,
            (Some((_, inside)), None) => Some(inside),
            // Paths that differ in case alone: all of the member will do for either.
            (Some(_), Some(_)) => Some(&WHOLE),
        }
    }
}

/// Collects what nodes read.
struct Needs<'p> {
    plan: &'p Plan,
    needed: Needed,
    /// Where the values of variables are in the record; none where they are computed.
    variables: Vec<(Variable, Option<Vec<Step>>)>,
}

impl Needs<'_> {
    /// Where a path leads; none for what is computed.
    fn path(&self, id: NodeId) -> Option<Vec<Step>> {
        match &self.plan.node(id).op {
            Op::Record => Some(Vec::new()),
            Op::Variable(variable) => {
                let known = self.variables.iter().rev().find(|(known, _)| known == variable);
                known.and_then(|(_, path)| path.clone())
            }
            Op::Member(of, name) => {
                let mut path = self.path(*of)?;
                path.push(Step::Member(name.clone()));
                Some(path)
            }
            _ => None,
        }
    }

    /// A node whose whole value is read.
    fn value(&mut self, id: NodeId) {
        if let Some(path) = self.path(id) {
            self.needed.at(&path).need_whole();
            return;
        }
        match &self.plan.node(id).op {
            Op::Constant(_) | Op::Record | Op::Variable(_) => {}
            Op::Outer => self.needed.need_whole(),
            Op::Related(of, _) | Op::Member(of, _) | Op::Test(_, _, of) | Op::Search(of, _) => {
                self.value(*of);
            }
            Op::Compare(_, left, right) => {
                self.value(*left);
                self.value(*right);
            }
            Op::Apply(_, operands) | Op::And(operands) | Op::Or(operands) => {
                operands.iter().for_each(|operand| self.value(*operand));
            }
            Op::Case(pairs) => pairs.iter().for_each(|(condition, result)| {
                self.value(*condition);
                self.value(*result);
            }),
            Op::Any(source, None) => match self.path(*source) {
                Some(mut path) => {
                    path.push(Step::Items);
                    self.needed.at(&path);
                }
                None => self.value(*source),
            },
            Op::Any(source, Some((variable, predicate))) | Op::All(source, variable, predicate) => {
                self.items(*source, *variable, *predicate);
            }
            // The items themselves are the value.
            Op::Filter(source, variable, predicate) => {
                self.value(*source);
                self.items(*source, *variable, *predicate);
            }
        }
    }

    fn items(&mut self, source: NodeId, variable: Variable, predicate: NodeId) {
        let path = self.path(source).map(|mut path| {
            path.push(Step::Items);
            path
        });
        match &path {
            Some(path) => {
                self.needed.at(path);
            }
            None => self.value(source),
        }
        self.variables.push((variable, path));
        self.value(predicate);
        self.variables.pop();
    }
}

/// Reads what is needed of a value.
#[derive(Clone, Copy)]
pub(super) struct Lean<'n>(pub(super) &'n Needed);

impl<'de> DeserializeSeed<'de> for Lean<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        match self.0.whole {
            true => Json::deserialize(deserializer),
            false => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Lean<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut lean = Map::new();
        while let Some(name) = members.next_key_seed(Name(self.0))? {
            match name {
                None => {
                    members.next_value::<IgnoredAny>()?;
                }
                Some((name, inside)) => {
                    let value = members.next_value_seed(Lean(inside))?;
                    lean.insert(name, value);
                }
            }
        }
        Ok(Json::Object(lean))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let Some(inside) = &self.0.items else {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Json::Null);
        };
        let mut lean = Vec::new();
        while let Some(item) = items.next_element_seed(Lean(inside))? {
            lean.push(item);
        }
        Ok(Json::Array(lean))
    }

    // Of what has neither members nor items nothing is needed but that.
    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_str<E>(self, _: &str) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
}

/// Reads the name of a member: its own spelling and what is needed of it, or nothing.
struct Name<'n>(&'n Needed);

impl<'de, 'n> DeserializeSeed<'de> for Name<'n> {
    type Value = Option<(String, &'n Needed)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'n> Visitor<'_> for Name<'n> {
    type Value = Option<(String, &'n Needed)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.member(name.as_bytes()).map(|inside| (name.to_owned(), inside)))
    }
}
