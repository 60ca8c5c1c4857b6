//! The model of a service as a document: CSDL JSON, read from XML, written as XML, or inferred from records.
