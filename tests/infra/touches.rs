//! What each function may touch: the table that its role is held against, in both directions.

use Place::{ByDue, ByTenant, Data, Keys};

/// A table or an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Data,
    ByTenant,
    ByDue,
    Keys,
}

impl Place {
    pub(crate) const ALL: [Self; 4] = [Data, ByTenant, ByDue, Keys];

    /// The partition keys there, as `shared/store/src/layout.rs` writes them down.
    pub(crate) const fn kinds(self) -> &'static [&'static str] {
        match self {
            Data => DATA,
            ByTenant => &["T#<tenant>#D"],
            ByDue => &["DUE#wake#<shard>", "DUE#rollout#<shard>", "DUE#android#<shard>"],
            Keys => &["T#<tenant>#K", "T#<tenant>#S", "O#K", "O#J"],
        }
    }
}

const DATA: &[&str] = &[
    "T#<tenant>#O",
    "T#<tenant>#K",
    "T#<tenant>#N",
    "T#<tenant>#H",
    "T#<tenant>#A",
    "T#<tenant>#C",
    "T#<tenant>#U",
    "T#<tenant>#L",
    "T#<tenant>#E",
    "T#<tenant>#P",
    "T#<tenant>#V#<policy>",
    "T#<tenant>#R#<policy>",
    "T#<tenant>#Y",
    "T#<tenant>#Z",
    "T#<tenant>#G",
    "T#<tenant>#D#<device>",
    "T#<tenant>#AUD",
    "T#<tenant>#IDK",
    "T#<tenant>#AGR",
    "T#<tenant>#W",
    "R#<reseller>#O",
    "R#<reseller>#T",
    "R#<reseller>#C",
    "R#<reseller>#B",
    "R#<reseller>#P",
    "R#<reseller>#AUD",
    "R#<reseller>#IDK",
    "O#R",
    "O#C",
    "O#AUD",
    "O#IDK",
    "O#W",
    "X#client#<client>",
    "X#link#<hash>",
    "X#enterprise#<id>",
    "X#signup#<hash>",
    "X#operation#<hash>",
];

/// Everything that can be asked of a table's items; what is in no row below is in nobody's role.
pub(crate) const ACTIONS: &[&str] = &[
    "GetItem",
    "BatchGetItem",
    "Query",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "ConditionCheckItem",
    "BatchWriteItem",
    "Scan",
    "PartiQLSelect",
    "PartiQLInsert",
    "PartiQLUpdate",
    "PartiQLDelete",
];

/// `T#<tenant>#…`, `R#<reseller>#…` and whole keys; written short in the rows below: `T:O R:T O#R`.
type Row = (Place, &'static str, &'static str);

/// By function.
pub(crate) const TOUCHES: &[(&str, &[Row])] = &[
    (
        "onboarding",
        &[
            (
                Data,
                "GetItem",
                "T:O T:C T:H T:N T:V T:W T:AGR T:IDK R:O R:B R:P R:C R:T R:IDK O#C O#IDK X:client",
            ),
            (Data, "BatchGetItem", "T:D#"),
            (Data, "Query", "T:AGR T:C T:U R:P R:T O#R"),
            (
                Data,
                "PutItem",
                "T:O T:C T:H T:N T:A T:AGR T:AUD T:IDK R:O R:B R:P R:C R:T R:AUD R:IDK O#R O#C O#AUD O#IDK \
                 X:client",
            ),
            (Data, "UpdateItem", "T:C R:C O#C"),
            (Data, "DeleteItem", "R:B"),
            (ByTenant, "Query", "T:D"),
            (Keys, "GetItem", "T:K O#K O#J"),
            (Keys, "PutItem", "T:K O#K"),
        ],
    ),
    (
        "provision",
        &[
            (Data, "GetItem", "T:O T:H R:O R:B R:P"),
            (Data, "Query", "R:T"),
            (Data, "PutItem", "T:O T:K T:P T:V T:A T:H R:T"),
            (Keys, "GetItem", "T:K"),
        ],
    ),
    (
        "policy",
        &[
            (
                Data,
                "GetItem",
                "T:O T:A T:C T:D# T:E T:G T:H T:L T:N T:P T:R T:U T:V T:W T:IDK R:C R:P R:T O#C",
            ),
            (Data, "BatchGetItem", "T:D# T:E T:P T:R T:U"),
            (Data, "Query", "T:AGR T:D# T:E T:G T:L T:P T:R T:U T:Z T:AUD R:P"),
            (Data, "PutItem", "T:A T:D# T:E T:G T:H T:L T:P T:R T:U T:V T:Z T:AUD T:IDK X:link"),
            (Data, "UpdateItem", "T:D# T:E T:W"),
            (Data, "DeleteItem", "T:D# T:G T:L T:U T:Y T:Z X:link"),
            (Data, "ConditionCheckItem", "T:G"),
            (ByTenant, "Query", "T:D"),
            (Keys, "GetItem", "T:K O#J"),
            (Keys, "BatchGetItem", "T:S"),
            (Keys, "PutItem", "T:S"),
            (Keys, "DeleteItem", "T:S"),
        ],
    ),
    (
        "enrollment",
        &[
            (Data, "GetItem", "T:E T:K T:O T:W R:B X:link"),
            (Data, "BatchGetItem", "T:E T:H"),
            (Data, "UpdateItem", "T:D# T:E"),
            (Data, "DeleteItem", "X:link"),
            (Keys, "GetItem", "T:K"),
        ],
    ),
    (
        "checkin",
        &[
            (Data, "GetItem", "T:A T:D# T:H"),
            (Data, "BatchGetItem", "T:U"),
            (Data, "Query", "T:D#"),
            (Data, "PutItem", "T:D#"),
            (Data, "UpdateItem", "T:D#"),
            (Data, "DeleteItem", "T:D#"),
            (Keys, "GetItem", "T:K"),
            (Keys, "BatchGetItem", "T:S"),
        ],
    ),
    (
        "android",
        &[
            (
                Data,
                "GetItem",
                "T:O T:C T:E T:H T:W T:AGR T:IDK R:C R:T R:IDK O#C X:link X:signup X:operation",
            ),
            (Data, "BatchGetItem", "T:D# T:E T:H T:W"),
            (Data, "PutItem", "T:D# T:AUD T:IDK R:IDK X:signup X:enterprise"),
            (Data, "UpdateItem", "T:D# T:E T:W O#W"),
            (Data, "DeleteItem", "T:D# X:signup X:enterprise"),
            (Data, "ConditionCheckItem", "T:W"),
            (ByTenant, "Query", "T:D"),
            (Keys, "GetItem", "T:K O#K O#J"),
            (Keys, "BatchGetItem", "T:K"),
        ],
    ),
    (
        "google",
        &[
            (Data, "GetItem", "T:A T:D# T:E T:H T:W"),
            (Data, "BatchGetItem", "T:D# T:H T:W"),
            (Data, "Query", "T:D#"),
            (Data, "PutItem", "T:D# T:W X:enterprise X:operation"),
            (Data, "UpdateItem", "T:D# T:E T:W O#W"),
            (Data, "DeleteItem", "T:D# T:W X:signup"),
            (Data, "ConditionCheckItem", "T:W"),
            (ByTenant, "Query", "T:D"),
            (Keys, "GetItem", "T:K O#J"),
            (Keys, "BatchGetItem", "T:K"),
        ],
    ),
    (
        "push",
        &[
            (Data, "GetItem", "T:N"),
            (Data, "BatchGetItem", "T:D#"),
            (Data, "UpdateItem", "T:D#"),
            (ByTenant, "Query", "T:D"),
            (Keys, "GetItem", "T:K"),
        ],
    ),
    (
        "events",
        &[
            (Data, "GetItem", "T:D# T:H T:U"),
            (Data, "BatchGetItem", "T:D#"),
            (Data, "Query", "T:Y"),
            (Data, "PutItem", "T:Y"),
            (Data, "UpdateItem", "T:D#"),
            (Data, "DeleteItem", "T:Y"),
            (ByTenant, "Query", "T:D"),
        ],
    ),
    (
        "schedule",
        &[
            (Data, "GetItem", "T:H T:R"),
            (Data, "BatchGetItem", "T:P T:R"),
            (Data, "Query", "T:Z"),
            (Data, "PutItem", "T:H T:P T:R"),
            (ByTenant, "Query", "T:D"),
            (ByDue, "Query", "DUE#wake#<shard> DUE#rollout#<shard> DUE#android#<shard>"),
        ],
    ),
    (
        "setup",
        &[
            (Data, "Query", "O#C"),
            (Data, "PutItem", "O#C X:client"),
            (Data, "UpdateItem", "O#C"),
            (Keys, "GetItem", "O#K"),
            (Keys, "PutItem", "O#K O#J"),
        ],
    ),
];

/// Actions on a resource of another service, and for the master key what a key may be wrapped as.
pub(crate) type Service = (&'static str, &'static str, &'static [&'static str]);

const CONSUME: &str =
    "sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes sqs:ChangeMessageVisibility";
const TENANT_KEY: &str = "tenant/<tenant>/data_key";
const PLATFORM_KEY: &str = "platform/data_key";
const GOOGLE_ACCOUNT: &str = "platform/google_account";
const OPEN_TENANT_KEY: Service = ("kms:Decrypt", "MasterKey", &[TENANT_KEY]);
const PUBLISH_WAKE: Service = ("sns:Publish", "WakeTopic", &[]);

/// By function.
pub(crate) const SERVICES: &[(&str, &[Service])] = &[
    ("onboarding", &[("kms:Encrypt kms:Decrypt", "MasterKey", &[TENANT_KEY, PLATFORM_KEY])]),
    (
        "provision",
        &[
            OPEN_TENANT_KEY,
            ("sqs:SendMessage", "ProvisionQueue", &[]),
            (CONSUME, "ProvisionQueue", &[]),
        ],
    ),
    ("policy", &[OPEN_TENANT_KEY]),
    ("enrollment", &[OPEN_TENANT_KEY]),
    ("checkin", &[OPEN_TENANT_KEY]),
    ("android", &[("kms:Decrypt", "MasterKey", &[TENANT_KEY, PLATFORM_KEY, GOOGLE_ACCOUNT])]),
    (
        "google",
        &[
            ("kms:Decrypt", "MasterKey", &[TENANT_KEY, GOOGLE_ACCOUNT]),
            ("sqs:SendMessage", "AndroidQueue", &[]),
            (CONSUME, "AndroidQueue", &[]),
        ],
    ),
    ("push", &[OPEN_TENANT_KEY, PUBLISH_WAKE, (CONSUME, "WakeQueue", &[])]),
    (
        "events",
        &[
            PUBLISH_WAKE,
            ("sqs:SendMessage", "WakeQueue", &[]),
            ("sqs:SendMessage", "ProvisionQueue", &[]),
            ("sqs:SendMessage", "AndroidQueue", &[]),
            ("sqs:SendMessage", "EventsDeadLetters", &[]),
        ],
    ),
    (
        "schedule",
        &[
            PUBLISH_WAKE,
            ("sqs:SendMessage", "AndroidQueue", &[]),
            ("sqs:SendMessage", "ScheduleDeadLetters", &[]),
        ],
    ),
    ("setup", &[("kms:Encrypt kms:Decrypt", "MasterKey", &[PLATFORM_KEY])]),
];

/// The kinds of a row, as in [`Place::kinds`].
pub(crate) fn kinds(place: Place, row: &str) -> Vec<&'static str> {
    row.split_whitespace().map(|short| kind(place, short)).collect()
}

fn kind(place: Place, short: &str) -> &'static str {
    let long = match short.split_once(':') {
        Some(("T", "V")) => "T#<tenant>#V#<policy>".to_owned(),
        Some(("T", "R")) => "T#<tenant>#R#<policy>".to_owned(),
        Some(("T", "D#")) => "T#<tenant>#D#<device>".to_owned(),
        Some(("T", kind)) => format!("T#<tenant>#{kind}"),
        Some(("R", kind)) => format!("R#<reseller>#{kind}"),
        Some(("X", "client")) => "X#client#<client>".to_owned(),
        Some(("X", "enterprise")) => "X#enterprise#<id>".to_owned(),
        Some(("X", kind)) => format!("X#{kind}#<hash>"),
        _ => short.to_owned(),
    };
    let found = place.kinds().iter().find(|kind| **kind == long);
    found.unwrap_or_else(|| panic!("{short} is no kind of {place:?}"))
}

/// A key of this kind, as it would be stored.
pub(crate) fn sample(kind: &str) -> String {
    let mut out = String::new();
    let mut rest = kind;
    while let Some((before, after)) = rest.split_once('<') {
        let (name, behind) = after.split_once('>').unwrap();
        out += before;
        out += match name {
            "tenant" => "ten_01K0000000000000000000000A",
            "reseller" => "res_01K0000000000000000000000B",
            "device" => "dev_01K0000000000000000000000C",
            "policy" => "pol_01K0000000000000000000000D",
            "client" => "cli_01K0000000000000000000000E",
            "id" => "LC01k0example",
            "hash" => "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "shard" => "03",
            other => panic!("what is <{other}>?"),
        };
        rest = behind;
    }
    out + rest
}

/// The layout's own list and this one must not drift apart.
#[test]
fn the_kinds_are_those_of_the_layout() {
    let path = crate::template::root().join("shared/store/src/layout.rs");
    let layout = std::fs::read_to_string(path).unwrap();
    let rows = layout.lines().take_while(|line| line.starts_with("//!"));
    let mut written: Vec<(Place, String)> = Vec::new();
    for row in rows.filter(|row| row.starts_with("//! |")) {
        let cell = row.split('|').nth(1).unwrap().trim();
        let (place, cell) = match cell.strip_prefix("table `keys`: ") {
            Some(cell) => (Keys, cell),
            None => (Data, cell),
        };
        let mut owner = String::new();
        for quoted in cell.split('`').skip(1).step_by(2) {
            // `R#<reseller>#O`, `#T` – the second one has the first one's owner.
            let key = match quoted.strip_prefix('#') {
                Some(kind) => format!("{owner}#{kind}"),
                None => quoted.to_owned(),
            };
            if let Some((before, _)) = key.rsplit_once('#') {
                owner = before.to_owned();
            }
            written.push((place, key));
        }
    }
    let mut listed: Vec<(Place, String)> = Vec::new();
    for place in [Data, Keys] {
        listed.extend(place.kinds().iter().map(|kind| (place, (*kind).to_owned())));
    }
    let sorted = |mut list: Vec<(Place, String)>| {
        list.sort_by(|a, b| (a.0 as u8, &a.1).cmp(&(b.0 as u8, &b.1)));
        list
    };
    assert_eq!(sorted(written), sorted(listed));
}
