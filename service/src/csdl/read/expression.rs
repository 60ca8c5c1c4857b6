//! Annotations and their expressions (CSDL XML 14).

use roxmltree::Node;
use serde_json::{Value, json};

use super::super::error::CsdlError;
use super::super::vocabulary::{self, CONSTANTS, Shape};
use super::super::{Object, item_of};
use super::Reader;
use super::element::is_csdl;
use super::schema::number_of;

/// Expressions inside one another at most.
const DEPTH: usize = 50;
/// Annotations of annotations at most.
const NESTED: usize = 8;

/// Elements with two operands.
const BINARY: &[&str] = &[
    "Add", "And", "Div", "DivBy", "Eq", "Ge", "Gt", "Has", "In", "Le", "Lt", "Mod", "Mul", "Ne",
    "Or", "Sub",
];
const UNARY: &[&str] = &["Neg", "Not", "UrlRef"];

/// Where an expression stands.
#[derive(Clone, Copy)]
struct Place {
    /// Inside of how many others.
    depth: usize,
    /// Whether the term is one of the OASIS vocabularies.
    standard: bool,
}

/// An expression, and its type where JSON does not tell it.
struct Found {
    value: Value,
    type_name: Option<String>,
}

impl From<Value> for Found {
    fn from(value: Value) -> Self {
        Found { value, type_name: None }
    }
}

impl<'d, 'i> Reader<'d, 'i> {
    /// Puts the annotations inside an element into an object, behind a prefix.
    pub(super) fn annotations(
        &self,
        node: Node<'d, 'i>,
        object: &mut Object,
        prefix: &str,
    ) -> Result<(), CsdlError> {
        for child in self.of_annotations(node) {
            self.annotation(child, object, prefix, None, 0)?;
        }
        Ok(())
    }

    fn of_annotations(
        &self,
        node: Node<'d, 'i>,
    ) -> impl Iterator<Item = Node<'d, 'i>> + use<'d, 'i> {
        let is_annotation = |child: &Node<'_, '_>| {
            child.is_element() && is_csdl(*child) && child.tag_name().name() == "Annotation"
        };
        node.children().filter(is_annotation)
    }

    /// Annotations with external targeting (CSDL 5.2); the same target may have several such elements.
    pub(super) fn targeted(
        &self,
        node: Node<'d, 'i>,
        targets: &mut Object,
    ) -> Result<(), CsdlError> {
        let target = self.names.aliased(self.elements.needed(node, "Target")?);
        let own = targets.entry(target).or_insert_with(|| Object::new().into());
        self.elements.children(node, &["Annotation"])?;
        if let Some(own) = own.as_object_mut() {
            for child in self.of_annotations(node) {
                self.annotation(child, own, "", node.attribute("Qualifier"), 0)?;
            }
        }
        Ok(())
    }

    fn annotation(
        &self,
        node: Node<'d, 'i>,
        object: &mut Object,
        prefix: &str,
        qualifier: Option<&str>,
        level: usize,
    ) -> Result<(), CsdlError> {
        if level > NESTED {
            let what = format!("expected at most {NESTED} annotations inside one another");
            return Err(self.elements.error(node, what));
        }
        let term = self.elements.needed(node, "Term")?;
        self.elements.qualified(node, "Term", term)?;
        let mut name = format!("{prefix}@{}", self.names.aliased(term));
        let qualifier = match (node.attribute("Qualifier"), qualifier) {
            (Some(_), Some(_)) => {
                let what = "`Annotations` has a `Qualifier` already".to_owned();
                return Err(self.elements.error(node, what));
            }
            (own, outer) => own.or(outer),
        };
        if let Some(qualifier) = qualifier {
            self.elements.identifier(node, "Qualifier", qualifier)?;
            name.push('#');
            name.push_str(qualifier);
        }
        let term = self.names.qualified(term);
        let place = Place { depth: 0, standard: vocabulary::is_standard(&term) };
        let found = match self.given(node, place)? {
            Some(found) => found,
            None => self.default_of(&term).into(),
        };
        self.put_found(node, object, &name, found, place)?;
        for child in self.of_annotations(node) {
            self.annotation(child, object, &name, None, level.saturating_add(1))?;
        }
        Ok(())
    }

    /// Puts a value into an object, and its type if nothing else tells it.
    fn put_found(
        &self,
        node: Node<'d, 'i>,
        object: &mut Object,
        name: &str,
        found: Found,
        place: Place,
    ) -> Result<(), CsdlError> {
        self.elements.put(node, object, name.to_owned(), found.value)?;
        let term = name.rsplit('@').next().unwrap_or(name);
        let term = term.split('#').next().unwrap_or(term);
        let is_known = place.standard && vocabulary::type_of(term).is_some();
        if let Some(type_name) = found.type_name.filter(|_| !is_known) {
            object.insert(format!("{name}@type"), self.type_uri(&type_name).into());
        }
        Ok(())
    }

    /// The control information that names a type (OData JSON 4.6.3).
    fn type_uri(&self, type_name: &str) -> String {
        let item = item_of(type_name).unwrap_or(type_name);
        let namespace = item.rsplit_once('.').map(|(namespace, _)| namespace);
        let uri = namespace.and_then(|namespace| self.included.get(namespace));
        format!("{}#{type_name}", uri.copied().unwrap_or_default())
    }

    /// What an annotation without a value means (CSDL XML 14.2).
    fn default_of(&self, term: &str) -> Value {
        let Some(declared) = self.declared.get(term) else {
            return match vocabulary::shape_of(term) {
                Shape::Single => true.into(),
                Shape::Collection => json!([]),
                Shape::Record => json!({}),
            };
        };
        let type_name = declared.attribute("Type").unwrap_or_default();
        if item_of(type_name).is_some() {
            return json!([]);
        }
        if let Some(text) = declared.attribute("DefaultValue") {
            return self.constant_of(type_name, text);
        }
        let declared = self.declared.get(&self.names.qualified(type_name));
        match declared.map(|node| node.tag_name().name()) {
            Some("ComplexType" | "EntityType") => json!({}),
            _ => Value::Null,
        }
    }

    /// The expression of an annotation, a property value or a labeled element: an attribute or an element.
    fn given(&self, node: Node<'d, 'i>, place: Place) -> Result<Option<Found>, CsdlError> {
        let mut found = None;
        for attribute in node.attributes().filter(|attribute| attribute.namespace().is_none()) {
            let (name, text) = (attribute.name(), attribute.value());
            let value = match name {
                "UrlRef" => Some(json!({ "$UrlRef": text }).into()),
                _ => self.simple(node, name, text)?,
            };
            if value.is_some() && found.is_some() {
                return Err(self.one_expression(node));
            }
            found = value.or(found);
        }
        let operands = self.operands(node, place)?;
        match (found, operands.len()) {
            (None, 0) => Ok(None),
            (Some(found), 0) => Ok(Some(found)),
            (None, 1) => Ok(operands.into_iter().next()),
            _ => Err(self.one_expression(node)),
        }
    }

    fn one_expression(&self, node: Node<'d, 'i>) -> CsdlError {
        let name = node.tag_name().name();
        self.elements.error(node, format!("expected one expression in `{name}`"))
    }

    /// The expressions that are elements inside another one.
    fn operands(&self, node: Node<'d, 'i>, place: Place) -> Result<Vec<Found>, CsdlError> {
        let mut operands = Vec::new();
        let place = Place { depth: place.depth.saturating_add(1), ..place };
        for child in node.children().filter(Node::is_element) {
            if is_csdl(child) && child.tag_name().name() != "Annotation" {
                operands.push(self.expression(child, place)?);
            }
        }
        Ok(operands)
    }

    fn expression(&self, node: Node<'d, 'i>, place: Place) -> Result<Found, CsdlError> {
        if place.depth > DEPTH {
            let what = format!("expected at most {DEPTH} expressions inside one another");
            return Err(self.elements.error(node, what));
        }
        let name = node.tag_name().name();
        if is_simple(name) {
            let text = self.elements.content(node)?;
            let text = if name == "String" { &text } else { text.trim() };
            if let Some(found) = self.simple(node, name, text)? {
                return Ok(found);
            }
        }
        let mut own = Object::new();
        match name {
            "Apply" => {
                let function = self.names.aliased(self.elements.needed(node, "Function")?);
                let operands = self.operands(node, place)?;
                own.insert("$Apply".to_owned(), values(operands));
                own.insert("$Function".to_owned(), function.into());
            }
            "Cast" | "IsOf" => {
                let type_name = self.elements.needed(node, "Type")?;
                let item = item_of(type_name);
                own.insert(format!("${name}"), self.operand(node, place)?);
                let type_name = self.names.aliased(item.unwrap_or(type_name));
                own.insert("$Type".to_owned(), type_name.into());
                if item.is_some() {
                    own.insert("$Collection".to_owned(), true.into());
                }
                self.given_facets(node, &mut own)?;
            }
            "Collection" => return self.collection(node, place),
            "If" => {
                let operands = self.operands(node, place)?;
                self.expect_operands(node, operands.len(), &[2, 3])?;
                own.insert("$If".to_owned(), values(operands));
            }
            "LabeledElement" => {
                let label = self.elements.name(node)?;
                let found = self.given(node, place)?.ok_or_else(|| self.one_expression(node))?;
                own.insert("$LabeledElement".to_owned(), found.value);
                own.insert("$Name".to_owned(), label.into());
            }
            "LabeledElementReference" => {
                let label = self.elements.content(node)?;
                let label = self.names.aliased(label.trim());
                own.insert("$LabeledElementReference".to_owned(), label.into());
            }
            "Null" => {
                self.elements.children(node, &["Annotation"])?;
                if self.of_annotations(node).next().is_none() {
                    return Ok(Value::Null.into());
                }
                own.insert("$Null".to_owned(), Value::Null);
            }
            "Record" => self.record(node, &mut own, place)?,
            unary if UNARY.contains(&unary) => {
                own.insert(format!("${unary}"), self.operand(node, place)?);
            }
            binary if BINARY.contains(&binary) => {
                let operands = self.operands(node, place)?;
                self.expect_operands(node, operands.len(), &[2])?;
                own.insert(format!("${binary}"), values(operands));
            }
            other => {
                let parent = node.parent().map_or("", |parent| parent.tag_name().name());
                let what = format!("`{other}` has no place in `{parent}`");
                return Err(self.elements.error(node, what));
            }
        }
        self.annotations(node, &mut own, "")?;
        Ok(Value::from(own).into())
    }

    fn expect_operands(
        &self,
        node: Node<'d, 'i>,
        found: usize,
        expected: &[usize],
    ) -> Result<(), CsdlError> {
        if expected.contains(&found) {
            return Ok(());
        }
        let expected: Vec<_> = expected.iter().map(usize::to_string).collect();
        let (name, expected) = (node.tag_name().name(), expected.join(" or "));
        let what = format!("`{name}` has {expected} expressions, found {found}");
        Err(self.elements.error(node, what))
    }

    fn operand(&self, node: Node<'d, 'i>, place: Place) -> Result<Value, CsdlError> {
        let mut operands = self.operands(node, place)?;
        match (operands.pop(), operands.len()) {
            (Some(operand), 0) => Ok(operand.value),
            _ => Err(self.one_expression(node)),
        }
    }

    fn collection(&self, node: Node<'d, 'i>, place: Place) -> Result<Found, CsdlError> {
        if let Some(annotation) = self.of_annotations(node).next() {
            let what = "`Annotation` has no place in `Collection`".to_owned();
            return Err(self.elements.error(annotation, what));
        }
        let items = self.operands(node, place)?;
        let mut types = items.iter().map(|item| item.type_name.as_deref());
        let first = types.next().flatten();
        let type_name = first.filter(|first| types.all(|other| other == Some(first)));
        let type_name = type_name.map(|item| format!("Collection({item})"));
        Ok(Found { value: values(items), type_name })
    }

    fn record(&self, node: Node<'d, 'i>, own: &mut Object, place: Place) -> Result<(), CsdlError> {
        if let Some(type_name) = node.attribute("Type") {
            self.elements.qualified(node, "Type", type_name)?;
            let type_name = self.names.qualified(type_name);
            own.insert("@type".to_owned(), self.type_uri(&type_name).into());
        }
        for child in self.elements.children(node, &["Annotation", "PropertyValue"])? {
            if child.tag_name().name() != "PropertyValue" {
                continue;
            }
            let name = self.elements.needed(child, "Property")?;
            self.elements.identifier(child, "Property", name)?;
            let found = self.given(child, place)?.ok_or_else(|| self.one_expression(child))?;
            self.put_found(child, own, name, found, place)?;
            self.annotations(child, own, name)?;
        }
        Ok(())
    }

    /// A constant or a path, if the name is one's.
    fn simple(
        &self,
        node: Node<'d, 'i>,
        name: &str,
        text: &str,
    ) -> Result<Option<Found>, CsdlError> {
        let value = match name {
            "Path" => return Ok(Some(json!({ "$Path": self.names.aliased(text) }).into())),
            "EnumMember" => return Ok(Some(self.enum_members(text))),
            "Bool" => {
                let value = match text {
                    "true" | "1" => Some(true),
                    "false" | "0" => Some(false),
                    _ => None,
                };
                self.elements.expect(node, name, text, value.is_some(), "true or false")?;
                value.unwrap_or_default().into()
            }
            "Decimal" | "Float" if matches!(text, "INF" | "-INF" | "NaN") => text.into(),
            "Int" | "Decimal" | "Float" => {
                let is_int = |value: &Value| name != "Int" || plain(value) == "Int64";
                let number = number_of(text).filter(is_int);
                let expected = if name == "Int" { "an integer" } else { "a number" };
                self.elements.expect(node, name, text, number.is_some(), expected)?;
                number.unwrap_or_default()
            }
            name if name.ends_with("Path") && is_simple(name) => self.names.aliased(text).into(),
            name if is_simple(name) => text.into(),
            _ => return Ok(None),
        };
        let stated = CONSTANTS.iter().find(|(_, element)| *element == name);
        let stated =
            stated.map(|(type_name, _)| *type_name).filter(|stated| *stated != plain(&value));
        Ok(Some(Found { value, type_name: stated.map(str::to_owned) }))
    }

    /// Members of an enumeration: the type is named in front of each in XML, in JSON only the members are.
    fn enum_members(&self, text: &str) -> Found {
        let mut type_name = None;
        let mut members = Vec::new();
        for member in text.split_whitespace() {
            let (of, name) = member.rsplit_once('/').unwrap_or_default();
            members.push(if of.is_empty() { member } else { name });
            type_name = type_name.or_else(|| (!of.is_empty()).then(|| self.names.qualified(of)));
        }
        Found { value: members.join(",").into(), type_name }
    }
}

fn values(found: Vec<Found>) -> Value {
    found.into_iter().map(|found| found.value).collect()
}

/// Whether expressions of this name have text instead of elements inside.
fn is_simple(name: &str) -> bool {
    matches!(name, "EnumMember" | "Path") || CONSTANTS.iter().any(|(_, element)| *element == name)
}

/// The type that a constant is of if nothing else is said.
pub(in super::super) fn plain(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "Boolean",
        Value::Number(number) => {
            let text = number.to_string();
            match text.contains(['e', 'E']) {
                true => "Double",
                false if text.contains('.') => "Decimal",
                false => "Int64",
            }
        }
        _ => "String",
    }
}
