//! XML elements, and how they are written.

use serde_json::Value;

use super::super::Object;

/// An element with its attributes, and either elements or text inside.
pub(super) struct Element {
    tag: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Element>,
    content: Option<String>,
}

impl Element {
    pub(super) fn new(tag: &'static str) -> Self {
        Element { tag, attributes: Vec::new(), children: Vec::new(), content: None }
    }

    /// An element with text inside.
    pub(super) fn with_content(tag: &'static str, content: String) -> Self {
        Element { content: Some(content), ..Element::new(tag) }
    }

    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.attributes.push((name, value.to_owned()));
    }

    /// Sets the name of what the element declares, in front.
    pub(super) fn name(&mut self, name: &str) {
        self.attributes.insert(0, ("Name", name.to_owned()));
    }

    /// Sets attributes to the texts of the members of the same name.
    pub(super) fn texts(&mut self, object: &Object, names: &[&'static str]) {
        for name in names {
            if let Some(text) = object.get(&format!("${name}")).and_then(Value::as_str) {
                self.set(name, text);
            }
        }
    }

    /// Sets attributes whose members are true.
    pub(super) fn flags(&mut self, object: &Object, names: &[&'static str]) {
        for name in names {
            if object.get(&format!("${name}")).and_then(Value::as_bool) == Some(true) {
                self.set(name, "true");
            }
        }
    }

    pub(super) fn push(&mut self, child: Element) {
        self.children.push(child);
    }

    pub(super) fn extend(&mut self, children: impl IntoIterator<Item = Element>) {
        self.children.extend(children);
    }

    pub(super) fn write(&self, out: &mut String, level: usize) {
        let indent = |out: &mut String| (0..level).for_each(|_| out.push_str("  "));
        indent(out);
        out.push('<');
        out.push_str(self.tag);
        for (name, value) in &self.attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            value.chars().for_each(|c| escape(out, c, true));
            out.push('"');
        }
        match &self.content {
            Some(content) => {
                out.push('>');
                content.chars().for_each(|c| escape(out, c, false));
            }
            None if self.children.is_empty() => {
                out.push_str("/>\n");
                return;
            }
            None => {
                out.push_str(">\n");
                self.children.iter().for_each(|child| child.write(out, level.saturating_add(1)));
                indent(out);
            }
        }
        out.push_str("</");
        out.push_str(self.tag);
        out.push_str(">\n");
    }
}

/// Blanks of attributes are escaped so that they are not normalized (XML 1.0 3.3.3), and so is the carriage return
/// everywhere (2.11).
fn escape(out: &mut String, c: char, in_attribute: bool) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' if in_attribute => out.push_str("&quot;"),
        '\t' if in_attribute => out.push_str("&#9;"),
        '\n' if in_attribute => out.push_str("&#10;"),
        '\r' => out.push_str("&#13;"),
        '\t' | '\n' => out.push(c),
        c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
        c => out.push(c),
    }
}
