//! Elements of an XML document and their attributes; all errors say where they are.

use roxmltree::Node;
use serde_json::Value;

use super::super::Object;
use super::super::error::CsdlError;

/// Characters of a simple identifier and of a namespace at most (CSDL 15.1, 15.2).
const IDENTIFIER: usize = 128;
const NAMESPACE: usize = 511;
/// Characters of a path that stands in front of other names.
const PATH: usize = 1_000;

/// Where lines begin, to say where things are.
pub(super) struct Elements<'d> {
    text: &'d str,
    starts: Vec<usize>,
}

impl<'d> Elements<'d> {
    pub(super) fn of(text: &'d str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at.saturating_add(1))).collect();
        Elements { text, starts }
    }

    pub(super) fn error(&self, node: Node<'_, '_>, what: String) -> CsdlError {
        let offset = node.range().start;
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|line| self.starts.get(line)).copied();
        let before = self.text.get(start.unwrap_or_default()..offset).unwrap_or_default();
        CsdlError::new(line, before.chars().count().saturating_add(1), what)
    }

    /// The elements inside another one, which have to be known. Those of other XML namespaces are left out.
    pub(super) fn children<'n, 'i>(
        &self,
        node: Node<'n, 'i>,
        known: &[&str],
    ) -> Result<Vec<Node<'n, 'i>>, CsdlError> {
        let mut found = Vec::new();
        for child in node.children().filter(Node::is_element) {
            let tag = child.tag_name();
            let is_csdl = is_csdl(child);
            if is_csdl && known.contains(&tag.name()) {
                found.push(child);
            } else if is_csdl {
                let (name, parent) = (tag.name(), node.tag_name().name());
                return Err(self.error(child, format!("`{name}` has no place in `{parent}`")));
            }
        }
        Ok(found)
    }

    pub(super) fn needed<'n>(&self, node: Node<'n, '_>, name: &str) -> Result<&'n str, CsdlError> {
        let missing = || {
            let element = node.tag_name().name();
            self.error(node, format!("`{element}` has no attribute `{name}`"))
        };
        node.attribute(name).ok_or_else(missing)
    }

    /// The name of what an element declares.
    pub(super) fn name<'n>(&self, node: Node<'n, '_>) -> Result<&'n str, CsdlError> {
        let name = self.needed(node, "Name")?;
        self.identifier(node, "Name", name)?;
        Ok(name)
    }

    pub(super) fn identifier(
        &self,
        node: Node<'_, '_>,
        attribute: &str,
        text: &str,
    ) -> Result<(), CsdlError> {
        let has_others = text.is_empty() || text.contains(['$', '@', '#', '/', '.', '\'', '(']);
        self.expect(node, attribute, text, !has_others, "a simple identifier")?;
        let is_short = text.chars().count() <= IDENTIFIER;
        self.expect(node, attribute, text, is_short, "an identifier of at most 128 characters")
    }

    pub(super) fn namespace(
        &self,
        node: Node<'_, '_>,
        attribute: &str,
        text: &str,
    ) -> Result<(), CsdlError> {
        let has_others = text.is_empty() || text.contains(['$', '@', '#', '/', '\'', '(']);
        self.expect(node, attribute, text, !has_others, "a namespace")?;
        let is_short = text.chars().count() <= NAMESPACE;
        self.expect(node, attribute, text, is_short, "a namespace of at most 511 characters")
    }

    /// A qualified name: a namespace or alias, and an identifier.
    pub(super) fn qualified(
        &self,
        node: Node<'_, '_>,
        attribute: &str,
        text: &str,
    ) -> Result<(), CsdlError> {
        match text.rsplit_once('.') {
            Some((namespace, name)) => {
                self.namespace(node, attribute, namespace)?;
                self.identifier(node, attribute, name)
            }
            None => self.expect(node, attribute, text, false, "a qualified name"),
        }
    }

    /// A path that the names of annotations are written behind.
    pub(super) fn path<'n>(&self, node: Node<'n, '_>, name: &str) -> Result<&'n str, CsdlError> {
        let text = self.needed(node, name)?;
        let is_path = !text.is_empty() && !text.contains(['$', '@']);
        self.expect(node, name, text, is_path, "a path of properties")?;
        let is_short = text.chars().count() <= PATH;
        self.expect(node, name, text, is_short, "a path of at most 1000 characters")?;
        Ok(text)
    }

    pub(super) fn expect(
        &self,
        node: Node<'_, '_>,
        attribute: &str,
        found: &str,
        holds: bool,
        expected: &str,
    ) -> Result<(), CsdlError> {
        if holds {
            return Ok(());
        }
        let found: String = found.chars().take(80).collect();
        Err(self.error(node, format!("`{attribute}` is {expected}, found `{found}`")))
    }

    pub(super) fn flag(
        &self,
        node: Node<'_, '_>,
        name: &str,
        otherwise: bool,
    ) -> Result<bool, CsdlError> {
        match node.attribute(name).map(str::trim) {
            None => Ok(otherwise),
            Some("true" | "1") => Ok(true),
            Some("false" | "0") => Ok(false),
            Some(other) => {
                self.expect(node, name, other, false, "true or false")?;
                Ok(otherwise)
            }
        }
    }

    /// Puts flags into an object that are not what absence means there, which is false.
    pub(super) fn flags(
        &self,
        node: Node<'_, '_>,
        object: &mut Object,
        names: &[&str],
    ) -> Result<(), CsdlError> {
        for name in names {
            if self.flag(node, name, false)? {
                object.insert(format!("${name}"), true.into());
            }
        }
        Ok(())
    }

    /// Puts attributes into an object as they are.
    pub(super) fn texts(&self, node: Node<'_, '_>, object: &mut Object, names: &[&str]) {
        for name in names {
            if let Some(text) = node.attribute(*name) {
                object.insert(format!("${name}"), text.into());
            }
        }
    }

    /// Adds a member, which must not be there yet.
    pub(super) fn put(
        &self,
        node: Node<'_, '_>,
        object: &mut Object,
        name: String,
        value: Value,
    ) -> Result<(), CsdlError> {
        if object.contains_key(&name) {
            return Err(self.error(node, format!("`{name}` is declared twice")));
        }
        object.insert(name, value);
        Ok(())
    }

    /// The text of an element, whatever comments stand in it.
    pub(super) fn content(&self, node: Node<'_, '_>) -> Result<String, CsdlError> {
        if let Some(child) = node.children().find(Node::is_element) {
            let (name, parent) = (child.tag_name().name(), node.tag_name().name());
            return Err(self.error(child, format!("`{name}` has no place in `{parent}`")));
        }
        Ok(node.children().filter(Node::is_text).filter_map(|text| text.text()).collect())
    }
}

/// Whether an element is one of CSDL, not of another XML namespace.
pub(super) fn is_csdl(node: Node<'_, '_>) -> bool {
    node.tag_name()
        .namespace()
        .is_none_or(|name| name.ends_with("/odata/ns/edm") || name.ends_with("/odata/ns/edmx"))
}
