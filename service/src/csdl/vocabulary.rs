//! What the terms of the OASIS vocabularies expect, where JSON alone does not tell.

/// Types of constant expressions, and the XML elements that are written for them (CSDL XML 14.3, 14.4.1).
pub(super) const CONSTANTS: &[(&str, &str)] = &[
    ("Binary", "Binary"),
    ("Boolean", "Bool"),
    ("Date", "Date"),
    ("DateTimeOffset", "DateTimeOffset"),
    ("Decimal", "Decimal"),
    ("Duration", "Duration"),
    ("Double", "Float"),
    ("Guid", "Guid"),
    ("Int64", "Int"),
    ("String", "String"),
    ("TimeOfDay", "TimeOfDay"),
    ("AnnotationPath", "AnnotationPath"),
    ("ModelElementPath", "ModelElementPath"),
    ("NavigationPropertyPath", "NavigationPropertyPath"),
    ("PropertyPath", "PropertyPath"),
];

/// Terms and properties of their types that hold paths or members of enumerations, alone or in collections.
const TYPES: &[(&str, &[&str])] = &[
    (
        "PropertyPath",
        &[
            "AscendingOnlyProperties",
            "CollectionProperty",
            "DescendingOnlyProperties",
            "FilterableProperties",
            "GroupableProperties",
            "NonCountableProperties",
            "NonFilterableProperties",
            "NonInsertableProperties",
            "NonSortableProperties",
            "NonUpdatableProperties",
            "OptimisticConcurrency",
            "Property",
            "RequiredProperties",
        ],
    ),
    (
        "NavigationPropertyPath",
        &[
            "ExpandableProperties",
            "NavigationProperty",
            "NonCountableNavigationProperties",
            "NonDeletableNavigationProperties",
            "NonExpandableProperties",
            "NonInsertableNavigationProperties",
            "NonUpdatableNavigationProperties",
        ],
    ),
    ("Org.OData.Core.V1.Permission", &["Permissions"]),
    ("Org.OData.Capabilities.V1.ConformanceLevelType", &["ConformanceLevel"]),
    ("Org.OData.Capabilities.V1.IsolationLevel", &["IsolationSupported"]),
    ("Org.OData.Capabilities.V1.NavigationType", &["Navigability"]),
    ("Org.OData.Capabilities.V1.SearchExpressions", &["UnsupportedExpressions"]),
];

/// Terms that hold collections.
const COLLECTIONS: &[&str] = &[
    "AcceptableEncodings",
    "AcceptableMediaTypes",
    "AlternateKeys",
    "CollectionPropertyRestrictions",
    "CustomHeaders",
    "CustomQueryOptions",
    "FilterFunctions",
    "Links",
    "MayImplement",
    "Messages",
    "OptimisticConcurrency",
    "Revisions",
    "SupportedFormats",
    "SupportedMetadataFormats",
];

/// Terms that hold records.
const RECORDS: &[&str] = &[
    "BatchSupport",
    "CallbackSupported",
    "ChangeTracking",
    "CountRestrictions",
    "DeepInsertSupport",
    "DeepUpdateSupport",
    "DeleteRestrictions",
    "Example",
    "ExpandRestrictions",
    "FilterRestrictions",
    "InsertRestrictions",
    "ModificationQueryOptions",
    "NavigationRestrictions",
    "OptionalParameter",
    "OperationRestrictions",
    "ReadRestrictions",
    "SearchRestrictions",
    "SelectSupport",
    "SortRestrictions",
    "UpdateRestrictions",
];

/// What the value of an annotation is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Single,
    Collection,
    Record,
}

/// Whether the OASIS vocabularies define a term, which is named with its namespace.
pub(super) fn is_standard(term: &str) -> bool {
    term.starts_with("Org.OData.")
}

/// The type of a term or of a property of a record, by its last name.
pub(super) fn type_of(name: &str) -> Option<&'static str> {
    let name = last(name);
    TYPES.iter().find(|(_, names)| names.contains(&name)).map(|(type_name, _)| *type_name)
}

/// What is meant by an annotation without a value (CSDL XML 14.2).
pub(super) fn shape_of(term: &str) -> Shape {
    let name = last(term);
    match is_standard(term) {
        true if COLLECTIONS.contains(&name) => Shape::Collection,
        true if RECORDS.contains(&name) => Shape::Record,
        _ => Shape::Single,
    }
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
