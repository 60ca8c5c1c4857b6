//! Comparisons of declared values: literals are read as what the other operand is declared as, and what
//! never compares is refused.

use std::sync::Arc;

use super::bind::Binder;
use super::declared::is_text_in_payloads;
use super::{Node, NodeId, Op, Operation, types};
use crate::ast::{Kind, LiteralKind, Node as AstNode, Operator};
use crate::error::{Error, Kind as ErrorKind};
use crate::schema::{EnumType, Item, TypeId, TypeRef};
use crate::span::Span;
use crate::value::{EdmType, Number, Primitive, Type, Types, Value, parse_binary};

/// Types without an order (URL Conventions 5.1.1.1.3).
const UNORDERED: [Type; 4] = [Type::Binary, Type::Collection, Type::Geo, Type::Structured];

impl<'q> Binder<'q, '_> {
    /// A comparison whose operands are made alike first.
    pub(super) fn comparison(
        &mut self,
        op: Operator,
        operands: [NodeId; 2],
        span: Span,
    ) -> Result<NodeId, Error> {
        if !self.has_schema() {
            return self.compare(op, operands, span);
        }
        let [mut left, mut right] = operands;
        let of_left = self.declared_item(left);
        let of_right = match op {
            Operator::In => self.declared_type(right).map(|declared| declared.item),
            _ => self.declared_item(right),
        };
        if let Some(Item::Enum(own)) = of_left.into_iter().chain(of_right).find(is_enum) {
            return self.compare_enum(op, operands, [of_left, of_right], own, span);
        }
        left = self.read_constant(left, of_right)?;
        if op != Operator::In {
            right = self.read_constant(right, of_left)?;
        }
        self.check_comparable(op, [left, right], of_right)?;
        if op == Operator::In {
            left = self.read(left)?;
        } else {
            let is_constant = |id: NodeId| matches!(self.plan.node(id).op, Op::Constant(_));
            let binary = Some(Item::Primitive(Primitive::Binary));
            if !is_constant(left) && !is_constant(right) || of_left == binary || of_right == binary
            {
                [left, right] = [self.read(left)?, self.read(right)?];
            }
        }
        self.compare(op, [left, right], span)
    }

    /// Refuses operands of types that never compare, as far as they are declared.
    fn check_comparable(
        &self,
        op: Operator,
        [left, right]: [NodeId; 2],
        of_right: Option<Item>,
    ) -> Result<(), Error> {
        let [left_node, right_node] = [left, right].map(|id| self.plan.node(id));
        // Tests are true or false, whatever they are asked of.
        let is_test =
            |node: &Node| node.types == Type::Boolean.into() && !matches!(node.op, Op::Constant(_));
        let [left_known, right_known] =
            [left_node, right_node].map(|node| node.declared || is_test(node));
        if !left_known && !right_known {
            return Ok(());
        }
        let keyword = op.keyword();
        if matches!(op, Operator::Gt | Operator::Ge | Operator::Lt | Operator::Le) {
            for (id, side) in [(left, "left"), (right, "right")] {
                let node = self.plan.node(id);
                if node.declared
                    && UNORDERED.into_iter().any(|unordered| node.types == unordered.into())
                {
                    let what = format!("the {side} operand of `{keyword}`");
                    let expected = "a value of a type with an order".to_owned();
                    return Err(types::mismatch(what, expected, self.found(id), node.span));
                }
            }
        }
        let of_right = match (op, of_right) {
            (Operator::In, Some(item)) => TypeRef { item, collection: false }.types(),
            (Operator::In, None) => return Ok(()),
            _ => right_node.types,
        };
        if left_node.types.meet(of_right) {
            return Ok(());
        }
        // What is declared is right.
        let (what, expected, wrong) = match left_known {
            true => (format!("the right operand of `{keyword}`"), self.found(left), right),
            false => (format!("the left operand of `{keyword}`"), of_right.names(), left),
        };
        let error = types::mismatch(what, expected, self.found(wrong), self.plan.node(wrong).span);
        let wanted = if left_known { left_node.types } else { of_right };
        Err(with_help(error, wanted, &self.plan.node(wrong).op))
    }

    /// A constant as what the other operand is declared as.
    fn read_constant(&mut self, id: NodeId, declared: Option<Item>) -> Result<NodeId, Error> {
        let node = self.plan.node(id);
        let (Op::Constant(value), Some(Item::Primitive(primitive))) = (&node.op, declared) else {
            return Ok(id);
        };
        let span = node.span;
        match read_text(value, primitive).map_err(|error| error.at(span))? {
            Some(read) => self.constant(read, span),
            None => Ok(id),
        }
    }

    /// The items of a list of literals as what the left operand of `in` is declared as; and that operand.
    pub(super) fn read_items(
        &mut self,
        left: NodeId,
        items: &mut Vec<Value<'static>>,
        literals: impl Fn(usize) -> Option<AstNode<'q>>,
        what: &str,
        span: Span,
    ) -> Result<NodeId, Error> {
        if !self.plan.node(left).declared {
            return Ok(left);
        }
        let place = |position: usize| literals(position).map_or(span, AstNode::place);
        match self.declared_item(left) {
            Some(Item::Enum(own)) => {
                let Some(declared) = self.enumeration(own) else {
                    return Ok(left);
                };
                let mut read = Vec::with_capacity(items.len());
                for (position, item) in items.iter().enumerate() {
                    if let Some(literal) = literals(position)
                        && let Kind::Literal(LiteralKind::Enum, text) = literal.kind()
                        && let Some(other) = self.literal_type(text, literal.place())?
                    {
                        self.check_same(own, other, what, literal.place())?;
                    }
                    match enum_number(&declared, item).map_err(|error| error.at(place(position)))? {
                        Some(value) if declared.flags => read.push(Number::from(value).into()),
                        Some(value) => read.extend(texts(&declared, value)),
                        None => read.push(Value::Null),
                    }
                }
                *items = read;
                if declared.flags { self.read(left) } else { Ok(left) }
            }
            declared => {
                let wanted = self.plan.node(left).types;
                for (position, item) in items.iter_mut().enumerate() {
                    if let Some(Item::Primitive(primitive)) = declared
                        && let Some(read) =
                            read_text(item, primitive).map_err(|error| error.at(place(position)))?
                    {
                        *item = read;
                    }
                    let found = item.type_of().map_or(Types::NONE, Types::from);
                    if !wanted.meet(found) {
                        let (what, expected) = (what.to_owned(), self.found(left));
                        let error = types::mismatch(what, expected, found.names(), place(position));
                        return Err(with_help(error, wanted, &Op::Constant(item.clone())));
                    }
                }
                match declared {
                    Some(Item::Primitive(Primitive::Binary)) => self.read(left),
                    _ => Ok(left),
                }
            }
        }
    }

    /// `has`: by the values of the members where the enumeration is declared.
    pub(super) fn has(&mut self, [left, right]: [NodeId; 2], span: Span) -> Result<NodeId, Error> {
        let own = match self.declared_item(left) {
            Some(Item::Enum(own)) => own,
            _ if self.plan.node(left).declared => {
                let what = "the left operand of `has`".to_owned();
                let (expected, place) =
                    ("an enumeration value".to_owned(), self.plan.node(left).span);
                return Err(types::mismatch(what, expected, self.found(left), place));
            }
            _ => return self.apply(Operation::Binary(Operator::Has), &[left, right], span),
        };
        if let Some(Item::Enum(other)) = self.declared_item(right) {
            let place = self.plan.node(right).span;
            self.check_same(own, other, "the right operand of `has`", place)?;
        }
        let flags = self.enum_value(right, own)?;
        let set = self.enum_value(left, own)?;
        self.apply(Operation::HasFlags, &[set, flags], span)
    }

    /// A comparison of enumeration values goes by the values of their members.
    fn compare_enum(
        &mut self,
        op: Operator,
        [left, right]: [NodeId; 2],
        declared: [Option<Item>; 2],
        own: TypeId,
        span: Span,
    ) -> Result<NodeId, Error> {
        for (item, id, side) in [(declared[0], left, "left"), (declared[1], right, "right")] {
            let what = format!("the {side} operand of `{}`", op.keyword());
            match item {
                Some(Item::Enum(other)) => {
                    self.check_same(own, other, &what, self.plan.node(id).span)?
                }
                Some(Item::Untyped) | None => {}
                Some(_) => {
                    let expected = "an enumeration value".to_owned();
                    let place = self.plan.node(id).span;
                    return Err(types::mismatch(what, expected, self.found(id), place));
                }
            }
        }
        let Some(declared) = self.enumeration(own) else {
            return self.compare(op, [left, right], span);
        };
        if op == Operator::In {
            // Its items are names, as the data has them.
            if let Op::Constant(value) = &self.plan.node(left).op {
                let place = self.plan.node(left).span;
                let value = value.clone();
                let number = enum_number(&declared, &value).map_err(|error| error.at(place))?;
                let names = number.into_iter().flat_map(|value| texts(&declared, value));
                let mut alternatives = Vec::new();
                for name in names {
                    let name = self.constant(name, place)?;
                    alternatives.push(self.compare(op, [name, right], span)?);
                }
                return self.push(Op::Or(alternatives.into()), span, Type::Boolean);
            }
            return self.compare(op, [left, right], span);
        }
        // One of the names of a member, which is quicker than reading them.
        for (path, constant) in [(left, right), (right, left)] {
            let node = self.plan.node(constant);
            if let (Op::Constant(value), false) = (&node.op, declared.flags)
                && matches!(op, Operator::Eq | Operator::Ne)
                && !matches!(self.plan.node(path).op, Op::Constant(_) | Op::Apply(..))
            {
                let place = node.span;
                let number = enum_number(&declared, value).map_err(|error| error.at(place))?;
                let Some(number) = number else {
                    return self.compare(op, [path, constant], span);
                };
                let equal = self.is_one_of(path, texts(&declared, number).collect(), span)?;
                return match op {
                    Operator::Ne => self.apply(Operation::Not, &[equal], span),
                    _ => Ok(equal),
                };
            }
        }
        let operands = [self.enum_value(left, own)?, self.enum_value(right, own)?];
        self.compare(op, operands, span)
    }

    /// The number of an enumeration value.
    fn enum_value(&mut self, id: NodeId, own: TypeId) -> Result<NodeId, Error> {
        let Some(declared) = self.enumeration(own) else {
            return Ok(id);
        };
        let node = self.plan.node(id);
        let span = node.span;
        match &node.op {
            Op::Constant(value) => {
                let number = enum_number(&declared, value).map_err(|error| error.at(span))?;
                self.constant(number.map_or(Value::Null, |value| Number::from(value).into()), span)
            }
            Op::Apply(Operation::EnumValue(_), _) => Ok(id),
            _ => self.apply(Operation::EnumValue(declared), &[id], span),
        }
    }

    fn enumeration(&self, own: TypeId) -> Option<Arc<EnumType>> {
        self.model().and_then(|model| model.enumeration(own)).cloned()
    }

    fn check_same(&self, own: TypeId, other: TypeId, what: &str, span: Span) -> Result<(), Error> {
        let Some(model) = self.model().filter(|_| own != other) else {
            return Ok(());
        };
        let [expected, found] = [own, other].map(|id| format!("`{}`", model.name(id)));
        Err(types::mismatch(what.to_owned(), expected, found, span))
    }

    /// Declares an enumeration literal as what stands in front of its quotes.
    pub(super) fn declare_literal(
        &mut self,
        constant: NodeId,
        text: &str,
        span: Span,
    ) -> Result<(), Error> {
        let Some(own) = self.literal_type(text, span)? else {
            return Ok(());
        };
        if let (Some(declared), Op::Constant(value)) =
            (self.enumeration(own), &self.plan.node(constant).op)
        {
            enum_number(&declared, value).map_err(|error| error.at(span))?;
        }
        self.declare(constant, TypeRef { item: Item::Enum(own), collection: false });
        Ok(())
    }

    /// The type of an enumeration literal, where there is a schema.
    fn literal_type(&self, text: &str, span: Span) -> Result<Option<TypeId>, Error> {
        let Some((name, _)) = text.split_once('\'') else {
            return Ok(None);
        };
        let (Some(id), Some(model)) = (self.find_type(name, span)?, self.model()) else {
            return Ok(None);
        };
        match model.item(id) {
            Item::Enum(own) => Ok(Some(own)),
            _ => {
                let expected = "an enumeration".to_owned();
                let found = format!("`{}`", model.name(id));
                Err(types::mismatch("the type of the literal".to_owned(), expected, found, span))
            }
        }
    }
}

fn is_enum(item: &Item) -> bool {
    matches!(item, Item::Enum(_))
}

/// The number of a constant enumeration value; none for null.
fn enum_number(declared: &EnumType, value: &Value<'_>) -> Result<Option<i64>, Error> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) | Value::Enum(text) => {
            declared.value(text).map(Some).ok_or_else(|| {
                let error = Error::new(ErrorKind::InvalidLiteral {
                    text: text.clone().into_owned(),
                    what: "a member of the enumeration",
                });
                match declared.suggest(text) {
                    Some(close) => error.with_help(format!("did you mean `{close}`?")),
                    None => error.with_help(declared.help()),
                }
            })
        }
        Value::Number(number) => match number.to_integer().map(i64::try_from) {
            Some(Ok(value)) => Ok(Some(value)),
            _ => Err(not_a_member(declared, value)),
        },
        _ => Err(not_a_member(declared, value)),
    }
}

fn not_a_member(declared: &EnumType, value: &Value<'_>) -> Error {
    let found = value.type_of().map_or(Types::NONE, Types::from).names();
    let (what, expected) = ("the value".to_owned(), format!("`{}`", declared.name));
    Error::new(ErrorKind::TypeMismatch { what, expected, found })
}

/// What payloads may hold for the value of one member.
fn texts(declared: &EnumType, value: i64) -> impl Iterator<Item = Value<'static>> {
    let named = declared.members.iter().filter(move |(_, member)| *member == value);
    let names = named.map(|(name, _)| name.to_string());
    names.chain([value.to_string()]).map(|text| Value::Enum(text.into()))
}

/// A constant string as a value of a declared type whose values payloads write as strings.
fn read_text(value: &Value<'_>, declared: Primitive) -> Result<Option<Value<'static>>, Error> {
    let Value::String(text) = value else {
        return Ok(None);
    };
    if !is_text_in_payloads(declared) {
        return Ok(None);
    }
    let wanted = EdmType::Primitive(declared).value_type();
    let read = match wanted {
        Type::Binary => parse_binary(text).map(Value::Binary),
        wanted => value.read_as(wanted).map(|read| read.into_owned().into_owned()),
    };
    let what = match wanted {
        Type::Date => "a date such as 2021-08-15",
        Type::DateTimeOffset => "a point in time such as 2021-08-15T15:28:33Z",
        Type::TimeOfDay => "a time of day such as 15:28:33",
        Type::Duration => "a duration such as P1DT2H30M5.5S",
        Type::Guid => "a guid",
        _ => "base64url",
    };
    let invalid =
        || Error::new(ErrorKind::InvalidLiteral { text: text.clone().into_owned(), what });
    read.map(Some).ok_or_else(invalid)
}

/// Says how a constant would be written that fits.
fn with_help(error: Error, wanted: Types, found: &Op) -> Error {
    let Op::Constant(value) = found else {
        return error;
    };
    let is = |one: Type| wanted == one.into();
    match value {
        Value::String(text) if is(Type::Number) && Number::parse(text).is_some() => {
            error.with_help(format!("write the number without quotes: {text}"))
        }
        Value::String(text) if is(Type::Boolean) && matches!(text.as_ref(), "true" | "false") => {
            error.with_help(format!("write it without quotes: {text}"))
        }
        Value::Date(date) if is(Type::DateTimeOffset) => {
            error.with_help(format!("write a point in time: {date}T00:00:00Z"))
        }
        Value::DateTimeOffset(point) if is(Type::Date) => {
            error.with_help(format!("write a date: {}", point.date()))
        }
        Value::String(_) | Value::Collection(_) | Value::Structured(_) | Value::Null => error,
        value if is(Type::String) => match value.to_text() {
            Some(text) => error.with_help(format!("write it in quotes: '{text}'")),
            None => error,
        },
        _ => error,
    }
}
