//! From syntax tree to plan: names, literals, types, limits, constants.

use super::declared::{Declared, ModelType};
use super::literal::literal;
use super::operation::{arithmetic, compare, compare_weight, weight};
use super::selection::{Expanded, Selected};
use super::set::Set;
use super::{Form, Node, NodeId, Op, Operation, Plan, Search, Variable, bounds, supported, types};
use crate::ast::{
    Expr, Kind, LiteralKind, Node as AstNode, Nodes, Operator, Options, SystemOption,
};
use crate::error::{Bound, Error, Found, Kind as ErrorKind};
use crate::functions::Context;
use crate::limits::Settings;
use crate::schema::EntityType;
use crate::span::Span;
use crate::value::{Collection, DateTimeOffset, EdmType, Type, Types, Value};

/// `in` lists of more constants than this are hashed; shorter ones are compared one by one.
const HASHED: usize = 8;

/// Evaluation steps that are spent on computing constants, which also bounds what they hold.
const FOLDING: u64 = 500_000;

/// The options at one level: those of the query, or of an item with what paths add to them.
pub(super) struct Level<'l, 'q> {
    /// None where nothing but a path leads here.
    pub(super) options: Option<&'q Options>,
    /// The level that has the item.
    pub(super) outside: Option<&'l Level<'l, 'q>>,
    pub(super) selects: Vec<Selected<'q>>,
    pub(super) expands: Vec<Expanded<'q>>,
    /// Whether members stay that nothing names.
    pub(super) all: bool,
    /// The type that items must have.
    pub(super) items_of: Option<&'q str>,
    /// What the records are declared as.
    pub(super) declared: Option<&'q EntityType>,
    pub(super) depth: usize,
    pub(super) expand_depth: usize,
}

/// What all levels of a query take from.
pub(super) struct Shared {
    /// Steps that may still be spent on computing constants.
    folding: u64,
    /// Regular expressions that were compiled.
    pub(super) patterns: usize,
    /// Nodes of all plans.
    pub(super) nodes: usize,
}

pub(super) fn bind(
    options: &Options,
    places: &[(SystemOption, Span)],
    settings: Settings,
    text: &str,
    declared: Option<&EntityType>,
) -> Result<Plan, Error> {
    supported::check_supported(options, places)?;
    bounds::check(options, &settings.limits)?;
    let selects = Selected::all(&options.select);
    let expands = Expanded::all(&options.expand, settings.limits.expand_depth);
    let level = Level {
        options: Some(options),
        outside: None,
        all: selects.is_empty() || selects.iter().any(Selected::is_star),
        selects,
        expands: expands.map_err(|error| error.with_option("$expand"))?,
        items_of: None,
        declared,
        depth: 0,
        expand_depth: 0,
    };
    let mut shared = Shared { folding: FOLDING, patterns: 0, nodes: 0 };
    bind_level(&level, settings, text, &mut shared)
}

/// Binds the options of a level.
pub(super) fn bind_level(
    level: &Level<'_, '_>,
    settings: Settings,
    text: &str,
    shared: &mut Shared,
) -> Result<Plan, Error> {
    let most = settings.limits.height();
    if level.depth > most {
        return Err(Error::limit(Bound::DEPTH, most, Found::More));
    }
    let mut nothing = None;
    let options = match level.options {
        Some(options) => options,
        None => nothing.insert(Options::default()),
    };
    let mut binder = Binder {
        level,
        plan: Plan {
            nodes: Vec::with_capacity(room(options)),
            variables: 0,
            names: Vec::new(),
            filter: None,
            orderby: Vec::new(),
            skip: options.skip.unwrap_or(0),
            top: options.top,
            count: options.count.unwrap_or(false),
            shape: None,
            nested: level.outside.is_some(),
            of_collection: options.given().any(SystemOption::is_of_collection),
            settings,
            text: text.to_owned(),
        },
        aliases: Vec::new(),
        computed: Vec::new(),
        scope: Vec::new(),
        depth: 0,
        this: NodeId(0),
        record: NodeId(0),
        it: NodeId(0),
        context: Context {
            // Binding folds nothing that depends on it.
            now: DateTimeOffset::MIN,
            collation: settings.collation,
            limits: settings.limits,
        },
        shared,
        declared: Declared::new(level.declared),
    };
    binder.record = binder.push(Op::Record, Span::NOWHERE, Types::ANY)?;
    binder.this = binder.record;
    binder.it = match level.outside {
        None => binder.record,
        Some(_) => binder.push(Op::Outer, Span::NOWHERE, Types::ANY)?,
    };
    binder.declare_record();
    if let Some(options) = level.options {
        binder.options(options)?;
    }
    binder.plan.shape = binder.shape()?;
    Ok(binder.plan)
}

/// Nodes that most options become: two nodes of a tree, a path and a name, are one member.
fn room(options: &Options) -> usize {
    let keys = options.orderby.iter().map(|item| &item.expr);
    let nodes: usize = options.filter.iter().chain(keys).map(Expr::node_count).sum();
    (nodes.saturating_mul(3) / 4).saturating_add(2)
}

/// What is known of a parameter alias.
enum AliasState {
    Binding,
    Bound(NodeId),
}

pub(super) struct Binder<'q, 's> {
    pub(super) level: &'s Level<'s, 'q>,
    pub(super) plan: Plan,
    aliases: Vec<(&'q str, AliasState)>,
    /// Computed properties.
    pub(super) computed: Vec<(&'q str, NodeId)>,
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

impl<'q> Binder<'q, '_> {
    /// Everything but the shape of the answer.
    fn options(&mut self, options: &'q Options) -> Result<(), Error> {
        self.compute(options).map_err(|error| self.plan.about(error, "$compute"))?;
        let mut conditions = Vec::new();
        if let Some(name) = self.level.items_of {
            let nowhere = Span::NOWHERE;
            let test = self.model_type(self.record, name, ModelType::IsOf, nowhere, nowhere)?;
            conditions.push(test);
        }
        if let Some(filter) = &options.filter {
            let bound = self.predicate(filter.root(), "the value of `$filter`", filter.height());
            conditions.push(bound.map_err(|error| self.plan.about(error, "$filter"))?);
        }
        if let Some(search) = &options.search {
            let bound = self.search(search.root(), self.record);
            conditions.push(bound.map_err(|error| self.plan.about(error, "$search"))?);
        }
        self.plan.filter = match *conditions {
            [] => None,
            [only] => Some(only),
            _ => Some(self.push(Op::And(conditions.into()), Span::NOWHERE, Type::Boolean)?),
        };
        for item in &options.orderby {
            let bound = self.root(&item.expr).and_then(|key| self.read(key));
            let bound = bound.map_err(|error| self.plan.about(error, "$orderby"))?;
            self.plan.orderby.push((bound, item.direction));
        }
        // An alias that nothing uses is checked all the same.
        for alias in &options.aliases {
            self.alias(&alias.name, Span::NOWHERE)?;
        }
        Ok(())
    }

    /// Whether a search finds something in a value.
    pub(super) fn search(&mut self, search: AstNode<'q>, of: NodeId) -> Result<NodeId, Error> {
        let (most, place) = (self.plan.settings.limits.search_terms, search.place());
        match Search::new(search, most)? {
            Some(search) => self.push(Op::Search(of, search), place, Type::Boolean),
            None => Err(not_supported("a search of anything but terms", place)),
        }
    }

    /// An expression as a whole.
    pub(super) fn root(&mut self, expr: &'q Expr) -> Result<NodeId, Error> {
        self.check_height(expr.height())?;
        self.expr(expr.root())
    }

    fn check_height(&self, height: usize) -> Result<(), Error> {
        let most = self.plan.settings.limits.height();
        if height > most {
            return Err(Error::limit(Bound::HEIGHT, most, Found::More));
        }
        Ok(())
    }

    fn predicate(&mut self, node: AstNode<'q>, what: &str, height: usize) -> Result<NodeId, Error> {
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
        let outer = self.depth;
        self.depth = outer.saturating_add(1);
        self.check_height(self.depth).map_err(|error| error.at(node.place()))?;
        let bound = self.kind(node);
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
        let operand = self.read(operand)?;
        self.apply_as(Operation::Negate, &[operand], types.into_iter().collect(), span)
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
            let left = self.read_items(left, &mut items, literal, right.place())?;
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
                    let left = self.read_items(left, &mut items, |_| None, place)?;
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
        let mut aliases = levels.filter_map(|level| level.options).flat_map(|given| &given.aliases);
        let Some(alias) = aliases.find(|alias| alias.name == name) else {
            return Ok(None);
        };
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

    pub(super) fn constant(&mut self, value: Value<'static>, span: Span) -> Result<NodeId, Error> {
        let types = value.type_of().map_or(Types::NONE, Types::from);
        self.push(Op::Constant(value), span, types)
    }

    /// Adds an operation, or its result where all operands are constant.
    pub(super) fn apply(
        &mut self,
        operation: Operation,
        operands: &[NodeId],
        span: Span,
    ) -> Result<NodeId, Error> {
        let types = operation.types();
        self.apply_as(operation, operands, types, span)
    }

    /// The same for an operation whose result depends on the types of its operands.
    pub(super) fn apply_as(
        &mut self,
        operation: Operation,
        operands: &[NodeId],
        types: Types,
        span: Span,
    ) -> Result<NodeId, Error> {
        let constant = |id: &NodeId| match &self.plan.node(*id).op {
            Op::Constant(value) => Some(value),
            _ => None,
        };
        if operation.is_pure() && operands.iter().all(|id| constant(id).is_some()) {
            let mut constants = Vec::with_capacity(operands.len());
            constants.extend(operands.iter().filter_map(constant).map(Value::borrowed));
            let weights = constants.iter().map(weight).fold(1, u64::saturating_add);
            let steps = operation.steps(&constants).saturating_add(operation.static_steps());
            let left = self.shared.folding.checked_sub(steps.saturating_add(weights));
            // What fails, or takes too long, is left to be evaluated, which may be nowhere.
            if let Some(left) = left
                && let Ok(value) = operation.apply(&constants, &self.context)
            {
                let value = value.into_owned();
                self.shared.folding = left;
                return self.constant(value, span);
            }
        }
        self.push(Op::Apply(operation, operands.into()), span, types)
    }

    #[inline(always)]
    pub(super) fn push(
        &mut self,
        op: Op,
        span: Span,
        types: impl Into<Types>,
    ) -> Result<NodeId, Error> {
        let own = match &op {
            Op::Apply(operation, _) => operation.static_steps(),
            Op::Compare(Operator::In, _, list) => match &self.plan.node(*list).op {
                Op::Constant(Value::Collection(items)) => items.len() as u64,
                _ => 0,
            },
            _ => 0,
        };
        let (mut cost, mut height) = (own.saturating_add(1), 0_usize);
        op.for_each_child(|child| {
            let child = self.plan.node(child);
            cost = cost.saturating_add(child.cost);
            height = height.max(child.height);
        });
        let form = self.form(&op);
        let height = height.saturating_add(1);
        let types = types.into();
        self.add(Node { op, span, types, declared: false, cost, form, height })
    }

    fn add(&mut self, node: Node) -> Result<NodeId, Error> {
        let Node { span, cost, height, .. } = node;
        self.check_height(height).map_err(|error| error.at(span))?;
        let limits = &self.plan.settings.limits;
        if self.shared.nodes >= limits.nodes.saturating_mul(2) {
            return Err(Error::limit(Bound::NODES, limits.nodes, Found::More).at(span));
        }
        if cost > limits.record_steps {
            let allowed = usize::try_from(limits.record_steps).unwrap_or(usize::MAX);
            return Err(Error::limit(Bound::RECORD_STEPS, allowed, Found::Exactly(cost)).at(span));
        }
        let id = NodeId(u32::try_from(self.plan.nodes.len()).unwrap_or(u32::MAX));
        self.plan.nodes.push(node);
        self.shared.nodes = self.shared.nodes.saturating_add(1);
        Ok(id)
    }

    fn form(&self, op: &Op) -> Form {
        let path = |id: NodeId| self.plan.node(id).form == Form::Path;
        let condition = |id: &NodeId| self.plan.node(*id).form != Form::Other;
        let is_condition = match op {
            Op::Record | Op::Variable(_) => return Form::Path,
            Op::Member(of, _) if path(*of) => return Form::Path,
            Op::Compare(_, left, right) => {
                path(*left) && matches!(self.plan.node(*right).op, Op::Constant(_))
            }
            Op::Test(_, _, subject) => path(*subject),
            Op::And(operands) | Op::Or(operands) | Op::Apply(Operation::Not, operands) => {
                operands.iter().all(condition)
            }
            Op::Apply(Operation::InSet(_), operands) => operands.iter().all(|id| path(*id)),
            Op::Any(source, None) => path(*source),
            Op::Any(source, Some((_, predicate))) | Op::All(source, _, predicate) => {
                path(*source) && condition(predicate)
            }
            _ => false,
        };
        if is_condition { Form::Condition } else { Form::Other }
    }
}

impl Op {
    #[inline(always)]
    fn for_each_child(&self, mut visit: impl FnMut(NodeId)) {
        match self {
            Op::Constant(_) | Op::Record | Op::Outer | Op::Variable(_) => {}
            Op::Member(of, _) | Op::Test(_, _, of) | Op::Search(of, _) => visit(*of),
            Op::Compare(_, left, right) => {
                visit(*left);
                visit(*right);
            }
            Op::Apply(_, operands) | Op::And(operands) | Op::Or(operands) => {
                operands.iter().for_each(|id| visit(*id));
            }
            Op::Case(pairs) => pairs.iter().for_each(|(condition, result)| {
                visit(*condition);
                visit(*result);
            }),
            Op::Any(source, None) => visit(*source),
            Op::Any(source, Some((_, predicate)))
            | Op::All(source, _, predicate)
            | Op::Filter(source, _, predicate) => {
                visit(*source);
                visit(*predicate);
            }
        }
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
