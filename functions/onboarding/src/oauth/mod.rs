pub(crate) mod jwks;
pub(crate) mod metadata;
pub(crate) mod token;
