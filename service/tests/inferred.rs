//! Services whose model is inferred from their records.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use http::Request;
use odata_service::Service;
use serde_json::{Value, json};

fn ask(service: &Service, url: &str) -> String {
    let request = Request::get(url).header("host", "localhost").body(Vec::new()).unwrap();
    String::from_utf8(service.handle(&request).into_body()).unwrap()
}

#[test]
fn the_model_says_what_the_service_can() {
    let records = vec![json!({"id": 1, "name": "Tea"})];
    let service = Service::builder().set("Products", records).read_only(true).build().unwrap();
    let json: Value = serde_json::from_str(&ask(&service, "/$metadata?$format=json")).unwrap();
    let container = json["$EntityContainer"].as_str().unwrap().rsplit_once('.').unwrap();
    let container = &json[container.0][container.1];
    assert_eq!(container["@Core.ODataVersions"], "4.01");
    assert_eq!(container["@Capabilities.ConformanceLevel"], "Intermediate");
    assert_eq!(container.get("@Capabilities.DeepInsertSupport"), None);
    let xml = ask(&service, "/$metadata");
    for part in [
        r#"<edmx:Include Namespace="Org.OData.Core.V1" Alias="Core"/>"#,
        r#"<Annotation Term="Core.ODataVersions" String="4.01"/>"#,
        r#"<Annotation Term="Capabilities.KeyAsSegmentSupported" Bool="true"/>"#,
        r#"EnumMember="Capabilities.ConformanceLevelType/Intermediate""#,
    ] {
        assert!(xml.contains(part), "{part}\n{xml}");
    }
}
