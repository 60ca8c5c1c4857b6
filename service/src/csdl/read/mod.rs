//! CSDL XML (OData CSDL XML Representation 4.0 and 4.01) to CSDL JSON.

mod element;
mod expression;
mod schema;

use std::collections::HashMap;

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value;

use self::element::Elements;
pub(super) use self::expression::plain;
use super::Object;
use super::error::CsdlError;
use super::names::Names;

/// Elements and texts of a document at most.
const NODES: u32 = 10_000_000;

/// Reads a CSDL XML document as CSDL JSON.
///
/// Defaults that differ are made explicit: what XML leaves out is nullable, has scale 0 and, where it is temporal, precision 0;
/// a collection of which nothing is said has no nulls. Names are qualified with aliases where there are any. An annotation
/// without a value has the default of its term where the document or an OASIS vocabulary tells it, else it is `true`, as for a tag.
/// The type of a constant that JSON cannot tell (`Date="2000-01-01"`) stands beside it as control information: `@Term@type`.
///
/// A document type definition is refused, and so is what is nested more than 50 levels deep. Attributes that CSDL does not know
/// and elements of other XML namespaces are left out.
///
/// # Errors
///
/// What is not XML and what CSDL does not allow, with line and column.
///
/// ```
/// use odata_service::csdl;
///
/// let error = csdl::from_xml("<edmx:Edmx Version='4.01' xmlns:edmx='http://docs.oasis-open.org/odata/ns/edmx'>
///   <edmx:DataServices><Schema Namespace='HR' xmlns='http://docs.oasis-open.org/odata/ns/edm'>
///     <ComplexType Name='Place'><Property Name='city'/></ComplexType>
///   </Schema></edmx:DataServices></edmx:Edmx>").unwrap_err();
/// assert_eq!(error.to_string(), "line 3, column 31: `Property` has no attribute `Type`");
/// ```
pub fn from_xml(text: &str) -> Result<Value, CsdlError> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let options = ParsingOptions { nodes_limit: NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        let at = error.pos();
        let narrow = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
        CsdlError::new(narrow(at.row), narrow(at.col), format!("not XML: {error}"))
    })?;
    let root = document.root_element();
    let elements = Elements::of(text);
    if root.tag_name().name() != "Edmx" {
        return Err(elements.error(root, "expected the element `Edmx`".to_owned()));
    }
    let version = elements.needed(root, "Version")?;
    if !version.starts_with("4.") {
        let what = format!("expected a `Version` of OData 4, found `{version}`");
        return Err(elements.error(root, what));
    }
    Reader::of(elements, root)?.document(root, version)
}

/// Reads a document of which the names are known.
struct Reader<'d, 'i> {
    elements: Elements<'d>,
    names: Names,
    /// The URI of the document that a namespace is included from.
    included: HashMap<&'d str, &'d str>,
    /// Terms, type definitions and other types of the document by their names with namespace.
    declared: HashMap<String, Node<'d, 'i>>,
}

impl<'d, 'i> Reader<'d, 'i> {
    fn of(elements: Elements<'d>, root: Node<'d, 'i>) -> Result<Self, CsdlError> {
        let mut reader = Reader {
            elements,
            names: Names::default(),
            included: HashMap::new(),
            declared: HashMap::new(),
        };
        for node in root.descendants().filter(Node::is_element) {
            match node.tag_name().name() {
                "Include" => reader.include(node)?,
                "Schema" => reader.declare(node)?,
                _ => {}
            }
        }
        Ok(reader)
    }

    fn include(&mut self, node: Node<'d, 'i>) -> Result<(), CsdlError> {
        let namespace = self.elements.needed(node, "Namespace")?;
        self.elements.namespace(node, "Namespace", namespace)?;
        if let Some(uri) = node.parent().and_then(|reference| reference.attribute("Uri")) {
            self.included.insert(namespace, uri);
        }
        self.alias(node, namespace)
    }

    fn declare(&mut self, schema: Node<'d, 'i>) -> Result<(), CsdlError> {
        let namespace = self.elements.needed(schema, "Namespace")?;
        self.elements.namespace(schema, "Namespace", namespace)?;
        for node in schema.children().filter(Node::is_element) {
            if let Some(name) = node.attribute("Name") {
                self.declared.insert(format!("{namespace}.{name}"), node);
            }
        }
        self.alias(schema, namespace)
    }

    fn alias(&mut self, node: Node<'d, 'i>, namespace: &str) -> Result<(), CsdlError> {
        if let Some(alias) = node.attribute("Alias") {
            self.elements.identifier(node, "Alias", alias)?;
            self.names.declare(namespace, alias);
        }
        Ok(())
    }

    fn document(&self, root: Node<'d, 'i>, version: &str) -> Result<Value, CsdlError> {
        let mut document = Object::new();
        document.insert("$Version".to_owned(), version.into());
        let mut references = Object::new();
        let mut schemas = Object::new();
        for child in self.elements.children(root, &["DataServices", "Reference"])? {
            if child.tag_name().name() == "Reference" {
                let uri = self.elements.needed(child, "Uri")?.to_owned();
                let reference = self.reference(child)?;
                self.elements.put(child, &mut references, uri, reference)?;
                continue;
            }
            for schema in self.elements.children(child, &["Schema"])? {
                let namespace = self.elements.needed(schema, "Namespace")?.to_owned();
                let value = self.schema(schema, &namespace)?;
                self.elements.put(schema, &mut schemas, namespace, value)?;
            }
        }
        if let Some(container) = self.container_name(root) {
            document.insert("$EntityContainer".to_owned(), container.into());
        }
        if !references.is_empty() {
            document.insert("$Reference".to_owned(), references.into());
        }
        document.extend(schemas);
        Ok(document.into())
    }

    /// The container of the service: of several, the one that no other one extends.
    fn container_name(&self, root: Node<'d, 'i>) -> Option<String> {
        let is_container =
            |node: &Node<'d, 'i>| node.is_element() && node.tag_name().name() == "EntityContainer";
        let containers: Vec<_> = root.descendants().filter(is_container).collect();
        let name_of = |node: &Node<'d, 'i>| {
            let namespace = node.parent()?.attribute("Namespace")?;
            Some(format!("{namespace}.{}", node.attribute("Name")?))
        };
        let extended: Vec<_> = containers
            .iter()
            .filter_map(|node| node.attribute("Extends"))
            .map(|name| self.names.qualified(name))
            .collect();
        let mut named: Vec<_> = containers.iter().filter_map(name_of).collect();
        let last = named.iter().position(|name| !extended.contains(name)).unwrap_or_default();
        (last < named.len()).then(|| named.swap_remove(last))
    }

    fn reference(&self, node: Node<'d, 'i>) -> Result<Value, CsdlError> {
        let mut includes = Vec::new();
        let mut annotations: Vec<Value> = Vec::new();
        for child in
            self.elements.children(node, &["Include", "IncludeAnnotations", "Annotation"])?
        {
            let mut own = Object::new();
            match child.tag_name().name() {
                "Include" => {
                    let namespace = self.elements.needed(child, "Namespace")?;
                    own.insert("$Namespace".to_owned(), namespace.into());
                    self.elements.texts(child, &mut own, &["Alias"]);
                    self.elements.children(child, &["Annotation"])?;
                    self.annotations(child, &mut own, "")?;
                    includes.push(own.into());
                }
                "IncludeAnnotations" => {
                    let namespace = self.elements.needed(child, "TermNamespace")?;
                    own.insert("$TermNamespace".to_owned(), namespace.into());
                    self.elements.texts(child, &mut own, &["Qualifier", "TargetNamespace"]);
                    self.elements.children(child, &[])?;
                    annotations.push(own.into());
                }
                _ => {}
            }
        }
        let mut reference = Object::new();
        if !includes.is_empty() {
            reference.insert("$Include".to_owned(), Value::Array(includes));
        }
        if !annotations.is_empty() {
            reference.insert("$IncludeAnnotations".to_owned(), Value::Array(annotations));
        }
        self.annotations(node, &mut reference, "")?;
        Ok(reference.into())
    }
}
