//! CSDL JSON to CSDL XML (OData CSDL XML Representation 4.01).

mod element;
mod expression;

use serde_json::Value;

use self::element::Element;
use self::expression::Annotations;
use super::Object;
use super::names::Names;

/// Types whose absent precision means any in JSON and 0 in XML, which has no more than 12 (CSDL 4.4.2).
const TEMPORAL: &[&str] = &["Edm.DateTimeOffset", "Edm.Duration", "Edm.TimeOfDay"];
const FACETS: &[&str] = &["MaxLength", "Precision", "Scale", "Unicode", "SRID"];

/// Writes a CSDL JSON document as CSDL XML.
///
/// It says the same: [`from_xml`](super::from_xml) reads what it read before. Paths and members of enumerations, which JSON
/// writes as strings, are written as what they are where an OASIS vocabulary, the document's own terms or the control information
/// `@type` say so. Characters that XML does not have are written as U+FFFD; what is no CSDL is left out.
///
/// ```
/// use odata_service::csdl;
/// use serde_json::json;
///
/// let document = json!({"$Version": "4.01", "HR": {
///     "Place": {"$Kind": "ComplexType", "city": {"@Org.OData.Core.V1.Description": "\"here\" & there"}}
/// }});
/// let xml = csdl::to_xml(&document);
/// assert!(xml.contains(r#"<Property Name="city" Type="Edm.String" Nullable="false">"#));
/// assert!(xml.contains(r#"String="&quot;here&quot; &amp; there""#));
/// assert_eq!(csdl::from_xml(&xml)?, document);
/// # Ok::<(), csdl::CsdlError>(())
/// ```
pub fn to_xml(document: &Value) -> String {
    let writer = Writer { document, names: Names::of(document) };
    let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".to_owned();
    writer.edmx().write(&mut text, 0);
    text
}

struct Writer<'j> {
    document: &'j Value,
    names: Names,
}

impl<'j> Writer<'j> {
    fn edmx(&self) -> Element {
        let mut root = Element::new("edmx:Edmx");
        let version = self.document.get("$Version").and_then(Value::as_str).unwrap_or("4.01");
        root.set("xmlns:edmx", "http://docs.oasis-open.org/odata/ns/edmx");
        root.set("xmlns", "http://docs.oasis-open.org/odata/ns/edm");
        root.set("Version", version);
        let references = self.document.get("$Reference").and_then(Value::as_object);
        for (uri, reference) in references.into_iter().flatten() {
            root.push(self.reference(uri, reference));
        }
        let mut services = Element::new("edmx:DataServices");
        for (namespace, schema) in self.document.as_object().into_iter().flat_map(members) {
            if let Some(schema) = schema.as_object() {
                services.push(self.schema(namespace, schema));
            }
        }
        root.push(services);
        root
    }

    fn reference(&self, uri: &str, reference: &Value) -> Element {
        let mut element = Element::new("edmx:Reference");
        element.set("Uri", uri);
        let items =
            |name: &str| reference.get(name).and_then(Value::as_array).into_iter().flatten();
        for include in items("$Include").filter_map(Value::as_object) {
            let mut child = Element::new("edmx:Include");
            child.texts(include, &["Namespace", "Alias"]);
            self.annotate(&mut child, include);
            element.push(child);
        }
        for include in items("$IncludeAnnotations").filter_map(Value::as_object) {
            let mut child = Element::new("edmx:IncludeAnnotations");
            child.texts(include, &["TermNamespace", "Qualifier", "TargetNamespace"]);
            element.push(child);
        }
        if let Some(reference) = reference.as_object() {
            self.annotate(&mut element, reference);
        }
        element
    }

    fn schema(&self, namespace: &str, schema: &'j Object) -> Element {
        let mut element = Element::new("Schema");
        element.set("Namespace", namespace);
        element.texts(schema, &["Alias"]);
        for (name, declared) in members(schema) {
            let overloads = declared.as_array().into_iter().flatten().filter_map(Value::as_object);
            overloads.for_each(|overload| element.extend(self.overload(name, overload)));
            if let Some(declared) = declared.as_object() {
                element.extend(self.declared(name, declared));
            }
        }
        let targets = schema.get("$Annotations").and_then(Value::as_object);
        for (target, own) in targets.into_iter().flatten() {
            let mut child = Element::new("Annotations");
            child.set("Target", target);
            if let Some(own) = own.as_object() {
                self.annotate(&mut child, own);
            }
            element.push(child);
        }
        self.annotate(&mut element, schema);
        element
    }

    fn declared(&self, name: &str, own: &'j Object) -> Option<Element> {
        let mut element = match text(own, "$Kind")? {
            "EntityType" => self.structured("EntityType", own),
            "ComplexType" => self.structured("ComplexType", own),
            "EnumType" => return Some(self.enumeration(name, own)),
            "TypeDefinition" => {
                let mut element = Element::new("TypeDefinition");
                let underlying = text(own, "$UnderlyingType").unwrap_or_default();
                element.set("UnderlyingType", underlying);
                facets(&mut element, own, underlying);
                element
            }
            "Term" => {
                let mut element = typed("Term", own);
                element.texts(own, &["BaseTerm"]);
                if let Some(elements) = own.get("$AppliesTo").and_then(Value::as_array) {
                    let elements: Vec<_> = elements.iter().filter_map(Value::as_str).collect();
                    element.set("AppliesTo", &elements.join(" "));
                }
                element
            }
            "EntityContainer" => self.container(own),
            _ => return None,
        };
        element.name(name);
        self.annotate(&mut element, own);
        Some(element)
    }

    fn structured(&self, kind: &'static str, own: &'j Object) -> Element {
        let mut element = Element::new(kind);
        element.texts(own, &["BaseType"]);
        element.flags(own, &["Abstract", "OpenType", "HasStream"]);
        if let Some(parts) = own.get("$Key").and_then(Value::as_array) {
            let mut key = Element::new("Key");
            for part in parts {
                let mut reference = Element::new("PropertyRef");
                let aliased = part.as_object().and_then(|part| part.iter().next());
                match (part.as_str(), aliased) {
                    (Some(path), _) => reference.set("Name", path),
                    (None, Some((alias, path))) => {
                        reference.set("Name", path.as_str().unwrap_or_default());
                        reference.set("Alias", alias);
                    }
                    (None, None) => continue,
                }
                key.push(reference);
            }
            element.push(key);
        }
        for (name, property) in objects(own) {
            let mut child = match text(property, "$Kind") {
                Some("NavigationProperty") => self.navigation(property),
                _ => typed("Property", property),
            };
            child.name(name);
            self.annotate(&mut child, property);
            element.push(child);
        }
        element
    }

    fn navigation(&self, own: &'j Object) -> Element {
        let mut element = Element::new("NavigationProperty");
        element.set("Type", &type_name(own));
        if !flag(own, "$Collection") && !flag(own, "$Nullable") {
            element.set("Nullable", "false");
        }
        element.texts(own, &["Partner"]);
        element.flags(own, &["ContainsTarget"]);
        if let Some(constraints) = own.get("$ReferentialConstraint").and_then(Value::as_object) {
            let annotations = Annotations::of(constraints);
            for (dependent, principal) in members(constraints) {
                let mut child = Element::new("ReferentialConstraint");
                child.set("Property", dependent);
                child.set("ReferencedProperty", principal.as_str().unwrap_or_default());
                self.annotate_with(&mut child, constraints, &annotations, dependent);
                element.push(child);
            }
        }
        if let Some(action) = text(own, "$OnDelete") {
            let mut child = Element::new("OnDelete");
            child.set("Action", action);
            self.annotate_with(&mut child, own, &Annotations::of(own), "$OnDelete");
            element.push(child);
        }
        element
    }

    fn enumeration(&self, name: &str, own: &'j Object) -> Element {
        let mut element = Element::new("EnumType");
        element.name(name);
        element.texts(own, &["UnderlyingType"]);
        element.flags(own, &["IsFlags"]);
        let annotations = Annotations::of(own);
        for (name, value) in members(own) {
            let mut child = Element::new("Member");
            child.name(name);
            child.set("Value", &plain_text(value));
            self.annotate_with(&mut child, own, &annotations, name);
            element.push(child);
        }
        self.annotate_with(&mut element, own, &annotations, "");
        element
    }

    fn overload(&self, name: &str, own: &'j Object) -> Option<Element> {
        let mut element = match text(own, "$Kind")? {
            "Action" => Element::new("Action"),
            "Function" => Element::new("Function"),
            _ => return None,
        };
        element.name(name);
        element.flags(own, &["IsBound", "IsComposable"]);
        element.texts(own, &["EntitySetPath"]);
        let parameters = own.get("$Parameter").and_then(Value::as_array);
        for parameter in parameters.into_iter().flatten().filter_map(Value::as_object) {
            let mut child = typed("Parameter", parameter);
            child.name(text(parameter, "$Name").unwrap_or_default());
            self.annotate(&mut child, parameter);
            element.push(child);
        }
        if let Some(returned) = own.get("$ReturnType").and_then(Value::as_object) {
            let mut child = typed("ReturnType", returned);
            self.annotate(&mut child, returned);
            element.push(child);
        }
        self.annotate(&mut element, own);
        Some(element)
    }

    fn container(&self, own: &'j Object) -> Element {
        let mut element = Element::new("EntityContainer");
        element.texts(own, &["Extends"]);
        for (name, resource) in objects(own) {
            let mut child = if resource.contains_key("$Action") {
                Element::new("ActionImport")
            } else if resource.contains_key("$Function") {
                Element::new("FunctionImport")
            } else if flag(resource, "$Collection") {
                Element::new("EntitySet")
            } else {
                Element::new("Singleton")
            };
            child.name(name);
            if let Some(type_name) = text(resource, "$Type") {
                child.set(
                    if flag(resource, "$Collection") { "EntityType" } else { "Type" },
                    type_name,
                );
            }
            child.flags(resource, &["Nullable"]);
            child.texts(resource, &["Action", "Function", "EntitySet"]);
            if let Some(included) =
                resource.get("$IncludeInServiceDocument").and_then(Value::as_bool)
            {
                child.set("IncludeInServiceDocument", if included { "true" } else { "false" });
            }
            let bindings = resource.get("$NavigationPropertyBinding").and_then(Value::as_object);
            for (path, target) in bindings.into_iter().flatten() {
                let mut binding = Element::new("NavigationPropertyBinding");
                binding.set("Path", path);
                binding.set("Target", target.as_str().unwrap_or_default());
                child.push(binding);
            }
            self.annotate(&mut child, resource);
            element.push(child);
        }
        element
    }
}

/// What an object names itself: neither keywords nor annotations.
fn members(object: &Object) -> impl Iterator<Item = (&str, &Value)> {
    let named = object.iter().filter(|(name, _)| !name.starts_with('$') && !name.contains('@'));
    named.map(|(name, value)| (name.as_str(), value))
}

fn objects(object: &Object) -> impl Iterator<Item = (&str, &Object)> {
    members(object).filter_map(|(name, value)| Some((name, value.as_object()?)))
}

fn text<'j>(object: &'j Object, name: &str) -> Option<&'j str> {
    object.get(name)?.as_str()
}

fn flag(object: &Object, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// A value as the text of an attribute.
fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn type_name(own: &Object) -> String {
    let item = text(own, "$Type").unwrap_or("Edm.String");
    if flag(own, "$Collection") { format!("Collection({item})") } else { item.to_owned() }
}

/// What has a type, facets, and perhaps a default.
fn typed(kind: &'static str, own: &Object) -> Element {
    let mut element = Element::new(kind);
    element.set("Type", &type_name(own));
    match (flag(own, "$Nullable"), flag(own, "$Collection")) {
        (false, _) => element.set("Nullable", "false"),
        (true, true) => element.set("Nullable", "true"),
        (true, false) => {}
    }
    facets(&mut element, own, text(own, "$Type").unwrap_or("Edm.String"));
    if let Some(value) = own.get("$DefaultValue").filter(|value| !value.is_null()) {
        element.set("DefaultValue", &plain_text(value));
    }
    element
}

/// The facets, with what XML does not mean by leaving them out.
fn facets(element: &mut Element, own: &Object, item: &str) {
    given_facets(element, own);
    if item == "Edm.Decimal" && !own.contains_key("$Scale") {
        element.set("Scale", "variable");
    }
    if TEMPORAL.contains(&item) && !own.contains_key("$Precision") {
        element.set("Precision", "12");
    }
}

fn given_facets(element: &mut Element, own: &Object) {
    for name in FACETS {
        if let Some(value) = own.get(&format!("${name}")) {
            element.set(name, &plain_text(value));
        }
    }
}
