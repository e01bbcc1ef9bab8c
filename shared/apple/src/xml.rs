//! Property lists as XML.

use plist::{Dictionary, Value};

/// The same bytes for the same dictionary. Characters that XML cannot carry are left out.
pub(crate) fn write(dictionary: Dictionary) -> Vec<u8> {
    let mut out = Vec::new();
    Value::Dictionary(cleaned(dictionary))
        .to_writer_xml(&mut out)
        .expect("writing to memory does not fail, and no value is left that XML cannot carry");
    out
}

fn cleaned(dictionary: Dictionary) -> Dictionary {
    dictionary.into_iter().map(|(key, value)| (clean_text(key), clean(value))).collect()
}

fn clean(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(clean_text(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(clean).collect()),
        Value::Dictionary(members) => Value::Dictionary(cleaned(members)),
        Value::Uid(uid) => Value::Integer(uid.get().into()),
        other => other,
    }
}

fn clean_text(mut text: String) -> String {
    text.retain(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plist_guard;

    #[test]
    fn text_with_characters_that_xml_cannot_carry_stays_readable() {
        let name = "M\u{0}ül\u{1b}ler & <Söhne>\u{ffff}\tGmbH 🏢";
        let mut dictionary = Dictionary::new();
        dictionary.insert("Organization".to_owned(), name.into());
        dictionary.insert("Uid".to_owned(), Value::Uid(plist::Uid::new(7)));
        let read = plist_guard::parse(&write(dictionary)).unwrap();
        let organization = read.get("Organization").and_then(Value::as_string);
        assert_eq!(organization, Some("Müller & <Söhne>\tGmbH 🏢"));
        assert_eq!(read.get("Uid").and_then(Value::as_unsigned_integer), Some(7));
    }
}
