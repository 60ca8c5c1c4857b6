//! The elements of a schema (CSDL XML 5 to 13).

use roxmltree::Node;
use serde_json::{Value, json};

use super::super::error::CsdlError;
use super::super::{Object, item_of};
use super::Reader;

/// Types whose absent precision means 0 in XML and any in JSON (CSDL 4.4.2).
const TEMPORAL: &[&str] = &["Edm.DateTimeOffset", "Edm.Duration", "Edm.TimeOfDay"];
const NUMBERS: &[&str] = &[
    "Edm.Byte",
    "Edm.Decimal",
    "Edm.Double",
    "Edm.Int16",
    "Edm.Int32",
    "Edm.Int64",
    "Edm.SByte",
    "Edm.Single",
];

impl<'d, 'i> Reader<'d, 'i> {
    pub(super) fn schema(&self, node: Node<'d, 'i>, namespace: &str) -> Result<Value, CsdlError> {
        let mut schema = Object::new();
        self.elements.texts(node, &mut schema, &["Alias"]);
        let mut targets = Object::new();
        let known = [
            "Action",
            "Annotation",
            "Annotations",
            "ComplexType",
            "EntityContainer",
            "EntityType",
            "EnumType",
            "Function",
            "Term",
            "TypeDefinition",
        ];
        for child in self.elements.children(node, &known)? {
            let kind = child.tag_name().name();
            let own = match kind {
                "Annotation" => continue,
                "Annotations" => {
                    self.targeted(child, &mut targets)?;
                    continue;
                }
                "Action" | "Function" => {
                    self.overload(child, kind, &mut schema)?;
                    continue;
                }
                "EntityType" | "ComplexType" => self.structured(child)?,
                "EnumType" => self.enumeration(child)?,
                "TypeDefinition" => self.definition(child)?,
                "Term" => self.term(child)?,
                _ => self.container(child, namespace)?,
            };
            let mut whole = Object::new();
            whole.insert("$Kind".to_owned(), kind.into());
            whole.extend(own);
            let name = self.elements.name(child)?.to_owned();
            self.elements.put(child, &mut schema, name, whole.into())?;
        }
        self.annotations(node, &mut schema, "")?;
        if !targets.is_empty() {
            schema.insert("$Annotations".to_owned(), targets.into());
        }
        Ok(schema.into())
    }

    fn structured(&self, node: Node<'d, 'i>) -> Result<Object, CsdlError> {
        let mut own = Object::new();
        self.qualified(node, &mut own, "BaseType", "$BaseType")?;
        let is_entity = node.tag_name().name() == "EntityType";
        let flags: &[_] = match is_entity {
            true => &["Abstract", "OpenType", "HasStream"],
            false => &["Abstract", "OpenType"],
        };
        self.elements.flags(node, &mut own, flags)?;
        let known: &[_] = match is_entity {
            true => &["Annotation", "Key", "NavigationProperty", "Property"],
            false => &["Annotation", "NavigationProperty", "Property"],
        };
        for child in self.elements.children(node, known)? {
            let property = match child.tag_name().name() {
                "Key" => {
                    let key = self.key(child)?;
                    self.elements.put(child, &mut own, "$Key".to_owned(), key)?;
                    continue;
                }
                "Property" => self.property(child)?,
                "NavigationProperty" => self.navigation(child)?,
                _ => continue,
            };
            let name = self.elements.name(child)?.to_owned();
            self.elements.put(child, &mut own, name, property.into())?;
        }
        self.annotations(node, &mut own, "")?;
        Ok(own)
    }

    /// Names of properties, or their aliases and paths (CSDL 6.5).
    fn key(&self, node: Node<'d, 'i>) -> Result<Value, CsdlError> {
        let mut key = Vec::new();
        for part in self.elements.children(node, &["PropertyRef"])? {
            let path = self.names.aliased(self.elements.needed(part, "Name")?);
            self.elements.children(part, &[])?;
            key.push(match part.attribute("Alias") {
                Some(alias) => {
                    self.elements.identifier(part, "Alias", alias)?;
                    json!({ alias: path })
                }
                None => path.into(),
            });
        }
        Ok(key.into())
    }

    fn property(&self, node: Node<'d, 'i>) -> Result<Object, CsdlError> {
        let mut own = Object::new();
        self.typed(node, &mut own)?;
        self.only_annotations(node, &mut own)?;
        Ok(own)
    }

    /// What has a type, facets, and perhaps a default: properties, parameters, return types and terms.
    fn typed(&self, node: Node<'d, 'i>, own: &mut Object) -> Result<(), CsdlError> {
        let type_name = self.elements.needed(node, "Type")?;
        let item = item_of(type_name);
        let is_collection = item.is_some();
        let item = item.unwrap_or(type_name);
        if item != "Edm.String" {
            own.insert("$Type".to_owned(), self.names.aliased(item).into());
        }
        if is_collection {
            own.insert("$Collection".to_owned(), true.into());
        }
        // Nothing is known of collections that do not say whether they hold nulls: they had better not.
        if self.elements.flag(node, "Nullable", !is_collection)? {
            own.insert("$Nullable".to_owned(), true.into());
        }
        self.facets(node, own, item)?;
        if let Some(text) = node.attribute("DefaultValue") {
            own.insert("$DefaultValue".to_owned(), self.constant_of(item, text));
        }
        Ok(())
    }

    /// The facets (CSDL 4.4), with what XML means by leaving them out.
    pub(super) fn facets(
        &self,
        node: Node<'d, 'i>,
        own: &mut Object,
        item: &str,
    ) -> Result<(), CsdlError> {
        let is_decimal = item == "Edm.Decimal";
        self.given_facets(node, own)?;
        if is_decimal && own.get("$Scale").is_some_and(|scale| scale == "variable") {
            own.shift_remove("$Scale");
        } else if is_decimal && !own.contains_key("$Scale") {
            own.insert("$Scale".to_owned(), 0.into());
        }
        if TEMPORAL.contains(&item) && !own.contains_key("$Precision") {
            own.insert("$Precision".to_owned(), 0.into());
        }
        Ok(())
    }

    pub(super) fn given_facets(
        &self,
        node: Node<'d, 'i>,
        own: &mut Object,
    ) -> Result<(), CsdlError> {
        let symbols: [(&str, &[&str]); 3] =
            [("MaxLength", &["max"]), ("Precision", &[]), ("Scale", &["variable", "floating"])];
        for (name, symbols) in symbols {
            let Some(text) = node.attribute(name).map(str::trim) else {
                continue;
            };
            let symbol = symbols.iter().find(|symbol| symbol.eq_ignore_ascii_case(text));
            let value: Value = match (symbol, text.parse::<u64>()) {
                // As long as the service supports, which JSON says by leaving it out.
                (Some(&"max"), _) => continue,
                (Some(symbol), _) => (*symbol).into(),
                (None, Ok(number)) => number.into(),
                (None, Err(_)) => {
                    let expected = match symbols {
                        [] => "a number".to_owned(),
                        symbols => format!("a number or {}", symbols.join(" or ")),
                    };
                    self.elements.expect(node, name, text, false, &expected)?;
                    continue;
                }
            };
            own.insert(format!("${name}"), value);
        }
        if !self.elements.flag(node, "Unicode", true)? {
            own.insert("$Unicode".to_owned(), false.into());
        }
        self.elements.texts(node, own, &["SRID"]);
        Ok(())
    }

    /// A value of a type as JSON has it (CSDL JSON 7.3).
    pub(super) fn constant_of(&self, type_name: &str, text: &str) -> Value {
        let full = self.names.qualified(type_name);
        let definition = self.declared.get(&full).and_then(|node| node.attribute("UnderlyingType"));
        match definition.unwrap_or(&full) {
            "Edm.Boolean" | "Org.OData.Core.V1.Tag" => match text.trim() {
                "true" | "1" => true.into(),
                "false" | "0" => false.into(),
                _ => text.into(),
            },
            number if NUMBERS.contains(&number) => {
                number_of(text.trim()).unwrap_or_else(|| text.into())
            }
            _ => text.into(),
        }
    }

    fn navigation(&self, node: Node<'d, 'i>) -> Result<Object, CsdlError> {
        let mut own = Object::new();
        own.insert("$Kind".to_owned(), "NavigationProperty".into());
        let type_name = self.elements.needed(node, "Type")?;
        let item = item_of(type_name);
        own.insert("$Type".to_owned(), self.names.aliased(item.unwrap_or(type_name)).into());
        if item.is_some() {
            own.insert("$Collection".to_owned(), true.into());
        } else if self.elements.flag(node, "Nullable", true)? {
            own.insert("$Nullable".to_owned(), true.into());
        }
        self.aliased(node, &mut own, "Partner");
        self.elements.flags(node, &mut own, &["ContainsTarget"])?;
        let mut constraints = Object::new();
        for child in
            self.elements.children(node, &["Annotation", "OnDelete", "ReferentialConstraint"])?
        {
            match child.tag_name().name() {
                "ReferentialConstraint" => {
                    let dependent = self.elements.path(child, "Property")?.to_owned();
                    let principal = self.elements.needed(child, "ReferencedProperty")?.into();
                    self.elements.put(child, &mut constraints, dependent.clone(), principal)?;
                    self.elements.children(child, &["Annotation"])?;
                    self.annotations(child, &mut constraints, &dependent)?;
                }
                "OnDelete" => {
                    let action = self.elements.needed(child, "Action")?;
                    let known = ["Cascade", "None", "SetNull", "SetDefault"];
                    let expected = "Cascade, None, SetNull or SetDefault";
                    self.elements.expect(
                        child,
                        "Action",
                        action,
                        known.contains(&action),
                        expected,
                    )?;
                    self.elements.put(child, &mut own, "$OnDelete".to_owned(), action.into())?;
                    self.elements.children(child, &["Annotation"])?;
                    self.annotations(child, &mut own, "$OnDelete")?;
                }
                _ => {}
            }
        }
        if !constraints.is_empty() {
            own.insert("$ReferentialConstraint".to_owned(), constraints.into());
        }
        self.annotations(node, &mut own, "")?;
        Ok(own)
    }

    /// Members without a value have the next one (CSDL XML 10.3).
    fn enumeration(&self, node: Node<'d, 'i>) -> Result<Object, CsdlError> {
        let mut own = Object::new();
        let underlying = node.attribute("UnderlyingType").filter(|name| *name != "Edm.Int32");
        if let Some(underlying) = underlying {
            own.insert("$UnderlyingType".to_owned(), underlying.into());
        }
        self.elements.flags(node, &mut own, &["IsFlags"])?;
        let mut next = Some(0_i64);
        for child in self.elements.children(node, &["Annotation", "Member"])? {
            if child.tag_name().name() != "Member" {
                continue;
            }
            let name = self.elements.name(child)?;
            if let Some(text) = child.attribute("Value").map(str::trim) {
                next = text.parse().ok();
                self.elements.expect(child, "Value", text, next.is_some(), "an integer")?;
            }
            let Some(value) = next else {
                return Err(self.elements.error(child, format!("no value is left for `{name}`")));
            };
            next = value.checked_add(1);
            self.elements.put(child, &mut own, name.to_owned(), value.into())?;
            self.elements.children(child, &["Annotation"])?;
            self.annotations(child, &mut own, name)?;
        }
        self.annotations(node, &mut own, "")?;
        Ok(own)
    }

    fn definition(&self, node: Node<'d, 'i>) -> Result<Object, CsdlError> {
        let mut own = Object::new();
        let underlying = self.elements.needed(node, "UnderlyingType")?;
        own.insert("$UnderlyingType".to_owned(), underlying.into());
        self.facets(node, &mut own, underlying)?;
        self.only_annotations(node, &mut own)?;
        Ok(own)
    }

    fn term(&self, node: Node<'d, 'i>) -> Result<Object, CsdlError> {
        let mut own = Object::new();
        self.typed(node, &mut own)?;
        self.qualified(node, &mut own, "BaseTerm", "$BaseTerm")?;
        if let Some(elements) = node.attribute("AppliesTo") {
            let elements: Vec<_> = elements.split_whitespace().collect();
            own.insert("$AppliesTo".to_owned(), json!(elements));
        }
        self.only_annotations(node, &mut own)?;
        Ok(own)
    }

    /// Adds an overload to those of its name (CSDL 12.2, 12.4).
    fn overload(
        &self,
        node: Node<'d, 'i>,
        kind: &str,
        schema: &mut Object,
    ) -> Result<(), CsdlError> {
        let mut own = Object::new();
        own.insert("$Kind".to_owned(), kind.into());
        self.elements.flags(node, &mut own, &["IsBound"])?;
        if kind == "Function" {
            self.elements.flags(node, &mut own, &["IsComposable"])?;
        }
        self.aliased(node, &mut own, "EntitySetPath");
        let mut parameters = Vec::new();
        let mut returned = Object::new();
        for child in self.elements.children(node, &["Annotation", "Parameter", "ReturnType"])? {
            match child.tag_name().name() {
                "Parameter" => {
                    let mut parameter = Object::new();
                    parameter.insert("$Name".to_owned(), self.elements.name(child)?.into());
                    parameter.extend(self.property(child)?);
                    parameters.push(Value::from(parameter));
                }
                "ReturnType" => {
                    let value = self.property(child)?.into();
                    self.elements.put(child, &mut returned, "$ReturnType".to_owned(), value)?;
                }
                _ => {}
            }
        }
        if !parameters.is_empty() {
            own.insert("$Parameter".to_owned(), parameters.into());
        }
        own.extend(returned);
        self.annotations(node, &mut own, "")?;
        let name = self.elements.name(node)?;
        let overloads = schema.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        match overloads.as_array_mut() {
            Some(overloads) => overloads.push(own.into()),
            None => return Err(self.elements.error(node, format!("`{name}` is declared twice"))),
        }
        Ok(())
    }

    fn container(&self, node: Node<'d, 'i>, namespace: &str) -> Result<Object, CsdlError> {
        let mut own = Object::new();
        self.qualified(node, &mut own, "Extends", "$Extends")?;
        let container = format!("{namespace}.{}", self.elements.name(node)?);
        let known = ["ActionImport", "Annotation", "EntitySet", "FunctionImport", "Singleton"];
        for child in self.elements.children(node, &known)? {
            let mut resource = Object::new();
            match child.tag_name().name() {
                "EntitySet" => {
                    resource.insert("$Collection".to_owned(), true.into());
                    self.elements.needed(child, "EntityType")?;
                    self.qualified(child, &mut resource, "EntityType", "$Type")?;
                    if !self.elements.flag(child, "IncludeInServiceDocument", true)? {
                        resource.insert("$IncludeInServiceDocument".to_owned(), false.into());
                    }
                    self.bindings(child, &mut resource, &container)?;
                }
                "Singleton" => {
                    self.elements.needed(child, "Type")?;
                    self.qualified(child, &mut resource, "Type", "$Type")?;
                    self.elements.flags(child, &mut resource, &["Nullable"])?;
                    self.bindings(child, &mut resource, &container)?;
                }
                "ActionImport" => {
                    self.elements.needed(child, "Action")?;
                    self.qualified(child, &mut resource, "Action", "$Action")?;
                    self.import(child, &mut resource, &container)?;
                }
                "FunctionImport" => {
                    self.elements.needed(child, "Function")?;
                    self.qualified(child, &mut resource, "Function", "$Function")?;
                    self.import(child, &mut resource, &container)?;
                    self.elements.flags(child, &mut resource, &["IncludeInServiceDocument"])?;
                }
                _ => continue,
            }
            self.annotations(child, &mut resource, "")?;
            let name = self.elements.name(child)?.to_owned();
            self.elements.put(child, &mut own, name, resource.into())?;
        }
        self.annotations(node, &mut own, "")?;
        Ok(own)
    }

    fn bindings(
        &self,
        node: Node<'d, 'i>,
        own: &mut Object,
        container: &str,
    ) -> Result<(), CsdlError> {
        let mut bindings = Object::new();
        for child in self.elements.children(node, &["Annotation", "NavigationPropertyBinding"])? {
            if child.tag_name().name() != "NavigationPropertyBinding" {
                continue;
            }
            let path = self.names.aliased(self.elements.needed(child, "Path")?);
            self.elements.children(child, &[])?;
            let target = self.target(self.elements.needed(child, "Target")?, container);
            self.elements.put(child, &mut bindings, path, target.into())?;
        }
        if !bindings.is_empty() {
            own.insert("$NavigationPropertyBinding".to_owned(), bindings.into());
        }
        Ok(())
    }

    fn import(
        &self,
        node: Node<'d, 'i>,
        own: &mut Object,
        container: &str,
    ) -> Result<(), CsdlError> {
        if let Some(set) = node.attribute("EntitySet") {
            own.insert("$EntitySet".to_owned(), self.target(set, container).into());
        }
        self.elements.children(node, &["Annotation"]).map(drop)
    }

    /// The path of a set or what is contained in one, without the container that it is named in (CSDL JSON 13.4).
    fn target(&self, text: &str, container: &str) -> String {
        let full = self.names.qualified(text);
        let inside = full.strip_prefix(container).and_then(|rest| rest.strip_prefix('/'));
        self.names.aliased(inside.unwrap_or(&full))
    }

    /// Puts a qualified name into an object.
    fn qualified(
        &self,
        node: Node<'d, 'i>,
        own: &mut Object,
        attribute: &str,
        member: &str,
    ) -> Result<(), CsdlError> {
        if let Some(name) = node.attribute(attribute) {
            self.elements.qualified(node, attribute, name)?;
            own.insert(member.to_owned(), self.names.aliased(name).into());
        }
        Ok(())
    }

    fn aliased(&self, node: Node<'d, 'i>, own: &mut Object, attribute: &str) {
        if let Some(path) = node.attribute(attribute) {
            own.insert(format!("${attribute}"), self.names.aliased(path).into());
        }
    }

    fn only_annotations(&self, node: Node<'d, 'i>, own: &mut Object) -> Result<(), CsdlError> {
        self.elements.children(node, &["Annotation"])?;
        self.annotations(node, own, "")
    }
}

/// A number as JSON writes it, exactly.
pub(super) fn number_of(text: &str) -> Option<Value> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let significant = digits.trim_start_matches('0');
    let zero = match significant.starts_with(|c: char| c.is_ascii_digit()) {
        true => "",
        false if significant.len() < digits.len() => "0",
        false => return None,
    };
    let number: serde_json::Number = format!("{sign}{zero}{significant}").parse().ok()?;
    Some(Value::Number(number))
}
