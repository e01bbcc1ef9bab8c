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

/// The name in a certificate, in the order in which its parts were added.
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
}
