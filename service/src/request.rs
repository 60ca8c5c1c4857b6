//! What a request asks for beside its resource: version, format, preferences (Protocol 8).

use http::header::{ACCEPT, ACCEPT_CHARSET, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, Method, StatusCode};

use crate::failure::{Failure, Outcome};

/// The versions of the protocol that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    V4_0,
    V4_01,
}

/// How much control information a payload has (JSON Format 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    None,
    Minimal,
    Full,
}

/// The JSON that a client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) level: Level,
    /// Whether numbers that a double cannot hold are strings.
    pub(crate) ieee754: bool,
    charset: bool,
}

/// The representations of a metadata document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MetadataFormat {
    Xml,
    Json,
}

/// What `Prefer` asks for (Protocol 8.2.8). Names may have the prefix `odata.`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Preferences {
    pub(crate) page_size: Option<u64>,
    pub(crate) returned: Option<Return>,
    pub(crate) omit_nulls: bool,
    pub(crate) continue_on_error: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Return {
    Minimal,
    Representation,
}

/// A request to the service, with the service root taken off its path.
pub(crate) struct Asked<'r> {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) body: &'r [u8],
    /// The URL of the service root, with a slash at its end.
    pub(crate) root: String,
    pub(crate) version: Version,
    pub(crate) prefer: Preferences,
}

impl Version {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Version::V4_0 => "4.0",
            Version::V4_01 => "4.01",
        }
    }

    /// The greatest version that the client understands.
    pub(crate) fn negotiated(headers: &HeaderMap) -> Outcome<Version> {
        if let Some(written) = text(headers, "odata-version")
            && !matches!(written.trim(), "4.0" | "4.01")
        {
            let message =
                format!("`OData-Version: {}` is not spoken here, 4.0 and 4.01 are", written.trim());
            return Err(Failure::bad_request(message));
        }
        let Some(most) = text(headers, "odata-maxversion") else {
            return Ok(Version::V4_01);
        };
        let number = |text: &str| {
            let (major, minor) = text.trim().split_once('.')?;
            Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
        };
        match number(most) {
            Some(most) if most >= (4, 1) => Ok(Version::V4_01),
            Some((4, 0)) => Ok(Version::V4_0),
            _ => {
                let message = format!(
                    "`OData-MaxVersion: {}` leaves no version that is spoken here: 4.0, 4.01",
                    most.trim()
                );
                Err(Failure::new(StatusCode::NOT_ACCEPTABLE, "version", message))
            }
        }
    }
}

impl<'r> Asked<'r> {
    /// The same request, to be changed.
    pub(crate) fn copy(&self) -> Asked<'r> {
        Asked {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            prefer: self.prefer.clone(),
            root: self.root.clone(),
            ..*self
        }
    }

    /// The request whose query options are in the body, and in the URL too (URL Conventions 5, `$query`).
    pub(crate) fn with_query_of_body(&self) -> Outcome<Asked<'r>> {
        let content_type = self.header(CONTENT_TYPE).unwrap_or("text/plain");
        if !content_type.trim_start().to_ascii_lowercase().starts_with("text/plain") {
            let message = "the body of `$query` is query options as text/plain";
            return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", message));
        }
        let text = std::str::from_utf8(self.body)
            .map_err(|_| Failure::bad_request("the body is not UTF-8"))?;
        let query = match (self.query.as_str(), text.trim()) {
            ("", body) => body.to_owned(),
            (query, "") => query.to_owned(),
            (query, body) => format!("{query}&{body}"),
        };
        Ok(Asked { query, ..self.copy() })
    }

    /// The version that the body is written in (Protocol 8.1.5).
    pub(crate) fn body_version(&self) -> Version {
        match text(self.headers, "odata-version").map(str::trim) {
            Some("4.0") => Version::V4_0,
            Some(_) => Version::V4_01,
            None => self.version,
        }
    }

    /// Whether null is left out of the answer: the preference is one of OData 4.01, and what a change
    /// set to null is to be seen.
    pub(crate) fn omits_nulls(&self) -> bool {
        let is_read = self.method == Method::GET || self.path.ends_with("/$query");
        self.prefer.omit_nulls && self.version >= Version::V4_01 && is_read
    }

    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The JSON to answer with: `$format` comes before `Accept` (URL Conventions 5.1.8).
    pub(crate) fn format(&self, option: Option<&str>) -> Outcome<Format> {
        if let Some(option) = option {
            let range =
                if option.eq_ignore_ascii_case("json") { "application/json" } else { option };
            return json(range).ok_or_else(|| not_acceptable("$format", option));
        }
        if let Some(charset) = self.header(ACCEPT_CHARSET) {
            let is_known = |range: &str| {
                matches!(parts(range).0, "*") || parts(range).0.eq_ignore_ascii_case("utf-8")
            };
            if !ranges(charset).any(is_known) {
                return Err(not_acceptable("Accept-Charset", charset));
            }
        }
        let Some(accept) = self.header(ACCEPT) else {
            return Ok(Format::DEFAULT);
        };
        ranges(accept).find_map(json).ok_or_else(|| not_acceptable("Accept", accept))
    }

    pub(crate) fn metadata_format(&self, option: Option<&str>) -> Outcome<MetadataFormat> {
        let known = |range: &str| {
            let (name, _) = parts(range);
            match name.to_ascii_lowercase().as_str() {
                "xml" | "application/xml" | "text/xml" | "*/*" | "application/*" => {
                    Some(MetadataFormat::Xml)
                }
                "json" | "application/json" => Some(MetadataFormat::Json),
                _ => None,
            }
        };
        match (option, self.header(ACCEPT)) {
            (Some(option), _) => known(option).ok_or_else(|| not_acceptable("$format", option)),
            (None, None) => Ok(MetadataFormat::Xml),
            (None, Some(accept)) => {
                ranges(accept).find_map(known).ok_or_else(|| not_acceptable("Accept", accept))
            }
        }
    }
}

impl Format {
    pub(crate) const DEFAULT: Format =
        Format { level: Level::Minimal, ieee754: false, charset: false };

    pub(crate) fn content_type(self) -> String {
        let level = match self.level {
            Level::None => "none",
            Level::Minimal => "minimal",
            Level::Full => "full",
        };
        let ieee754 = if self.ieee754 { ";IEEE754Compatible=true" } else { "" };
        let charset = if self.charset { ";charset=utf-8" } else { "" };
        format!("application/json;odata.metadata={level}{ieee754}{charset}")
    }
}

impl Preferences {
    pub(crate) fn of(headers: &HeaderMap) -> Preferences {
        let mut prefer = Preferences::default();
        let lines = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        for preference in lines.flat_map(|line| line.split([',', ';'])) {
            let (name, value) = match preference.split_once('=') {
                Some((name, value)) => (name.trim(), value.trim().trim_matches('"')),
                None => (preference.trim(), ""),
            };
            let name = name.to_ascii_lowercase();
            match (name.strip_prefix("odata.").unwrap_or(&name), value) {
                ("maxpagesize", size) => {
                    prefer.page_size =
                        size.parse().ok().filter(|size| *size > 0).or(prefer.page_size);
                }
                ("return", "minimal") => prefer.returned = Some(Return::Minimal),
                ("return", "representation") => prefer.returned = Some(Return::Representation),
                ("omit-values", "nulls") => prefer.omit_nulls = true,
                ("continue-on-error", value) => prefer.continue_on_error = value != "false",
                _ => {}
            }
        }
        prefer
    }
}

pub(crate) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn not_acceptable(what: &str, value: &str) -> Failure {
    let message =
        format!("nothing that `{what}: {}` allows can be answered", crate::path::shown(value));
    Failure::new(StatusCode::NOT_ACCEPTABLE, "not-acceptable", message)
}

/// The media ranges of an `Accept` header, the most wanted first.
fn ranges(accept: &str) -> impl Iterator<Item = &str> {
    let quality = |range: &str| {
        let (_, mut parameters) = parts(range);
        let quality = parameters.find_map(|(name, value)| {
            name.eq_ignore_ascii_case("q").then(|| value.parse::<f32>().unwrap_or(0.0))
        });
        quality.unwrap_or(1.0)
    };
    let ranges = accept.split(',').map(str::trim).filter(|range| !range.is_empty());
    let mut ranges: Vec<_> = ranges.map(|range| (quality(range), range)).collect();
    ranges.retain(|(quality, _)| *quality > 0.0);
    ranges.sort_by(|(left, _), (right, _)| right.total_cmp(left));
    ranges.into_iter().map(|(_, range)| range)
}

/// The name of a media range and its parameters.
fn parts(range: &str) -> (&str, impl Iterator<Item = (&str, &str)>) {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    (
        name,
        parts
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.trim(), value.trim().trim_matches('"'))),
    )
}

/// The JSON that a media range allows; none where it allows none or has a parameter that is not known.
fn json(range: &str) -> Option<Format> {
    let (name, parameters) = parts(range);
    if !["application/json", "application/*", "*/*"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
    {
        return None;
    }
    let mut format = Format::DEFAULT;
    for (name, value) in parameters {
        let name = name.to_ascii_lowercase();
        match (name.strip_prefix("odata.").unwrap_or(&name), value.to_ascii_lowercase().as_str()) {
            ("metadata", "none") => format.level = Level::None,
            ("metadata", "minimal") => format.level = Level::Minimal,
            ("metadata", "full") => format.level = Level::Full,
            ("ieee754compatible", "true") => format.ieee754 = true,
            ("ieee754compatible" | "exponentialdecimals", "false")
            | ("exponentialdecimals", "true") => {}
            ("streaming", "true" | "false") | ("q", _) => {}
            ("charset", "utf-8") => format.charset = true,
            _ => return None,
        }
    }
    Some(format)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn the_most_wanted_range_that_can_be_answered_counts() {
        let first = |accept: &str| ranges(accept).find_map(json);
        assert_eq!(first("text/html,application/json;q=0.5,*/*;q=0.1").unwrap(), Format::DEFAULT);
        assert_eq!(first("application/json;odata.metadata=full").unwrap().level, Level::Full);
        assert_eq!(first("application/json;metadata=none").unwrap().level, Level::None);
        assert!(first("application/json;IEEE754Compatible=true").unwrap().ieee754);
        assert_eq!(first("application/xml"), None);
        assert_eq!(first("application/json;odata.metadata=some"), None);
        assert_eq!(first("application/json;q=0"), None);
    }

    #[test]
    fn preferences_have_a_prefix_or_none() {
        let mut headers = HeaderMap::new();
        headers.append("prefer", "odata.maxpagesize=5, return=minimal".parse().unwrap());
        headers.append("prefer", "odata.continue-on-error".parse().unwrap());
        let prefer = Preferences::of(&headers);
        assert_eq!((prefer.page_size, prefer.returned), (Some(5), Some(Return::Minimal)));
        assert!(prefer.continue_on_error);
    }
}
