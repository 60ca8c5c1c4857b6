//! Tests of virtual properties: they hold where they hold for any of the paths that the name stands for,
//! ignoring case.

use super::bind::Binder;
use super::{NodeId, Op, Operation, types};
use crate::ast::{Kind, Node as AstNode, Operator};
use crate::error::Error;
use crate::functions;
use crate::schema::{Item, MemberKind, Path, TypeRef};
use crate::span::Span;
use crate::value::{Collection, EdmType, Primitive, Type, Value};

impl<'q> Binder<'q, '_> {
    /// What a node is bound to that is a test of a virtual property, or stands for one of its paths.
    #[inline]
    pub(super) fn virtually(&mut self, node: AstNode<'q>) -> Result<Option<NodeId>, Error> {
        if self.declared.virtual_names.is_empty() {
            return Ok(None);
        }
        if let Some(id) = self.stand_in(node) {
            return Ok(Some(id));
        }
        match self.virtual_in(node)? {
            Some(subject) => self.any_path(node, subject).map(Some),
            None => Ok(None),
        }
    }

    /// Whether an operand asks for a virtual property.
    pub(super) fn is_virtual_test(&mut self, operand: AstNode<'q>) -> Result<bool, Error> {
        Ok(!self.declared.virtual_names.is_empty() && self.virtual_in(operand)?.is_some())
    }

    fn stand_in(&self, node: AstNode<'q>) -> Option<NodeId> {
        let mut stand_ins = self.declared.stand_ins.iter().rev();
        stand_ins.find(|(subject, _)| subject.is(node)).map(|(_, id)| *id)
    }

    /// The virtual property that a test asks for: tests inside it ask for their own.
    fn virtual_in(&mut self, test: AstNode<'q>) -> Result<Option<AstNode<'q>>, Error> {
        if !is_test(test) {
            return Ok(None);
        }
        let mut work = Vec::new();
        test.for_each_child(|child| work.push(child));
        while let Some(node) = work.pop() {
            match node.kind() {
                Kind::Path(_) if self.stand_in(node).is_none() => {
                    if self.virtual_paths(node)?.is_some() {
                        return Ok(Some(node));
                    }
                }
                Kind::Path(_) => {}
                _ if is_test(node) => {}
                _ => node.for_each_child(|child| work.push(child)),
            }
        }
        Ok(None)
    }

    /// What a path that ends in a virtual property starts from, and what it stands for.
    fn virtual_paths(&mut self, path: AstNode<'q>) -> Result<Option<(NodeId, &'q [Path])>, Error> {
        let Kind::Path(segments) = path.kind() else {
            return Ok(None);
        };
        let before = segments.len().saturating_sub(1);
        let Some(Kind::Name(name)) = segments.get(before).map(AstNode::kind) else {
            return Ok(None);
        };
        if !self.declared.virtual_names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Ok(None);
        }
        let of = match before {
            0 if self.variable(name).is_some() => return Ok(None),
            0 => self.this,
            _ => self.walk(segments.iter().take(before), path.place())?,
        };
        let member = self.look(of, name, path.place())?;
        Ok(member.and_then(|member| match &member.kind {
            MemberKind::Virtual(paths) => Some((of, paths.as_slice())),
            _ => None,
        }))
    }

    /// A test of a virtual property: of any of its paths. What is not equal is not equal to all of them.
    fn any_path(&mut self, test: AstNode<'q>, subject: AstNode<'q>) -> Result<NodeId, Error> {
        let any = self.any_of(test, subject)?;
        match test.kind() {
            Kind::Binary(Operator::Ne, ..) => self.apply(Operation::Not, &[any], test.place()),
            _ => Ok(any),
        }
    }

    fn any_of(&mut self, test: AstNode<'q>, subject: AstNode<'q>) -> Result<NodeId, Error> {
        let (of, paths) = self.virtual_paths(subject)?.unwrap_or((self.this, &[]));
        let mut alternatives = Vec::with_capacity(paths.len());
        for path in paths {
            let bound = self.deeper(test.place(), |binder| binder.along(test, subject, of, path));
            alternatives.push(bound?);
        }
        match *alternatives {
            [only] => Ok(only),
            _ => self.push(Op::Or(alternatives.into()), test.place(), Type::Boolean),
        }
    }

    /// The test of one path; of any item where it goes through a collection.
    fn along(
        &mut self,
        test: AstNode<'q>,
        subject: AstNode<'q>,
        of: NodeId,
        path: &'q [Box<str>],
    ) -> Result<NodeId, Error> {
        let place = subject.place();
        let (mut value, mut rest) = (of, path);
        while let Some((name, after)) = rest.split_first() {
            (value, _) = self.named(value, name, place, place)?;
            rest = after;
            if self.declared_type(value).is_some_and(|declared| declared.collection) {
                let item = self.items_of(value, "`any`", place)?;
                let lambda = self.with_item(item, Some(""), place, |binder| {
                    let item = binder.scope.last().map_or(value, |(_, variable)| *variable);
                    binder.along(test, subject, item, rest)
                })?;
                return self.push(Op::Any(value, Some(lambda)), test.place(), Type::Boolean);
            }
        }
        let text = self.as_text(value, place)?;
        self.declared.stand_ins.push((subject, text));
        let bound = self.test_ignoring_case(test);
        self.declared.stand_ins.pop();
        // What is not there does not match, so that `not` holds for it.
        let null = self.constant(Value::Null, place)?;
        let there = self.compare(Operator::Ne, [value, null], place)?;
        self.push(Op::And([there, bound?].into()), test.place(), Type::Boolean)
    }

    /// A value as its text, where it is declared as something else.
    fn as_text(&mut self, value: NodeId, place: Span) -> Result<NodeId, Error> {
        match self.declared_item(value) {
            Some(Item::Primitive(primitive)) if primitive != Primitive::String => {
                let string = EdmType::Primitive(Primitive::String);
                self.apply(Operation::Cast(string), &[value], place)
            }
            _ => Ok(value),
        }
    }

    fn test_ignoring_case(&mut self, test: AstNode<'q>) -> Result<NodeId, Error> {
        let span = test.place();
        if let Some(another) = self.virtual_in(test)? {
            return self.any_of(test, another);
        }
        match test.kind() {
            Kind::Call(name, arguments) => {
                let function = super::call::checked(name, arguments, span)?;
                let mut operands = self.all(arguments)?;
                if function.has_pattern() {
                    self.ignore_case_of_pattern(&mut operands, span)?;
                    return self.call_of(function, operands, span);
                }
                for operand in &mut operands {
                    *operand = self.lower_case(*operand, span)?;
                }
                self.call_of(function, operands, span)
            }
            Kind::Binary(op, left, right) => {
                if op == Operator::In {
                    // For its length alone.
                    self.literals(right)?;
                }
                let [left, right] = [self.expr(left)?, self.expr(right)?];
                self.check_not_null([left, right])?;
                let operands = [self.lower_case(left, span)?, self.lower_case(right, span)?];
                let bound = self.binary_of(op, operands, span)?;
                match op {
                    Operator::Ne => self.apply(Operation::Not, &[bound], span),
                    _ => Ok(bound),
                }
            }
            _ => self.expr(test),
        }
    }

    /// Whether there is a value is no question to several properties.
    fn check_not_null(&self, operands: [NodeId; 2]) -> Result<(), Error> {
        let nodes = operands.map(|id| self.plan.node(id));
        match nodes.into_iter().find(|node| matches!(node.op, Op::Constant(Value::Null))) {
            None => Ok(()),
            Some(null) => {
                let what = "what a virtual property is compared with".to_owned();
                let (expected, found) = ("a string".to_owned(), "null".to_owned());
                Err(types::mismatch(what, expected, found, null.span))
            }
        }
    }

    /// What `tolower` makes of strings, and of the strings of a list.
    fn lower_case(&mut self, id: NodeId, span: Span) -> Result<NodeId, Error> {
        let Some(function) = functions::find("tolower") else {
            return Ok(id);
        };
        let node = self.plan.node(id);
        match &node.op {
            Op::Constant(Value::Collection(Collection::Owned(items))) => {
                let place = node.span;
                let lower = |item: &Value<'static>| match item {
                    Value::String(text) => Value::String(text.to_lowercase().into()),
                    other => other.clone(),
                };
                let items = items.iter().map(lower).collect();
                self.constant(Value::Collection(Collection::Owned(items)), place)
            }
            Op::Constant(Value::String(_)) => {
                let place = node.span;
                self.apply_as(Operation::Call(function), &[id], Type::String.into(), place)
            }
            Op::Constant(_) => Ok(id),
            _ if types::may_be(node, Type::String) => {
                let lower =
                    self.apply_as(Operation::Call(function), &[id], Type::String.into(), span)?;
                self.declare(lower, TypeRef::one(Item::Primitive(Primitive::String)));
                Ok(lower)
            }
            _ => Ok(id),
        }
    }

    /// Adds the flag `i`.
    fn ignore_case_of_pattern(
        &mut self,
        operands: &mut Vec<NodeId>,
        span: Span,
    ) -> Result<(), Error> {
        let flags = match operands.get(2) {
            Some(flags) => match &self.plan.node(*flags).op {
                Op::Constant(Value::String(flags)) if !flags.contains('i') => format!("{flags}i"),
                _ => return Ok(()),
            },
            None => "i".to_owned(),
        };
        let flags = self.constant(Value::String(flags.into()), span)?;
        operands.truncate(2);
        operands.push(flags);
        Ok(())
    }
}

/// Whether a node is a comparison or a call that is true or false.
fn is_test(node: AstNode<'_>) -> bool {
    match node.kind() {
        Kind::Binary(op, ..) => matches!(
            op,
            Operator::Eq
                | Operator::Ne
                | Operator::Gt
                | Operator::Ge
                | Operator::Lt
                | Operator::Le
                | Operator::In
        ),
        Kind::Call(name, _) => functions::find(name).is_some_and(|function| {
            function.overloads.iter().any(|overload| overload.result == Type::Boolean)
        }),
        _ => false,
    }
}
