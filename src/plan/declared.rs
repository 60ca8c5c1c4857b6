//! What a schema adds to binding: names, what values are declared as, casts along the types of the model.

use super::bind::Binder;
use super::operation::TypeTest;
use super::path::Owner;
use super::shape::{Link, link};
use super::{NodeId, Op, Operation, Variable, types};
use crate::ast::{Expr, Node as AstNode, Operator};
use crate::error::{Error, Kind as ErrorKind};
use crate::schema::{
    EntityType, Item, Look, Member, MemberKind, Model, Navigation, TypeId, TypeRef,
    unknown_property, unknown_type,
};
use crate::span::Span;
use crate::value::{EdmType, Primitive, Type, Types, Value};

/// What is known from a schema; nothing where there is none.
#[derive(Default)]
pub(super) struct Declared<'q> {
    entity: Option<&'q EntityType>,
    /// What nodes are declared as, by their positions.
    types: Vec<Option<TypeRef>>,
    /// Names that stand for several properties, of any type.
    pub(super) virtual_names: &'q [Box<str>],
    /// Paths of the query that stand for another node while a test of them is bound.
    pub(super) stand_ins: Vec<(AstNode<'q>, NodeId)>,
    /// Computed properties whose expressions are being bound.
    computing: Vec<&'q Expr>,
}

/// What is done with the name of a type of a model.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ModelType {
    /// `cast(…,Model.Type)`
    Cast,
    /// `isof(…,Model.Type)`
    IsOf,
    /// `…/Model.Type`
    Segment,
}

impl<'q> Declared<'q> {
    pub(super) fn new(entity: Option<&'q EntityType>) -> Self {
        let virtual_names = entity.map_or(&[][..], |entity| &entity.model().virtual_names);
        Declared { entity, virtual_names, ..Declared::default() }
    }
}

impl TypeRef {
    pub(super) fn one(item: Item) -> Self {
        TypeRef { item, collection: false }
    }

    pub(super) fn types(self) -> Types {
        match self.item {
            _ if self.collection => Type::Collection.into(),
            Item::Primitive(primitive) => EdmType::Primitive(primitive).value_type().into(),
            Item::Enum(_) => Type::Enum.into(),
            Item::Structured(_) => Type::Structured.into(),
            Item::Untyped => Types::ANY,
        }
    }
}

impl<'q> Binder<'q, '_> {
    pub(super) fn has_schema(&self) -> bool {
        self.declared.entity.is_some()
    }

    pub(super) fn model(&self) -> Option<&'q Model> {
        self.declared.entity.map(|entity| entity.model().as_ref())
    }

    /// Says what the records are declared as, and the record of the request.
    pub(super) fn declare_records(&mut self, outermost: Option<&EntityType>) {
        for (node, entity) in [(self.it, outermost), (self.record, self.declared.entity)] {
            if let Some(entity) = entity {
                self.declare(node, TypeRef::one(Item::Structured(entity.id())));
            }
        }
    }

    /// Says what a node is declared as.
    pub(super) fn declare(&mut self, id: NodeId, declared: TypeRef) {
        if declared == TypeRef::one(Item::Untyped) {
            return;
        }
        if let Some(node) = self.plan.nodes.get_mut(id.position()) {
            node.types = declared.types();
            node.declared = true;
        }
        let needed = id.position().saturating_add(1);
        if self.declared.types.len() < needed {
            self.declared.types.resize(needed, None);
        }
        if let Some(known) = self.declared.types.get_mut(id.position()) {
            *known = Some(declared);
        }
    }

    /// The record or a variable where the query names it: errors about what it is declared as say where.
    pub(super) fn named_at(&mut self, id: NodeId, place: Span) -> Result<NodeId, Error> {
        let Some(declared) = self.declared_type(id) else {
            return Ok(id);
        };
        let named = self.push(self.plan.node(id).op.clone(), place, Types::ANY)?;
        self.declare(named, declared);
        Ok(named)
    }

    /// Declares a node as what another one is.
    pub(super) fn declare_as(&mut self, id: NodeId, other: NodeId) {
        if let Some(declared) = self.declared_type(other) {
            self.declare(id, declared);
        }
    }

    /// What is computed from declared values and constants is of a known type as they are.
    pub(super) fn declare_result(&mut self, id: NodeId) {
        let node = self.plan.node(id);
        let Op::Apply(
            Operation::Binary(_)
            | Operation::Call(_)
            | Operation::Cast(_)
            | Operation::Count
            | Operation::Negate,
            operands,
        ) = &node.op
        else {
            return;
        };
        let is_known = |operand: &NodeId| {
            let operand = self.plan.node(*operand);
            operand.declared || matches!(operand.op, Op::Constant(_))
        };
        if operands.iter().all(is_known)
            && let Some(primitive) = Primitive::of_values(node.types)
        {
            self.declare(id, TypeRef::one(Item::Primitive(primitive)));
        }
    }

    pub(super) fn declared_type(&self, id: NodeId) -> Option<TypeRef> {
        self.declared.types.get(id.position()).copied().flatten()
    }

    /// What a value that is no collection is declared as.
    pub(super) fn declared_item(&self, id: NodeId) -> Option<Item> {
        self.declared_type(id).filter(|declared| !declared.collection).map(|declared| declared.item)
    }

    /// What the items of a collection are declared as; refuses what is declared as something else.
    pub(super) fn items_of(
        &self,
        of: NodeId,
        asked: &str,
        span: Span,
    ) -> Result<Option<TypeRef>, Error> {
        match self.declared_type(of) {
            Some(declared) if !declared.collection => {
                let what = format!("what {asked} is asked of");
                Err(types::mismatch(what, "a collection".to_owned(), self.found(of), span))
            }
            declared => Ok(declared.map(|declared| TypeRef::one(declared.item))),
        }
    }

    /// A variable for the items of a collection.
    pub(super) fn with_item(
        &mut self,
        item: Option<TypeRef>,
        name: Option<&'q str>,
        span: Span,
        bind: impl FnOnce(&mut Self) -> Result<NodeId, Error>,
    ) -> Result<(Variable, NodeId), Error> {
        self.with_variable(name, span, |binder| {
            if let Some(item) = item
                && let Some((_, variable)) = binder.scope.last()
            {
                binder.declare(*variable, item);
            }
            bind(binder)
        })
    }

    /// What a node is, for messages.
    pub(super) fn found(&self, id: NodeId) -> String {
        match self.declared_type(id) {
            Some(declared) => self.declared_name(declared),
            None => self.plan.node(id).types.names(),
        }
    }

    /// What a declared type is called in messages.
    pub(super) fn declared_name(&self, declared: TypeRef) -> String {
        let item = match (declared.item, self.model()) {
            (Item::Enum(own) | Item::Structured(own), Some(model)) => {
                format!("`{}`", model.name(own))
            }
            (Item::Primitive(primitive), _) if declared.collection => primitive.to_string(),
            _ => return declared.types().names(),
        };
        if declared.collection { format!("a collection of {item}") } else { item }
    }

    /// A property by the name that the query uses, and what annotations of it stand beside.
    pub(super) fn named(
        &mut self,
        of: NodeId,
        name: &'q str,
        span: Span,
        place: Span,
    ) -> Result<(NodeId, Owner<'q>), Error> {
        if matches!(self.plan.node(of).op, Op::Record)
            && let Some(computed) = self.computed_value(name, span)?
        {
            return Ok((computed, None));
        }
        let Some(member) = self.look(of, name, span)? else {
            return Ok((self.member(of, name, place)?, Some((of, name))));
        };
        match &member.kind {
            MemberKind::Property(_) | MemberKind::Navigation(_) => {
                let link = self.navigation(of, &member.name).as_ref().map(link);
                let value = match link.filter(Link::leads_out) {
                    Some(link) => self.push(Op::Related(of, Box::new(link)), place, Types::ANY)?,
                    None => self.member(of, &member.name, place)?,
                };
                if let Some(declared) = member.declared() {
                    self.declare(value, declared);
                }
                Ok((value, Some((of, &member.name))))
            }
            MemberKind::Alias(path) => {
                let (mut value, mut owner) = (of, None);
                for name in path {
                    (value, owner) = self.named(value, name, span, place)?;
                }
                Ok((value, owner))
            }
            MemberKind::Virtual(paths) => {
                let paths: Vec<_> =
                    paths.iter().map(|path| format!("`{}`", path.join("/"))).collect();
                let what = format!("what is asked of `{}`", member.name);
                let expected = "a comparison or a test such as `contains`".to_owned();
                let error = types::mismatch(what, expected, "its value".to_owned(), span);
                Err(error.with_help(format!("it stands for {}", paths.join(", "))))
            }
            MemberKind::Computed(expr) => Ok((self.computed(of, member, expr, place)?, None)),
        }
    }

    /// The navigation property of a name. That of a record knows the set that it leads to.
    fn navigation(&self, of: NodeId, name: &str) -> Option<Navigation> {
        let own = match self.plan.node(of).op {
            Op::Record => self.level.declared.cloned(),
            Op::Apply(Operation::TypeCast(_), ref operands)
                if operands.iter().all(|id| matches!(self.plan.node(*id).op, Op::Record)) =>
            {
                match (self.declared_item(of), self.level.declared) {
                    (Some(Item::Structured(id)), Some(own)) => Some(own.cast(id)),
                    _ => None,
                }
            }
            _ => match (self.declared_item(of), self.declared.entity) {
                (Some(Item::Structured(id)), Some(entity)) => Some(entity.other(id)),
                _ => None,
            },
        };
        own?.navigation(name)
    }

    /// What a name is in the declared type of a value: none where nothing is declared.
    pub(super) fn look(
        &self,
        of: NodeId,
        name: &str,
        span: Span,
    ) -> Result<Option<&'q Member>, Error> {
        let (Some(declared), Some(model)) = (self.declared_type(of), self.model()) else {
            return Ok(None);
        };
        let owner = || format!("what `{name}` is a property of");
        match declared {
            TypeRef { collection: true, .. } => {
                let expected = "a single value".to_owned();
                let error = types::mismatch(owner(), expected, self.found(of), span);
                Err(error
                    .with_help("ask its items with `any` or `all`: `items/any(i:i/name eq 'x')`"))
            }
            TypeRef { item: Item::Structured(id), .. } => {
                match model.look(id, name, self.plan.settings.names) {
                    Look::Found(member) => Ok(Some(member)),
                    Look::Unknown if model.is_open(id) => Ok(None),
                    Look::Unknown => Err(unknown_property(model, id, name, &[]).at(span)),
                    Look::Ambiguous(one, other) => {
                        let similar = [one.min(other), one.max(other)];
                        Err(unknown_property(model, id, name, &similar).at(span))
                    }
                }
            }
            TypeRef { item: Item::Untyped, .. } => Ok(None),
            TypeRef { item: Item::Primitive(_) | Item::Enum(_), .. } => {
                let expected = "a structured value".to_owned();
                Err(types::mismatch(owner(), expected, self.found(of), span))
            }
        }
    }

    /// The expression of a computed property, over what the property is of.
    fn computed(
        &mut self,
        of: NodeId,
        member: &'q Member,
        expr: &'q Expr,
        place: Span,
    ) -> Result<NodeId, Error> {
        if self.declared.computing.iter().any(|other| std::ptr::eq(*other, expr)) {
            let what = format!("computed property `{}` refers to itself", member.name);
            return Err(Error::new(ErrorKind::Schema(what)).at(place));
        }
        let first = self.plan.nodes.len();
        let scope = std::mem::take(&mut self.scope);
        let this = std::mem::replace(&mut self.this, of);
        self.declared.computing.push(expr);
        let bound = self.root(expr);
        self.declared.computing.pop();
        self.this = this;
        self.scope = scope;
        // Places of the expression are not places of the query.
        for node in self.plan.nodes.iter_mut().skip(first) {
            node.span = place;
        }
        bound.map_err(|error| error.moved_to(place))
    }

    /// A value that payloads write as a string, or as names, as what it is declared as.
    pub(super) fn read(&mut self, id: NodeId) -> Result<NodeId, Error> {
        let node = self.plan.node(id);
        let span = node.span;
        if let Op::Constant(_) | Op::Apply(..) = &node.op {
            return Ok(id);
        }
        let operation = match self.declared_item(id) {
            Some(Item::Primitive(primitive)) if is_text_in_payloads(primitive) => {
                Operation::Cast(EdmType::Primitive(primitive))
            }
            Some(Item::Enum(own)) => match self.model().and_then(|model| model.enumeration(own)) {
                Some(own) => Operation::EnumValue(own.clone()),
                None => return Ok(id),
            },
            _ => return Ok(id),
        };
        self.apply(operation, &[id], span)
    }

    /// A type by its name; none where records of an open type may be of any.
    pub(super) fn find_type(&self, name: &str, span: Span) -> Result<Option<TypeId>, Error> {
        let Some((model, entity)) = self.model().zip(self.declared.entity) else {
            return Ok(None);
        };
        match model.find(name) {
            None if !entity.is_open() => Err(unknown_type(model, name).at(span)),
            found => Ok(found),
        }
    }

    /// `cast`, `isof` and type cast segments: a value as a type of a model. Without a schema what a record
    /// states is all there is to know.
    pub(super) fn model_type(
        &mut self,
        of: NodeId,
        name: &str,
        how: ModelType,
        span: Span,
        place: Span,
    ) -> Result<NodeId, Error> {
        let (Some(model), Some(id)) = (self.model(), self.find_type(name, span)?) else {
            let test = TypeTest { names: vec![name.into()], otherwise: false };
            return self.apply(how.of(test), &[of], place);
        };
        match model.item(id) {
            Item::Structured(target) => self.structured_type(of, target, how, span, place),
            Item::Primitive(primitive) if how != ModelType::Segment => {
                let edm_type = EdmType::Primitive(primitive);
                let operation = match how {
                    ModelType::IsOf => Operation::IsOf(edm_type),
                    _ => Operation::Cast(edm_type),
                };
                self.apply(operation, &[of], place)
            }
            Item::Enum(own) if how != ModelType::Segment => {
                let Some(declared) = model.enumeration(own) else {
                    return Ok(of);
                };
                let number = Operation::EnumValue(declared.clone());
                let number = self.apply(number, &[of], place)?;
                if how == ModelType::IsOf {
                    let null = self.constant(Value::Null, place)?;
                    return self.compare(Operator::Ne, [number, null], place);
                }
                if !matches!(self.plan.node(number).op, Op::Constant(_)) {
                    self.declare(number, TypeRef::one(Item::Enum(own)));
                }
                Ok(number)
            }
            _ => {
                let (what, expected) = ("the type of a path", "a type with properties");
                let found = format!("`{name}`");
                Err(types::mismatch(what.to_owned(), expected.to_owned(), found, span))
            }
        }
    }

    fn structured_type(
        &mut self,
        of: NodeId,
        target: TypeId,
        how: ModelType,
        span: Span,
        place: Span,
    ) -> Result<NodeId, Error> {
        let Some(model) = self.model() else {
            return Ok(of);
        };
        let declared = self.declared_type(of);
        let own = match declared {
            Some(TypeRef { item: Item::Structured(own), .. }) => Some(own),
            _ => None,
        };
        // A type is every type that it is derived from.
        let holds = own.is_some_and(|own| model.is_a(own, target));
        let fits = own.map_or(declared.is_none(), |own| holds || model.is_a(target, own));
        if how != ModelType::IsOf {
            let collection = declared.is_some_and(|declared| declared.collection);
            if collection && how == ModelType::Cast {
                let what = "the operand of `cast`".to_owned();
                let expected = "a single value".to_owned();
                return Err(types::mismatch(what, expected, self.found(of), span));
            }
            if holds {
                return Ok(of);
            }
            if !fits {
                let what = "the type of a cast".to_owned();
                let expected = format!("derived from {}", self.found(of));
                return Err(types::mismatch(
                    what,
                    expected,
                    format!("`{}`", model.name(target)),
                    span,
                ));
            }
        }
        let others = model.family(target).filter(|name| *name != model.name(target));
        let names = std::iter::once(model.name(target)).chain(others).map(Into::into).collect();
        let test = TypeTest { names, otherwise: holds };
        let result = TypeRef {
            item: Item::Structured(target),
            ..declared.unwrap_or(TypeRef::one(Item::Untyped))
        };
        if result.collection && how == ModelType::Segment {
            // The items that are of the type.
            let item = self.items_of(of, "a cast", span)?;
            let (variable, predicate) = self.with_item(item, Some(""), span, |binder| {
                let variable = binder.scope.last().map_or(of, |(_, variable)| *variable);
                binder.apply(Operation::HasType(Box::new(test)), &[variable], place)
            })?;
            let items = self.push(Op::Filter(of, variable, predicate), place, Type::Collection)?;
            self.declare(items, result);
            return Ok(items);
        }
        let bound = self.apply(how.of(test), &[of], place)?;
        if how != ModelType::IsOf {
            self.declare(bound, result);
        }
        Ok(bound)
    }
}

impl ModelType {
    fn of(self, test: TypeTest) -> Operation {
        match self {
            ModelType::IsOf => Operation::HasType(Box::new(test)),
            ModelType::Cast | ModelType::Segment => Operation::TypeCast(Box::new(test)),
        }
    }
}

/// Whether payloads write values of a type as strings that have to be read.
pub(super) fn is_text_in_payloads(primitive: Primitive) -> bool {
    matches!(
        primitive,
        Primitive::Binary
            | Primitive::Date
            | Primitive::DateTimeOffset
            | Primitive::Duration
            | Primitive::Guid
            | Primitive::TimeOfDay
    )
}
