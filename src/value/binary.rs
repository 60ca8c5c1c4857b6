use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The ABNF rule `binaryValue`: base64url with optional padding.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads the ABNF rule `binaryValue`.
pub(crate) fn parse(text: &str) -> Option<Vec<u8>> {
    BASE64URL.decode(text).ok()
}

/// The text of a binary value in payloads.
pub(crate) fn format(bytes: &[u8]) -> String {
    BASE64URL.encode(bytes)
}
