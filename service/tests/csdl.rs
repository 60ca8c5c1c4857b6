//! The model of a service as a document: `odata_service::csdl`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::unreachable)]

#[path = "csdl/annotations.rs"]
mod annotations;
#[path = "csdl/documents.rs"]
mod documents;
#[path = "csdl/errors.rs"]
mod errors;
#[path = "csdl/inferred.rs"]
mod inferred;
#[path = "csdl/round_trips.rs"]
mod round_trips;

use serde_json::Value;

const LIBRARY: &str = include_str!("csdl/library.xml");

/// An XML document of one schema `A`, with the core vocabulary.
fn document(schema: &str) -> String {
    format!(
        r#"<edmx:Edmx Version="4.01" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"
             xmlns="http://docs.oasis-open.org/odata/ns/edm">
           <edmx:Reference Uri="core"><edmx:Include Namespace="Org.OData.Core.V1" Alias="Core"/></edmx:Reference>
           <edmx:DataServices><Schema Namespace="A">
{schema}
           </Schema></edmx:DataServices></edmx:Edmx>"#
    )
}

/// What is read of a schema `A`.
fn read(schema: &str) -> Value {
    let document = odata_service::csdl::from_xml(&document(schema));
    document.unwrap_or_else(|error| panic!("{schema}: {error}"))["A"].take()
}
