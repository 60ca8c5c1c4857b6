use serde_json::{Map, Value as Json};

use super::{Number, Value};

impl Value<'_> {
    /// The value in a payload (JSON Format 7.1).
    pub(crate) fn into_json(self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Boolean(boolean) => Json::Bool(boolean),
            Self::Number(number) => number.into_json(),
            Self::Collection(items) => items.into_items().map(Value::into_json).collect(),
            Self::Structured(members) => {
                let members =
                    members.iter().map(|(name, value)| (name.to_owned(), value.into_json()));
                Json::Object(members.collect::<Map<_, _>>())
            }
            primitive => primitive.to_text().map_or(Json::Null, |text| text.into_owned().into()),
        }
    }
}

impl Number {
    /// The number, or the name of one that JSON has no number for.
    fn into_json(self) -> Json {
        let text = self.to_string();
        serde_json::from_str(&text).map_or(Json::String(text), Json::Number)
    }
}
