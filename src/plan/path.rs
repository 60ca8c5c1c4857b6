//! Binding paths (URL Conventions 5.1.1.15).

use super::bind::{Binder, not_supported};
use super::bounds::check_count;
use super::declared::ModelType;
use super::{NodeId, Op, Operation};
use crate::ast::{Kind, Node as AstNode, Nodes};
use crate::error::{Bound, Error, Kind as ErrorKind};
use crate::span::Span;
use crate::value::{Type, Types};

/// What the last property of a path is a property of, and its name.
pub(super) type Owner<'q> = Option<(NodeId, &'q str)>;

impl<'q> Binder<'q, '_> {
    pub(super) fn path(&mut self, segments: Nodes<'q>, span: Span) -> Result<NodeId, Error> {
        let most = self.plan.settings.limits.path_segments;
        check_count(Bound::PATH_SEGMENTS, most, segments.len()).map_err(|error| error.at(span))?;
        self.walk(segments.iter(), span)
    }

    /// The segments of a path, or those in front of some of them.
    pub(super) fn walk(
        &mut self,
        mut segments: impl Iterator<Item = AstNode<'q>>,
        span: Span,
    ) -> Result<NodeId, Error> {
        let Some(first) = segments.next() else {
            return Ok(self.record);
        };
        // What the last property is a property of: annotations may stand beside it.
        let (mut value, mut owner) = self.first_segment(first)?;
        for segment in segments {
            let place = Span::new(span.range().start, segment.place().range().end);
            (value, owner) = match segment.kind() {
                Kind::Name(name) => self.named(value, name, segment.place(), place)?,
                Kind::Annotation(term) | Kind::Alias(term) => {
                    let (of, property) = owner.map_or((value, None), |(of, name)| (of, Some(name)));
                    (self.annotation(of, property, term, place)?, None)
                }
                _ => (self.segment(value, segment, place)?, None),
            };
        }
        Ok(value)
    }

    fn first_segment(&mut self, node: AstNode<'q>) -> Result<(NodeId, Owner<'q>), Error> {
        let place = node.place();
        let value = match node.kind() {
            Kind::It => self.named_at(self.it, place)?,
            Kind::This => self.named_at(self.this, place)?,
            Kind::Name(name) => match self.variable(name) {
                Some(variable) => self.named_at(variable, place)?,
                None => return self.named(self.this, name, place, place),
            },
            Kind::Alias(name) => match self.alias(name, place)? {
                Some(value) => value,
                None => self.annotation(self.this, None, name, place)?,
            },
            Kind::Annotation(term) => self.annotation(self.this, None, term, place)?,
            Kind::Call(name, arguments) => self.call(name, arguments, place)?,
            Kind::Root => return Err(not_supported("`$root`", place)),
            Kind::Case(_) | Kind::Cast(..) | Kind::IsOf(..) => self.expr(node)?,
            _ => self.segment(self.this, node, place)?,
        };
        Ok((value, None))
    }

    /// A segment that is not part of a path: only hand-made trees have them.
    pub(super) fn segment_alone(&mut self, node: AstNode<'q>) -> Result<NodeId, Error> {
        self.first_segment(node).map(|(value, _)| value)
    }

    fn segment(&mut self, of: NodeId, segment: AstNode<'q>, place: Span) -> Result<NodeId, Error> {
        let span = segment.place();
        match segment.kind() {
            Kind::TypeCast(name) => self.model_type(of, name, ModelType::Segment, span, place),
            Kind::Count(options) => {
                self.items_of(of, "`$count`", span)?;
                let mut source = of;
                for option in options.iter() {
                    source = match option.kind() {
                        Kind::Filter(predicate) => self.filter(source, predicate, place)?,
                        Kind::Search(search) => {
                            let (variable, found) =
                                self.with_variable(None, place, |b| b.search(search, b.this))?;
                            self.push(Op::Filter(source, variable, found), place, Type::Collection)?
                        }
                        _ => return Err(not_supported("this option of `$count`", option.place())),
                    };
                }
                self.apply(Operation::Count, &[source], place)
            }
            Kind::Filter(predicate) => self.filter(of, predicate, place),
            Kind::Any(None) => {
                self.items_of(of, "`any`", span)?;
                self.push(Op::Any(of, None), place, Type::Boolean)
            }
            Kind::Any(Some((name, predicate))) => {
                let item = self.items_of(of, "`any`", span)?;
                let lambda = self.with_item(item, Some(name), span, |b| {
                    b.condition(predicate, "a predicate of `any`")
                })?;
                self.push(Op::Any(of, Some(lambda)), place, Type::Boolean)
            }
            Kind::All(name, predicate) => {
                let item = self.items_of(of, "`all`", span)?;
                let (variable, predicate) = self.with_item(item, Some(name), span, |b| {
                    b.condition(predicate, "a predicate of `all`")
                })?;
                self.push(Op::All(of, variable, predicate), place, Type::Boolean)
            }
            Kind::Call(name, _) => Err(unknown_bound(name, span)),
            Kind::Key(_) => Err(not_supported("a key predicate", span)),
            Kind::Root => Err(not_supported("`$root`", span)),
            _ => Err(not_supported("this path", place)),
        }
    }

    pub(super) fn member(&mut self, of: NodeId, name: &str, place: Span) -> Result<NodeId, Error> {
        self.push(Op::Member(of, name.into()), place, Types::ANY)
    }

    fn annotation(
        &mut self,
        of: NodeId,
        property: Option<&str>,
        term: &str,
        place: Span,
    ) -> Result<NodeId, Error> {
        let property = property.map(Into::into);
        self.apply(Operation::Annotation { property, term: term.into() }, &[of], place)
    }

    fn filter(&mut self, of: NodeId, predicate: AstNode<'q>, place: Span) -> Result<NodeId, Error> {
        let what = "the predicate of `$filter`";
        let span = predicate.place();
        let item = self.items_of(of, "`$filter`", span)?;
        let (variable, predicate) =
            self.with_item(item, None, span, |b| b.condition(predicate, what))?;
        let filtered = self.push(Op::Filter(of, variable, predicate), place, Type::Collection)?;
        self.declare_as(filtered, of);
        Ok(filtered)
    }
}

/// Functions bound to a value belong to a schema.
fn unknown_bound(name: &str, span: Span) -> Error {
    if name.contains('.') {
        return not_supported(&format!("the function `{name}` of a model"), span);
    }
    let error = Error::new(ErrorKind::UnknownFunction(name.to_owned())).at(span.head(name.len()));
    match crate::functions::find(name) {
        Some(function) => {
            error.with_help(format!("write `{}(…)` with the path as its argument", function.name))
        }
        None => error,
    }
}
