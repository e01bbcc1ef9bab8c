use const_oid::ObjectIdentifier;

use crate::asn1::{Der, Fault, oid, tag, write};

/// A part of a subject. Phones fail on other attributes, so others cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectField {
    /// C, two letters.
    Country,
    /// ST.
    State,
    /// L.
    Locality,
    /// O.
    Organization,
    /// OU.
    OrganizationalUnit,
    /// CN.
    CommonName,
}

impl SubjectField {
    pub(crate) const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Country => oid::COUNTRY,
            Self::State => oid::STATE,
            Self::Locality => oid::LOCALITY,
            Self::Organization => oid::ORGANIZATION,
            Self::OrganizationalUnit => oid::ORGANIZATIONAL_UNIT,
            Self::CommonName => oid::COMMON_NAME,
        }
    }
}

/// The name in a certificate, in the order in which its parts were added. Parts are cut to the
/// lengths that RFC 5280 allows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject(Vec<(SubjectField, String)>);

impl Subject {
    /// An empty name.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a part.
    #[must_use]
    pub fn with(mut self, field: SubjectField, value: impl Into<String>) -> Self {
        self.0.push((field, value.into()));
        self
    }

    /// Adds O.
    #[must_use]
    pub fn organization(self, value: impl Into<String>) -> Self {
        self.with(SubjectField::Organization, value)
    }

    /// Adds OU.
    #[must_use]
    pub fn organizational_unit(self, value: impl Into<String>) -> Self {
        self.with(SubjectField::OrganizationalUnit, value)
    }

    /// Adds CN.
    #[must_use]
    pub fn common_name(self, value: impl Into<String>) -> Self {
        self.with(SubjectField::CommonName, value)
    }

    /// The name, DER.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        write::element(tag::SEQUENCE, &self.parts_der())
    }

    /// The parts of the name, DER.
    pub(crate) fn parts_der(&self) -> Vec<u8> {
        let part = |(field, value): &(SubjectField, String)| {
            let value = cut(value);
            match field {
                SubjectField::Country => name_part(&field.oid(), &write::printable(value)),
                _ => name_part(&field.oid(), &write::utf8(value)),
            }
        };
        self.0.iter().flat_map(part).collect()
    }
}

/// One attribute of a name.
pub(crate) fn name_part(kind: &ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    write::set(&write::sequence(&[&write::oid(kind), value]))
}

/// The upper bound of RFC 5280 for most attributes, 64 characters.
fn cut(value: &str) -> &str {
    value.char_indices().nth(64).map_or(value, |(end, _)| &value[..end])
}

/// The first attribute of this kind in a name.
pub(crate) fn name_value(name: &[u8], kind: &ObjectIdentifier) -> Option<String> {
    let parts = Der::single(name, tag::SEQUENCE).ok()?.inside();
    let attributes = parts.all().flatten().flat_map(|set| set.inside().all()).flatten();
    attributes
        .filter_map(|attribute| {
            let mut inside = attribute.inside();
            let found = inside.expect(tag::OID).ok()?.content == kind.as_bytes();
            found.then(|| inside.next().ok()?.text())?
        })
        .next()
}

/// A name's form: a sequence of sets of attributes.
pub(crate) fn check_name(name: &[u8]) -> Result<(), Fault> {
    for part in Der::single(name, tag::SEQUENCE)?.inside().all() {
        let part = part?;
        if part.tag != tag::SET {
            return Err(Fault::Malformed);
        }
        for attribute in part.inside().all() {
            let attribute = attribute?;
            let mut inside = attribute.inside();
            inside.expect(tag::OID)?;
            inside.next()?;
            inside.finish()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_again() {
        let name = Subject::new()
            .with(SubjectField::Country, "DE")
            .organization("Prüfstand GmbH")
            .common_name("a")
            .common_name("b")
            .to_der();
        check_name(&name).unwrap();
        assert_eq!(name_value(&name, &oid::COUNTRY).as_deref(), Some("DE"));
        assert_eq!(name_value(&name, &oid::ORGANIZATION).as_deref(), Some("Prüfstand GmbH"));
        assert_eq!(name_value(&name, &oid::COMMON_NAME).as_deref(), Some("a"));
        assert_eq!(name_value(&name, &oid::USER_ID), None);
    }

    #[test]
    fn long_parts_are_cut_between_characters() {
        let name = Subject::new().organization("ü".repeat(100)).to_der();
        assert_eq!(name_value(&name, &oid::ORGANIZATION), Some("ü".repeat(64)));
    }
}
