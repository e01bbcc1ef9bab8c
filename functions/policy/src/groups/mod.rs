pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod join;
pub(crate) mod leave;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod read;
pub(crate) mod update;

use serde::Serialize;
use trennwand_domain::{Error, Group, GroupId, Result, Timestamp};
use utoipa::ToSchema;

/// Phones that have something in common.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupView {
    /// Identity.
    #[schema(value_type = String, example = "grp_01JCZ8X5T4N1V8Q0R2M3K4P5W6")]
    id: GroupId,
    /// Its name.
    #[schema(example = "Drivers")]
    name: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<&Group> for GroupView {
    fn from(group: &Group) -> Self {
        Self { id: group.id, name: group.name.clone(), created_at: group.created_at }
    }
}

/// Reads a group's name.
///
/// # Errors
/// `invalid` at `name`.
fn name(text: &str) -> Result<String> {
    let text = text.trim();
    let fits = (1..=120).contains(&text.chars().count());
    if !fits || text.chars().any(char::is_control) {
        return Err(Error::invalid("name", "expected 1 to 120 characters, no control characters"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_bounded() {
        assert_eq!(name(" Außendienst ").unwrap(), "Außendienst");
        for wrong in ["", "   ", "a\nb", &"x".repeat(121)] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
    }
}
