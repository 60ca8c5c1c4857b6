//! CSDL XML (OData CSDL XML Representation 4.0 and 4.01).

use std::cell::Cell;

use roxmltree::{Document, Node, ParsingOptions};

use super::build::{
    Definition, EnumBuilder, MemberBuilder, MemberKind, NavigationBuilder, Place, SchemaBuilder,
    SetBuilder, TypeBuilder,
};
use super::link::bad;
use crate::error::Error;

/// Elements and texts of a document at most.
const NODES: u32 = 10_000_000;

pub(super) fn read(mut builder: SchemaBuilder, text: &str) -> Result<SchemaBuilder, Error> {
    let text = text.trim_start_matches('\u{feff}');
    let options = ParsingOptions { nodes_limit: NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| bad(format!("not XML: {error}")))?;
    let reader = Reader { lines: Lines::of(text) };
    let root = document.root_element();
    if root.tag_name().name() != "Edmx" {
        let error = reader.error(root, "expected the element `Edmx`".to_owned());
        return Err(error.with_help("read what a service answers to `$metadata`"));
    }
    if !reader.needed(root, "Version")?.starts_with("4.") {
        let what = "the document is not of OData 4".to_owned();
        return Err(reader.error(root, what));
    }
    for services in reader.children(root, &["DataServices", "Reference"])? {
        if services.tag_name().name() == "DataServices" {
            for schema in reader.children(services, &["Schema"])? {
                reader.schema(schema, &mut builder)?;
            }
        }
    }
    Ok(builder)
}

/// Says where things are: they are asked for in the order of the text, which is read once.
struct Lines<'t> {
    text: &'t str,
    last: Cell<(usize, Place)>,
}

impl<'t> Lines<'t> {
    const START: (usize, Place) = (0, Place { line: 1, column: 1 });

    fn of(text: &'t str) -> Self {
        Lines { text, last: Cell::new(Self::START) }
    }

    fn place(&self, offset: usize) -> Place {
        let last = self.last.get();
        let (start, mut place) = if last.0 <= offset { last } else { Self::START };
        for c in self.text.get(start..offset).unwrap_or_default().chars() {
            match c {
                '\n' => place = Place { line: place.line.saturating_add(1), column: 1 },
                _ => place.column = place.column.saturating_add(1),
            }
        }
        self.last.set((offset, place));
        place
    }
}

/// Reads elements; all of them say where they stand.
struct Reader<'t> {
    lines: Lines<'t>,
}

impl Reader<'_> {
    fn place(&self, node: Node<'_, '_>) -> Place {
        self.lines.place(node.range().start)
    }

    fn error(&self, node: Node<'_, '_>, what: String) -> Error {
        self.place(node).of(bad(what))
    }

    /// The elements inside another one, which have to be known. Annotations and elements of other
    /// vocabularies are left out.
    fn children<'d, 'i>(
        &self,
        node: Node<'d, 'i>,
        known: &[&str],
    ) -> Result<Vec<Node<'d, 'i>>, Error> {
        let mut found = Vec::new();
        for child in node.children().filter(Node::is_element) {
            let tag = child.tag_name();
            let is_csdl = tag.namespace().is_none_or(|name| {
                name.ends_with("/odata/ns/edm") || name.ends_with("/odata/ns/edmx")
            });
            match tag.name() {
                name if known.contains(&name) => found.push(child),
                "Annotation" | "Annotations" => {}
                name if is_csdl => {
                    let parent = node.tag_name().name();
                    let what = format!("`{name}` has no place in `{parent}`");
                    return Err(self.error(child, what));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    fn needed<'d>(&self, node: Node<'d, '_>, name: &str) -> Result<&'d str, Error> {
        let missing = || {
            let element = node.tag_name().name();
            self.error(node, format!("`{element}` has no attribute `{name}`"))
        };
        node.attribute(name).ok_or_else(missing)
    }

    fn flag(&self, node: Node<'_, '_>, name: &str, otherwise: bool) -> Result<bool, Error> {
        match node.attribute(name) {
            None => Ok(otherwise),
            Some("true" | "1") => Ok(true),
            Some("false" | "0") => Ok(false),
            Some(other) => {
                let what = format!("`{name}` is true or false, found `{other}`");
                Err(self.error(node, what))
            }
        }
    }

    fn schema(&self, schema: Node<'_, '_>, builder: &mut SchemaBuilder) -> Result<(), Error> {
        let namespace = self.needed(schema, "Namespace")?;
        if let Some(alias) = schema.attribute("Alias") {
            builder.aliases.push((alias.to_owned(), namespace.to_owned()));
        }
        // Operations and terms say nothing about data.
        let known = [
            "EntityType",
            "ComplexType",
            "EnumType",
            "TypeDefinition",
            "EntityContainer",
            "Action",
            "Function",
            "Term",
        ];
        for node in self.children(schema, &known)? {
            let name = || Ok(format!("{namespace}.{}", self.needed(node, "Name")?));
            match node.tag_name().name() {
                "EntityType" => builder.types.push(self.structured(node, &name()?, true)?),
                "ComplexType" => builder.types.push(self.structured(node, &name()?, false)?),
                "EnumType" => builder.enums.push(self.enumeration(node, &name()?)?),
                "TypeDefinition" => builder.definitions.push(Definition {
                    name: name()?,
                    underlying: self.needed(node, "UnderlyingType")?.to_owned(),
                    at: self.place(node),
                }),
                "EntityContainer" => self.container(node, name()?, builder)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn structured(
        &self,
        node: Node<'_, '_>,
        name: &str,
        is_entity: bool,
    ) -> Result<TypeBuilder, Error> {
        let mut declared = TypeBuilder::new(name)
            .open(self.flag(node, "OpenType", false)?)
            .is_abstract(self.flag(node, "Abstract", false)?);
        declared.is_entity = is_entity;
        declared.base = node.attribute("BaseType").map(str::to_owned);
        declared.at = self.place(node);
        for child in self.children(node, &["Key", "Property", "NavigationProperty"])? {
            if child.tag_name().name() == "Key" {
                for part in self.children(child, &["PropertyRef"])? {
                    declared.key.push(self.needed(part, "Name")?.to_owned());
                }
                continue;
            }
            let name = self.needed(child, "Name")?.to_owned();
            let type_name = self.needed(child, "Type")?;
            let kind = match child.tag_name().name() {
                "Property" => MemberKind::Property {
                    type_name: type_name.to_owned(),
                    nullable: self.flag(child, "Nullable", true)?,
                },
                _ => MemberKind::Navigation(self.navigation(child, &name, type_name)?),
            };
            declared.members.push(MemberBuilder { name, kind, at: self.place(child) });
        }
        Ok(declared)
    }

    fn navigation(
        &self,
        node: Node<'_, '_>,
        name: &str,
        type_name: &str,
    ) -> Result<NavigationBuilder, Error> {
        let item = type_name.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')'));
        let mut declared = NavigationBuilder::new(name, item.unwrap_or(type_name), item.is_some());
        declared.contained = self.flag(node, "ContainsTarget", false)?;
        declared.partner = node.attribute("Partner").map(str::to_owned);
        for child in self.children(node, &["ReferentialConstraint", "OnDelete"])? {
            if child.tag_name().name() == "ReferentialConstraint" {
                let own = self.needed(child, "Property")?;
                declared = declared.on(own, self.needed(child, "ReferencedProperty")?);
            }
        }
        Ok(declared)
    }

    /// Members without a value have the next one (CSDL XML 10.2).
    fn enumeration(&self, node: Node<'_, '_>, name: &str) -> Result<EnumBuilder, Error> {
        let mut declared = EnumBuilder::new(name);
        declared.flags = self.flag(node, "IsFlags", false)?;
        declared.at = self.place(node);
        let mut next = 0_i64;
        for member in self.children(node, &["Member"])? {
            let name = self.needed(member, "Name")?;
            if let Some(value) = member.attribute("Value") {
                next = value.trim().parse().map_err(|_| {
                    self.error(member, format!("`Value` is an integer, found `{value}`"))
                })?;
            }
            declared.members.push((name.to_owned(), next));
            next = next.saturating_add(1);
        }
        Ok(declared)
    }

    fn container(
        &self,
        node: Node<'_, '_>,
        name: String,
        builder: &mut SchemaBuilder,
    ) -> Result<(), Error> {
        builder.containers.push((name, node.attribute("Extends").map(str::to_owned)));
        let known = ["EntitySet", "Singleton", "ActionImport", "FunctionImport"];
        for child in self.children(node, &known)? {
            let singleton = child.tag_name().name() == "Singleton";
            let type_name = match child.tag_name().name() {
                "EntitySet" => self.needed(child, "EntityType")?,
                "Singleton" => self.needed(child, "Type")?,
                _ => continue,
            };
            let mut bindings = Vec::new();
            for binding in self.children(child, &["NavigationPropertyBinding"])? {
                let path = self.needed(binding, "Path")?.to_owned();
                bindings.push((path, self.needed(binding, "Target")?.to_owned()));
            }
            builder.sets.push(SetBuilder {
                name: self.needed(child, "Name")?.to_owned(),
                type_name: type_name.to_owned(),
                singleton,
                bindings,
                at: self.place(child),
            });
        }
        Ok(())
    }
}
