//! The model of a service as a document: CSDL JSON, read from XML, written as XML, or inferred from records.
//!
//! The document is a [`Value`](serde_json::Value) as the OData CSDL JSON Representation 4.01 says, with its members in the order of
//! their declaration. Both representations say the same, so a service that keeps one can publish either.
//!
//! ```
//! use odata_service::csdl;
//!
//! let document = csdl::from_xml(r#"
//!     <edmx:Edmx Version="4.01" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"
//!         xmlns="http://docs.oasis-open.org/odata/ns/edm">
//!       <edmx:Reference Uri="https://example.com/core">
//!         <edmx:Include Namespace="Org.OData.Core.V1" Alias="Core"/>
//!       </edmx:Reference>
//!       <edmx:DataServices>
//!         <Schema Namespace="HR">
//!           <EntityType Name="Employee">
//!             <Key><PropertyRef Name="id"/></Key>
//!             <Property Name="id" Type="Edm.Int32" Nullable="false">
//!               <Annotation Term="Core.Computed"/>
//!             </Property>
//!             <Property Name="name" Type="Edm.String"/>
//!           </EntityType>
//!           <EntityContainer Name="Service">
//!             <EntitySet Name="Employees" EntityType="HR.Employee"/>
//!           </EntityContainer>
//!         </Schema>
//!       </edmx:DataServices>
//!     </edmx:Edmx>"#)?;
//! assert_eq!(document["$EntityContainer"], "HR.Service");
//! assert_eq!(document["HR"]["Employee"]["name"]["$Nullable"], true);
//! assert!(csdl::annotation(&document, "HR.Employee/id", "Org.OData.Core.V1.Computed").is_some());
//! assert_eq!(csdl::from_xml(&csdl::to_xml(&document))?, document);
//! # Ok::<(), csdl::CsdlError>(())
//! ```

mod annotation;
mod error;
mod infer;
mod names;
mod read;
mod vocabulary;
mod write;

pub use annotation::annotation;
pub use error::CsdlError;
pub use infer::infer;
pub use read::from_xml;
pub use write::to_xml;

/// The object of a JSON document.
type Object = serde_json::Map<String, serde_json::Value>;

/// The name of the items of a collection type.
fn item_of(type_name: &str) -> Option<&str> {
    type_name.strip_prefix("Collection(")?.strip_suffix(')')
}
