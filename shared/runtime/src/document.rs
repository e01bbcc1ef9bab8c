use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema},
};

/// Stands for a policy document in descriptions of the API; the document that is published has
/// [`trennwand_policy::schema()`] in its place, word by word.
#[derive(Debug, Clone, Copy)]
pub struct DocumentSchema;

impl PartialSchema for DocumentSchema {
    fn schema() -> RefOr<Schema> {
        let about = "What shall hold on a tenant's phones.";
        ObjectBuilder::new().description(Some(about)).build().into()
    }
}

impl ToSchema for DocumentSchema {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("PolicyDocument")
    }
}
