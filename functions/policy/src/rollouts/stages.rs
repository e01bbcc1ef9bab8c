use serde::Deserialize;
use serde_json::Value;
use trennwand_domain::{Error, GroupId, Result, Stage, StageReach};

/// How many stages a roll-out can have.
const MOST: usize = 10;
/// How long a stage lasts that does not say: by then every phone was woken once.
const USUAL_WAIT_S: u32 = 86_400;
const LONGEST_WAIT_S: u32 = 30 * 86_400;

/// A stage as it is sent, if it is not just a number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    #[serde(default)]
    percent: Option<u8>,
    #[serde(default)]
    group: Option<GroupId>,
    #[serde(default)]
    wait_s: Option<u32>,
}

/// Reads the stages of a roll-out; without any it goes to all phones at once.
///
/// # Errors
/// `invalid` with the place of what is wrong.
pub(super) fn read(sent: Option<&[Value]>) -> Result<Vec<Stage>> {
    let Some(sent) = sent else { return Ok(vec![Stage::ALL]) };
    if !(1..=MOST).contains(&sent.len()) {
        return Err(Error::invalid("stages", "expected 1 to 10 stages"));
    }
    let stages: Vec<_> =
        sent.iter().enumerate().map(|(at, stage)| stage_at(at, stage)).collect::<Result<_>>()?;
    check(&stages)?;
    Ok(stages)
}

fn stage_at(at: usize, sent: &Value) -> Result<Stage> {
    let wrong = |message: &'static str| Error::invalid(format!("stages[{at}]"), message);
    let sent = match sent {
        Value::Number(percent) => {
            let percent = percent.as_u64().and_then(|percent| u8::try_from(percent).ok());
            Sent { percent, group: None, wait_s: None }
        }
        other => Sent::deserialize(other)
            .map_err(|_| wrong("expected percent or group, and wait_s if it is not a day"))?,
    };
    let reaches = match (sent.percent, sent.group) {
        (Some(percent @ 1..=100), None) => StageReach::Percent(percent),
        (None, Some(group)) => StageReach::Group(group),
        _ => return Err(wrong("expected a percent of 1 to 100, or a group")),
    };
    match sent.wait_s.unwrap_or(USUAL_WAIT_S) {
        wait_s @ 0..=LONGEST_WAIT_S => Ok(Stage { reaches, wait_s }),
        _ => Err(wrong("wait_s must be at most 2592000 (30 days)")),
    }
}

/// That the shares grow up to all phones and no group comes twice.
fn check(stages: &[Stage]) -> Result<()> {
    let (mut share, mut groups) = (0, Vec::new());
    for (at, stage) in stages.iter().enumerate() {
        let wrong = |message: &'static str| Error::invalid(format!("stages[{at}]"), message);
        match stage.reaches {
            StageReach::Percent(percent) if percent <= share => {
                return Err(wrong("must reach more than the stage before"));
            }
            StageReach::Percent(percent) => share = percent,
            StageReach::Group(group) if groups.contains(&group) => {
                return Err(wrong("the group was reached before"));
            }
            StageReach::Group(_) if share == 100 => {
                return Err(wrong("all phones were reached before"));
            }
            StageReach::Group(group) => groups.push(group),
        }
    }
    match share {
        100 => Ok(()),
        _ => Err(Error::invalid("stages", "the last stage must be 100 percent")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GROUP: &str = "grp_00000000000000000000000005";

    fn read_json(stages: Value) -> Result<Vec<(StageReach, u32)>> {
        let stages = read(Some(stages.as_array().unwrap()))?;
        Ok(stages.into_iter().map(|stage| (stage.reaches, stage.wait_s)).collect())
    }

    #[test]
    fn stages_are_numbers_or_say_more() {
        use StageReach::{Group, Percent};
        assert_eq!(read(None).unwrap(), [Stage::ALL]);
        let day = USUAL_WAIT_S;
        let stages = json!([{ "group": GROUP, "wait_s": 0 }, 10, { "percent": 50 }, 100]);
        let group = Group(GroupId::from_bits(5));
        let expected = [(group, 0), (Percent(10), day), (Percent(50), day), (Percent(100), day)];
        assert_eq!(read_json(stages).unwrap(), expected);
        assert_eq!(read_json(json!([100])).unwrap(), [(Percent(100), day)]);
    }

    #[test]
    fn what_is_no_way_to_all_phones_is_refused_with_its_place() {
        for (stages, field) in [
            (json!([]), "stages"),
            (json!([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100]), "stages"),
            (json!([10]), "stages"),
            (json!([10, { "group": GROUP }]), "stages"),
            (json!([10, 10, 100]), "stages[1]"),
            (json!([50, 10, 100]), "stages[1]"),
            (json!([0, 100]), "stages[0]"),
            (json!([101]), "stages[0]"),
            (json!([1.5, 100]), "stages[0]"),
            (json!(["10", 100]), "stages[0]"),
            (json!([null]), "stages[0]"),
            (json!([{ "percent": 10, "group": GROUP }, 100]), "stages[0]"),
            (json!([{ "percent": 10, "wait": 5 }, 100]), "stages[0]"),
            (json!([{ "percent": 10, "wait_s": 2_592_001 }, 100]), "stages[0]"),
            (json!([{ "group": "grp_1" }, 100]), "stages[0]"),
            (json!([{ "group": GROUP }, { "group": GROUP }, 100]), "stages[1]"),
            (json!([100, { "group": GROUP }]), "stages[1]"),
        ] {
            let error = read_json(stages.clone()).unwrap_err();
            assert!(error.to_string().starts_with(&format!("{field}: ")), "{stages}: {error}");
        }
    }
}
