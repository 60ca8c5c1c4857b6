//! From syntax tree to plan: names, literals, types, limits, constants.

use super::declared::{Declared, ModelType};
use super::level::{Level, Shared};
use super::literal::literal;
use super::operation::{arithmetic, compare, compare_weight};
use super::set::Set;
use super::{NodeId, Op, Operation, Plan, Variable, bounds, types};
use crate::ast::{Expr, Kind, LiteralKind, Node as AstNode, Nodes, Operator};
use crate::error::{Bound, Error, Found, Kind as ErrorKind};
use crate::functions::Context;
use crate::limits::Settings;
use crate::span::Span;
use crate::value::{Collection, DateTimeOffset, EdmType, Type, Types, Value};

/// `in` lists of more constants than this are hashed; shorter ones are compared one by one.
const HASHED: usize = 8;

/// What messages call a constant of an `in` list.
const ITEM: &str = "an item of the list";

/// What is known of a parameter alias.
enum AliasState {
    Binding,
    Bound(NodeId),
}

pub(super) struct Binder<'q, 's> {
    pub(super) level: &'s Level<'s, 'q>,
    pub(super) plan: Box<Plan>,
    aliases: Vec<(&'q str, AliasState)>,
    /// Computed properties, and those whose expressions are being bound.
    pub(super) computed: Vec<(&'q str, NodeId)>,
    pub(super) computing: Vec<&'q str>,
    /// The lambda variables in scope, innermost last.
    pub(super) scope: Vec<(&'q str, NodeId)>,
    /// Expressions that are being bound inside one another.
    depth: usize,
    /// What unprefixed names are properties of: the record, or the item of a nested filter.
    pub(super) this: NodeId,
    pub(super) record: NodeId,
    /// What `$it` is: the record of the request.
    pub(super) it: NodeId,
    pub(super) context: Context,
    pub(super) shared: &'s mut Shared,
    pub(super) declared: Declared<'q>,
}

impl<'q, 's> Binder<'q, 's> {
    pub(super) fn new(level: &'s Level<'s, 'q>, plan: Box<Plan>, shared: &'s mut Shared) -> Self {
        let Settings { limits, collation, names, .. } = plan.settings;
        Binder {
            level,
            plan,
            aliases: Vec::new(),
            computed: Vec::new(),
            computing: Vec::new(),
            scope: Vec::new(),
            depth: 0,
            this: NodeId(0),
            record: NodeId(0),
            it: NodeId(0),
            // Binding folds nothing that depends on the time.
            context: Context { now: DateTimeOffset::MIN, collation, names, limits },
            shared,
            declared: Declared::new(level.declared),
        }
    }

    /// An expression as a whole.
    pub(super) fn root(&mut self, expr: &'q Expr) -> Result<NodeId, Error> {
        self.check_height(expr.height())?;
        self.expr(expr.root())
    }

    pub(super) fn check_height(&self, height: usize) -> Result<(), Error> {
        let most = self.plan.settings.limits.height();
        if height > most {
            return Err(Error::limit(Bound::HEIGHT, most, Found::More));
        }
        Ok(())
    }

    pub(super) fn predicate(
        &mut self,
        node: AstNode<'q>,
        what: &str,
        height: usize,
    ) -> Result<NodeId, Error> {
        self.check_height(height)?;
        self.condition(node, what)
    }

    /// An expression that must be boolean as far as is known.
    pub(super) fn condition(&mut self, node: AstNode<'q>, what: &str) -> Result<NodeId, Error> {
        let id = self.expr(node)?;
        types::expect(self.plan.node(id), &[Type::Boolean], what, "a boolean")
            .map_err(|error| error.at(node.place()))?;
        Ok(id)
    }

    /// An expression, one level deeper than what it is part of: aliases add to the height of trees.
    pub(super) fn expr(&mut self, node: AstNode<'q>) -> Result<NodeId, Error> {
        self.deeper(node.place(), |binder| binder.kind(node))
    }

    /// Whatever makes binding recursive counts.
    #[inline(always)]
    pub(super) fn deeper(
        &mut self,
        place: Span,
        bind: impl FnOnce(&mut Self) -> Result<NodeId, Error>,
    ) -> Result<NodeId, Error> {
        let outer = self.depth;
        self.depth = outer.saturating_add(1);
        self.check_height(self.depth).map_err(|error| error.at(place))?;
        let bound = bind(self);
        self.depth = outer;
        bound
    }

    fn kind(&mut self, node: AstNode<'q>) -> Result<NodeId, Error> {
        let span = node.place();
        if let Some(bound) = self.virtually(node)? {
            return Ok(bound);
        }
        match node.kind() {
            Kind::Literal(kind, text) => self.literal(kind, text, span),
            Kind::Not(operand) => self.not(operand, span),
            Kind::Negate(operand) => self.negate(operand, span),
            Kind::And(operands) => self.and(operands, span),
            Kind::Or(operands) => self.or(operands, span),
            Kind::Binary(op, left, right) => self.binary(op, left, right, span),
            Kind::List(items) | Kind::Array(items) => self.array(items, span),
            Kind::Object(members) => self.object(members, span),
            Kind::Member(_, value) | Kind::Argument(_, value) => self.expr(value),
            Kind::Call(name, arguments) => self.call(name, arguments, span),
            Kind::Case(parts) => self.case(parts, span),
            Kind::Cast(operand, name) => {
                self.typed(operand, name, Operation::Cast, ModelType::Cast, span)
            }
            Kind::IsOf(operand, name) => {
                self.typed(operand, name, Operation::IsOf, ModelType::IsOf, span)
            }
            Kind::Path(segments) => self.path(segments, span),
            Kind::Term(_)
            | Kind::Phrase(_)
            | Kind::Incomplete(_)
            | Kind::SearchNot(_)
            | Kind::SearchAnd(_)
            | Kind::SearchOr(_)
            | Kind::Search(_) => Err(not_supported("a search inside an expression", span)),
            _ => self.segment_alone(node),
        }
    }

    fn literal(&mut self, kind: LiteralKind, text: &str, span: Span) -> Result<NodeId, Error> {
        let value = literal(kind, text).map_err(|error| error.at(span))?;
        let constant = self.constant(value, span)?;
        if kind == LiteralKind::Enum {
            self.declare_literal(constant, text, span)?;
        }
        Ok(constant)
    }

    fn not(&mut self, operand: AstNode<'q>, span: Span) -> Result<NodeId, Error> {
        let operand = self.condition(operand, "the operand of `not`")?;
        self.apply(Operation::Not, &[operand], span)
    }

    fn negate(&mut self, operand: AstNode<'q>, span: Span) -> Result<NodeId, Error> {
        let operand = self.expr(operand)?;
        let node = self.plan.node(operand);
        let types = [Type::Number, Type::Duration];
        types::expect(node, &types, "the operand of `-`", "a number or Edm.Duration")?;
        let result = types.into_iter().filter(|one| types::may_be(node, *one)).collect();
        let operand = self.read(operand)?;
        self.apply_as(Operation::Negate, &[operand], result, span)
    }

    fn and(&mut self, operands: Nodes<'q>, span: Span) -> Result<NodeId, Error> {
        let mut bound = Vec::with_capacity(operands.len());
        for operand in operands.iter() {
            bound.push(self.condition(operand, "an operand of `and`")?);
        }
        self.push(Op::And(bound.into()), span, Type::Boolean)
    }

    fn array(&mut self, items: Nodes<'q>, span: Span) -> Result<NodeId, Error> {
        let items = self.all(items)?;
        self.apply(Operation::Array, &items, span)
    }

    /// The values of a list of nothing but literals.
    pub(super) fn literals(&self, list: AstNode<'q>) -> Result<Option<Vec<Value<'static>>>, Error> {
        let (Kind::List(items) | Kind::Array(items)) = list.kind() else {
            return Ok(None);
        };
        let most = self.plan.settings.limits.in_items;
        bounds::check_count(Bound::IN_ITEMS, most, items.len())
            .map_err(|error| error.at(list.place()))?;
        let mut values = Vec::with_capacity(items.len());
        for item in items.iter() {
            let Kind::Literal(kind, text) = item.kind() else {
                return Ok(None);
            };
            values.push(literal(kind, text).map_err(|error| error.at(item.place()))?);
        }
        Ok(Some(values))
    }

    fn object(&mut self, members: Nodes<'q>, span: Span) -> Result<NodeId, Error> {
        let values = self.all(members)?;
        let names = members.iter().filter_map(|member| match member.kind() {
            Kind::Member(name, _) => Some(name.into()),
            _ => None,
        });
        self.apply(Operation::Object(names.collect()), &values, span)
    }

    fn case(&mut self, parts: Nodes<'q>, span: Span) -> Result<NodeId, Error> {
        let mut pairs = Vec::with_capacity(parts.len() / 2);
        let mut parts = parts.iter();
        while let (Some(condition), Some(result)) = (parts.next(), parts.next()) {
            let condition = self.condition(condition, "a condition of `case`")?;
            pairs.push((condition, self.expr(result)?));
        }
        let types = pairs.iter().map(|(_, result)| self.plan.node(*result).types);
        let types = types.fold(Types::NONE, Types::or);
        self.push(Op::Case(pairs.into()), span, types)
    }

    /// `cast` and `isof`: of a primitive type, or of a type of a model.
    fn typed(
        &mut self,
        operand: Option<AstNode<'q>>,
        name: &str,
        primitive: fn(EdmType) -> Operation,
        model: ModelType,
        span: Span,
    ) -> Result<NodeId, Error> {
        let operand = self.instance(operand)?;
        match edm_type(name).map_err(|error| error.at(span))? {
            Some(edm_type) => self.apply(primitive(edm_type), &[operand], span),
            None => self.model_type(operand, name, model, span, span),
        }
    }

    /// The operand of `cast` and `isof`, or the current instance.
    fn instance(&mut self, operand: Option<AstNode<'q>>) -> Result<NodeId, Error> {
        match operand {
            Some(operand) => self.expr(operand),
            None => Ok(self.this),
        }
    }

    pub(super) fn all(&mut self, nodes: Nodes<'q>) -> Result<Vec<NodeId>, Error> {
        let mut ids = Vec::with_capacity(nodes.len());
        for node in nodes.iter() {
            ids.push(self.expr(node)?);
        }
        Ok(ids)
    }

    fn binary(
        &mut self,
        op: Operator,
        left: AstNode<'q>,
        right: AstNode<'q>,
        span: Span,
    ) -> Result<NodeId, Error> {
        let left = self.expr(left)?;
        if op == Operator::In
            && let Some(mut items) = self.literals(right)?
        {
            let literal = |position| match right.kind() {
                Kind::List(items) | Kind::Array(items) => items.get(position),
                _ => None,
            };
            let left = self.read_items(left, &mut items, literal, ITEM, right.place())?;
            return self.is_one_of(left, items, span);
        }
        let operands = [left, self.expr(right)?];
        self.binary_of(op, operands, span)
    }

    /// An operator over operands that are bound.
    pub(super) fn binary_of(
        &mut self,
        op: Operator,
        mut operands: [NodeId; 2],
        span: Span,
    ) -> Result<NodeId, Error> {
        let [left, right] = operands.map(|id| self.plan.node(id));
        if let Some(row) = arithmetic(op) {
            let result = types::arithmetic(op, row, left, right, span)?;
            for operand in &mut operands {
                *operand = self.read(*operand)?;
            }
            return self.apply_as(Operation::Binary(op), &operands, result, span);
        }
        match op {
            Operator::Has => {
                let what = "the right operand of `has`";
                types::expect(right, &[Type::Enum, Type::String], what, "an enumeration value")?;
                self.has(operands, span)
            }
            Operator::In => {
                let what = "the right operand of `in`";
                types::expect(right, &[Type::Collection], what, "a collection").map_err(
                    |error| error.with_help("write a list in parentheses: `a in (1,2)`"),
                )?;
                // A list that an alias shares is copied.
                if let Op::Constant(Value::Collection(Collection::Owned(items))) = &right.op
                    && let Some(left) = self.shared.folding.checked_sub(items.len() as u64)
                {
                    self.shared.folding = left;
                    let ([left, list], mut items) = (operands, items.clone());
                    let place = self.plan.node(list).span;
                    let left = self.read_items(left, &mut items, |_| None, ITEM, place)?;
                    return self.is_one_of(left, items, span);
                }
                self.comparison(op, operands, span)
            }
            _ => self.comparison(op, operands, span),
        }
    }

    /// `in` a list of constants: a long one is hashed.
    pub(super) fn is_one_of(
        &mut self,
        left: NodeId,
        items: Vec<Value<'static>>,
        span: Span,
    ) -> Result<NodeId, Error> {
        if items.len() > HASHED {
            let set = Operation::InSet(Box::new(Set::new(items, self.context.collation)));
            return self.apply(set, &[left], span);
        }
        let list = self.constant(Value::Collection(Collection::Owned(items)), span)?;
        self.compare(Operator::In, [left, list], span)
    }

    /// A comparison, or its result where both operands are constant.
    pub(super) fn compare(
        &mut self,
        op: Operator,
        [left, right]: [NodeId; 2],
        span: Span,
    ) -> Result<NodeId, Error> {
        if let (Op::Constant(left), Op::Constant(right)) =
            (&self.plan.node(left).op, &self.plan.node(right).op)
            && let Some(rest) = self.shared.folding.checked_sub(compare_weight(left, right))
        {
            let result = compare(op, left, right, self.context.collation);
            self.shared.folding = rest;
            return self.constant(Value::Boolean(result), span);
        }
        self.push(Op::Compare(op, left, right), span, Type::Boolean)
    }

    /// The value of a parameter alias, bound once in the scope of the record.
    pub(super) fn alias(&mut self, name: &str, span: Span) -> Result<Option<NodeId>, Error> {
        let levels = std::iter::successors(Some(self.level), |level| level.outside);
        let mut aliases = levels.flat_map(|level| {
            let given = level.options.map_or(&[][..], |options| &options.aliases);
            given.iter().map(|alias| (level.depth, alias))
        });
        let Some((depth, alias)) = aliases.find(|(_, alias)| alias.name == name) else {
            return Ok(None);
        };
        if depth < self.level.depth {
            self.shared.asked_aliases.insert((depth, name.into()));
        }
        let known = self.aliases.iter().position(|(known, _)| *known == name);
        match known.and_then(|known| self.aliases.get(known)) {
            Some((_, AliasState::Bound(id))) => return Ok(Some(*id)),
            Some((_, AliasState::Binding)) => {
                return Err(Error::new(ErrorKind::AliasCycle(name.to_owned())).at(span));
            }
            None => {}
        }
        self.aliases.push((&alias.name, AliasState::Binding));
        let scope = std::mem::take(&mut self.scope);
        let this = std::mem::replace(&mut self.this, self.record);
        let id = self.root(&alias.value).map_err(|error| error.with_option(&format!("@{name}")))?;
        self.scope = scope;
        self.this = this;
        if let Some((_, state)) = self.aliases.iter_mut().find(|(known, _)| *known == name) {
            *state = AliasState::Bound(id);
        }
        Ok(Some(id))
    }

    /// The value of a lambda variable in scope.
    pub(super) fn variable(&self, name: &str) -> Option<NodeId> {
        self.scope.iter().rev().find(|(known, _)| *known == name).map(|(_, id)| *id)
    }

    /// A variable of its own, under a name or as what unprefixed names are properties of.
    pub(super) fn with_variable(
        &mut self,
        name: Option<&'q str>,
        span: Span,
        bind: impl FnOnce(&mut Self) -> Result<NodeId, Error>,
    ) -> Result<(Variable, NodeId), Error> {
        let limits = self.plan.settings.limits;
        if self.scope.len() >= limits.lambda_depth {
            return Err(
                Error::limit(Bound::LAMBDA_DEPTH, limits.lambda_depth, Found::More).at(span)
            );
        }
        let variable = Variable(self.plan.variables);
        self.plan.variables = variable.0.saturating_add(1);
        self.plan.names.push(name.unwrap_or_default().into());
        let id = self.push(Op::Variable(variable), span, Types::ANY)?;
        let this = self.this;
        self.scope.push((name.unwrap_or_default(), id));
        if name.is_none() {
            self.this = id;
        }
        let bound = bind(self);
        self.this = this;
        self.scope.pop();
        bound.map(|bound| (variable, bound))
    }
}

pub(super) fn not_supported(what: &str, span: Span) -> Error {
    Error::new(ErrorKind::NotSupported(what.to_owned())).at(span)
}

/// The primitive type of a name, or none for the name of a model's type.
fn edm_type(name: &str) -> Result<Option<EdmType>, Error> {
    match EdmType::parse(name) {
        None if name.starts_with("Edm.") || name.starts_with("Collection(") => {
            Err(Error::new(ErrorKind::NotSupported(format!("the type `{name}`"))))
        }
        known => Ok(known),
    }
}
