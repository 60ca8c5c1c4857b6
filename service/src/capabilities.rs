//! What a model that was not given says of the service (Protocol 12).

use serde_json::{Map, Value, json};

const CORE: &str =
    "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.json";
const CAPABILITIES: &str =
    "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1.json";

/// Annotates the container of a CSDL JSON document.
pub(crate) fn advertise(document: &mut Value, read_only: bool) {
    let name = document.get("$EntityContainer").and_then(Value::as_str).unwrap_or_default();
    let (namespace, container) = name.rsplit_once('.').unwrap_or_default();
    let (namespace, container) = (namespace.to_owned(), container.to_owned());
    let Some(schemas) = document.as_object_mut() else {
        return;
    };
    let container = schemas
        .get_mut(&namespace)
        .and_then(|schema| schema.get_mut(&container))
        .and_then(Value::as_object_mut);
    let Some(container) = container else {
        return;
    };
    let mut annotations = Map::new();
    let mut add = |term: &str, value: Value| annotations.insert(format!("@{term}"), value);
    add("Core.ODataVersions", json!("4.01"));
    add("Capabilities.ConformanceLevel", json!("Intermediate"));
    add("Capabilities.SupportedFormats", json!(["application/json"]));
    add("Capabilities.AsynchronousRequestsSupported", json!(false));
    add("Capabilities.BatchContinueOnErrorSupported", json!(true));
    add("Capabilities.CrossJoinSupported", json!(false));
    add("Capabilities.KeyAsSegmentSupported", json!(true));
    if !read_only {
        add("Capabilities.DeepInsertSupport", json!({ "Supported": true }));
        add("Capabilities.DeepUpdateSupport", json!({ "Supported": true }));
    }
    container.extend(annotations);
    let include = |namespace: &str, alias: &str| json!({ "$Include": [{ "$Namespace": namespace, "$Alias": alias }] });
    let references = json!({
        CORE: include("Org.OData.Core.V1", "Core"),
        CAPABILITIES: include("Org.OData.Capabilities.V1", "Capabilities"),
    });
    // References stand in front of the schemas.
    let at = schemas.keys().take_while(|name| name.starts_with('$')).count();
    schemas.shift_insert(at, "$Reference".to_owned(), references);
}
