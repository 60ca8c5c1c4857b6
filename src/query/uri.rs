//! Feature `http`: the query of a URI.

use http::Uri;

use super::Query;
use crate::error::Error;

/// Parses the query of a URI, with the default settings; a URI without one asks for everything.
///
/// ```
/// use odata_query::Query;
///
/// let uri = http::Uri::from_static("/Employees?$filter=id%20eq%207&$top=1");
/// assert_eq!(Query::try_from(&uri)?.to_string(), "$filter=id eq 7&$top=1");
/// assert_eq!(Query::try_from(&http::Uri::from_static("/Employees"))?, Query::new());
/// # Ok::<(), odata_query::Error>(())
/// ```
impl TryFrom<&Uri> for Query {
    type Error = Error;

    fn try_from(uri: &Uri) -> Result<Self, Error> {
        Query::parse(uri.query().unwrap_or_default())
    }
}
