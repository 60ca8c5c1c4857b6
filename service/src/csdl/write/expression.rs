//! Annotations and their expressions (CSDL XML 14).

use std::collections::HashMap;

use serde_json::Value;

use super::super::read::plain;
use super::super::vocabulary::{self, CONSTANTS};
use super::super::{Object, item_of};
use super::element::Element;
use super::{Writer, given_facets, members, text, type_name};

/// Expressions whose operands are an array.
const OPERATORS: &[(&str, &str)] = &[
    ("$Add", "Add"),
    ("$And", "And"),
    ("$Div", "Div"),
    ("$DivBy", "DivBy"),
    ("$Eq", "Eq"),
    ("$Ge", "Ge"),
    ("$Gt", "Gt"),
    ("$Has", "Has"),
    ("$If", "If"),
    ("$In", "In"),
    ("$Le", "Le"),
    ("$Lt", "Lt"),
    ("$Mod", "Mod"),
    ("$Mul", "Mul"),
    ("$Ne", "Ne"),
    ("$Or", "Or"),
    ("$Sub", "Sub"),
    ("$Neg", "Neg"),
    ("$Not", "Not"),
    ("$UrlRef", "UrlRef"),
    ("$Apply", "Apply"),
    ("$Cast", "Cast"),
    ("$IsOf", "IsOf"),
];

/// The annotations of an object by what is in front of their `@`: nothing, a member, another annotation.
pub(super) struct Annotations<'j>(HashMap<&'j str, Vec<(&'j str, &'j Value)>>);

impl<'j> Annotations<'j> {
    pub(super) fn of(object: &'j Object) -> Self {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for (name, value) in object {
            match name.rsplit_once('@') {
                Some((of, term)) if !is_control(term) => {
                    found.entry(of).or_default().push((name.as_str(), value));
                }
                _ => {}
            }
        }
        Annotations(found)
    }
}

/// Whether a name behind `@` is one of the format and not a term.
fn is_control(name: &str) -> bool {
    !name.contains('.') || name.starts_with("odata.")
}

/// Whether members of an enumeration are written as their value, for which XML has no word.
fn is_numeric(members: &str) -> bool {
    members.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit())
}

/// What the type of a value depends on.
#[derive(Clone, Copy, Default)]
struct Context<'t> {
    /// The type, if anything says it, without `Edm.`.
    stated: Option<&'t str>,
    /// Whether the term is one of the OASIS vocabularies.
    standard: bool,
}

/// An expression in attribute notation, or as an element.
enum Written {
    Attribute(&'static str, String),
    Element(Element),
}

impl Written {
    fn into_element(self) -> Element {
        match self {
            Written::Attribute("UrlRef", url) => {
                let mut element = Element::new("UrlRef");
                element.push(Element::with_content("String", url));
                element
            }
            Written::Attribute(name, value) => Element::with_content(name, value),
            Written::Element(element) => element,
        }
    }

    fn put(self, into: &mut Element) {
        match self {
            Written::Attribute(name, value) => into.set(name, &value),
            Written::Element(element) => into.push(element),
        }
    }
}

impl<'j> Writer<'j> {
    /// Adds the annotations of an object to the element that stands for it.
    pub(super) fn annotate(&self, element: &mut Element, object: &'j Object) {
        self.annotate_with(element, object, &Annotations::of(object), "");
    }

    pub(super) fn annotate_with(
        &self,
        element: &mut Element,
        object: &'j Object,
        annotations: &Annotations<'j>,
        of: &str,
    ) {
        for (name, value) in annotations.0.get(of).into_iter().flatten() {
            let whole = name.rsplit('@').next().unwrap_or(name);
            let (term, qualifier) = match whole.split_once('#') {
                Some((term, qualifier)) => (term, Some(qualifier)),
                None => (whole, None),
            };
            let mut child = Element::new("Annotation");
            child.set("Term", term);
            if let Some(qualifier) = qualifier {
                child.set("Qualifier", qualifier);
            }
            let full = self.names.qualified(term);
            let standard = vocabulary::is_standard(&full);
            let declared = self.declaration(&full).map(type_name);
            let known = if standard { vocabulary::type_of(&full) } else { declared.as_deref() };
            let stated = control_type(object, name).or(known);
            self.expression(value, Context { stated, standard }).put(&mut child);
            self.annotate_with(&mut child, object, annotations, name);
            element.push(child);
        }
    }

    /// What the document declares by a name with namespace.
    fn declaration(&self, name: &str) -> Option<&'j Object> {
        let (namespace, name) = name.rsplit_once('.')?;
        self.document.get(namespace)?.get(name)?.as_object()
    }

    fn expression(&self, value: &'j Value, context: Context<'_>) -> Written {
        match value {
            Value::Null => Written::Element(Element::new("Null")),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => self.constant(value, context),
            Value::Array(items) => {
                let mut element = Element::new("Collection");
                let stated = context.stated.map(|name| item_of(name).unwrap_or(name));
                for item in items {
                    let written = self.expression(item, Context { stated, ..context });
                    element.push(written.into_element());
                }
                Written::Element(element)
            }
            Value::Object(own) => self.dynamic(own, context),
        }
    }

    fn constant(&self, value: &Value, context: Context<'_>) -> Written {
        let content = super::plain_text(value);
        let stated = context.stated.map(|name| name.strip_prefix("Edm.").unwrap_or(name));
        let stated = match stated.map(|name| self.names.qualified(name)) {
            Some(name) => {
                match self.declaration(&name).and_then(|own| text(own, "$UnderlyingType")) {
                    Some(underlying) if underlying.starts_with("Edm.") && !self.is_enum(&name) => {
                        Some(underlying.trim_start_matches("Edm.").to_owned())
                    }
                    _ => Some(name),
                }
            }
            None => None,
        };
        let natural = plain(value);
        let element = match (stated.as_deref(), value) {
            (Some("Boolean"), _) => natural,
            (Some(name), Value::String(_)) if name.contains('.') && !is_numeric(&content) => {
                let members: Vec<_> =
                    content.split(',').map(|member| format!("{name}/{}", member.trim())).collect();
                return Written::Attribute("EnumMember", self.names.aliased(&members.join(" ")));
            }
            (Some("Int64" | "Double" | "Decimal"), Value::Bool(_)) => natural,
            (Some(name @ ("Double" | "Decimal")), _) => name,
            (Some("Single"), Value::Number(_)) => "Double",
            (Some(name), Value::String(_)) if CONSTANTS.iter().any(|(known, _)| *known == name) => {
                name
            }
            _ => natural,
        };
        let element = CONSTANTS.iter().find(|(known, _)| *known == element);
        Written::Attribute(element.map_or("String", |(_, element)| *element), content)
    }

    fn is_enum(&self, name: &str) -> bool {
        self.declaration(name).and_then(|own| text(own, "$Kind")) == Some("EnumType")
    }

    fn dynamic(&self, own: &'j Object, context: Context<'_>) -> Written {
        let operator = OPERATORS.iter().find_map(|(key, tag)| Some((*tag, own.get(*key)?)));
        let mut element = match operator {
            Some(("UrlRef", Value::String(url))) if own.len() == 1 => {
                return Written::Attribute("UrlRef", url.clone());
            }
            Some((tag, operands)) => self.operator(tag, operands, own),
            None if own.len() == 1 && own.contains_key("$Path") => {
                return Written::Attribute(
                    "Path",
                    text(own, "$Path").unwrap_or_default().to_owned(),
                );
            }
            None if own.contains_key("$Path") => {
                Element::with_content("Path", text(own, "$Path").unwrap_or_default().to_owned())
            }
            None if own.contains_key("$LabeledElementReference") => {
                let label = text(own, "$LabeledElementReference").unwrap_or_default();
                Element::with_content("LabeledElementReference", label.to_owned())
            }
            None if own.contains_key("$Null") => Element::new("Null"),
            None => match own.get("$LabeledElement") {
                Some(value) => {
                    let mut element = Element::new("LabeledElement");
                    element.name(text(own, "$Name").unwrap_or_default());
                    self.expression(value, Context::default()).put(&mut element);
                    element
                }
                None => return Written::Element(self.record(own, context)),
            },
        };
        self.annotate(&mut element, own);
        Written::Element(element)
    }

    fn operator(&self, tag: &'static str, operands: &'j Value, own: &'j Object) -> Element {
        let mut element = Element::new(tag);
        match tag {
            "Apply" => element.set("Function", text(own, "$Function").unwrap_or_default()),
            "Cast" | "IsOf" => {
                element.set("Type", &type_name(own));
                given_facets(&mut element, own);
            }
            _ => {}
        }
        let is_single = matches!(tag, "Neg" | "Not" | "UrlRef" | "Cast" | "IsOf");
        let operands = match operands.as_array() {
            Some(operands) if !is_single => operands.as_slice(),
            _ => std::slice::from_ref(operands),
        };
        for operand in operands {
            element.push(self.expression(operand, Context::default()).into_element());
        }
        element
    }

    fn record(&self, own: &'j Object, context: Context<'_>) -> Element {
        let mut element = Element::new("Record");
        let given = control_type(own, "");
        if let Some(name) = given {
            element.set("Type", name);
        }
        let declared = given.or(context.stated).map(|name| self.names.qualified(name));
        let declared = declared.and_then(|name| self.declaration(&name));
        let annotations = Annotations::of(own);
        for (name, value) in members(own) {
            let mut child = Element::new("PropertyValue");
            child.set("Property", name);
            let property =
                declared.and_then(|declared| declared.get(name)?.as_object()).map(type_name);
            let known = match context.standard {
                true => vocabulary::type_of(name),
                false => property.as_deref(),
            };
            let stated = control_type(own, name).or(known);
            self.expression(value, Context { stated, ..context }).put(&mut child);
            self.annotate_with(&mut child, own, &annotations, name);
            element.push(child);
        }
        self.annotate_with(&mut element, own, &annotations, "");
        element
    }
}

/// The type that the control information of a member states, or that of the object itself.
fn control_type<'j>(own: &'j Object, member: &str) -> Option<&'j str> {
    let of = |suffix: &str| text(own, &format!("{member}{suffix}"));
    let uri = of("@type").or_else(|| of("@odata.type"))?;
    Some(uri.rsplit_once('#').map_or(uri, |(_, name)| name))
}
