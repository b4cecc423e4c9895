//! `name=value&...`, in queries and in URL-encoded forms, as JSON members: what is not a plain text is
//! never taken for one.

use serde_json::{Map, Value, json};

/// The pairs of a text. A name given twice is an array, and `name[anything]=...` an object, so that
/// whoever wants a text refuses both. The refusal completes "query ..." or "body ...".
pub(crate) fn members(text: &str) -> Result<Map<String, Value>, &'static str> {
    let mut members = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(name), Some(value)) = (decoded(name), decoded(value)) else {
            return Err("must be percent-encoded UTF-8");
        };
        let (name, value) = match name.split_once('[') {
            Some((outer, _)) => (outer.to_owned(), json!({})),
            None => (name, Value::String(value)),
        };
        members.entry(name).and_modify(|before| *before = json!([])).or_insert(value);
    }
    Ok(members)
}

/// `+` is a space, `%XX` a byte.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Value {
        Value::Object(members(text).unwrap())
    }

    #[test]
    fn plain_pairs_are_texts() {
        assert_eq!(read(""), json!({}));
        assert_eq!(
            read("a=1&b=x+y%20z&c=&d&&e=%C3%A9=%26"),
            json!({"a": "1", "b": "x y z", "c": "", "d": "", "e": "é=&"})
        );
    }

    #[test]
    fn what_could_be_an_operator_is_no_text() {
        assert_eq!(read("a[$ne]=x&b[]=y&c=1&c=2&c=3"), json!({"a": {}, "b": {}, "c": []}));
        assert_eq!(read("a%5B%24ne%5D=x&b=1&b[x]=2"), json!({"a": {}, "b": []}));
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        for bad in ["a=%", "a=%4", "a=%zz", "%ff=1", "a=%C3", "a=%é"] {
            assert!(members(bad).is_err(), "{bad}");
        }
    }
}
