//! Written by hand from Apple support 101932 and the schema of `com.apple.applicationaccess`.

use super::*;

const KEYS: [&str; 5] = [
    "allowOpenFromManagedToUnmanaged",
    "allowOpenFromUnmanagedToManaged",
    "allowUnmanagedToReadManagedContacts",
    "allowManagedToWriteUnmanagedContacts",
    "requireManagedPasteboard",
];

/// The five keys in the order above (`1` is true), then what stands open: `R` private apps read
/// business contacts, `W` business contacts are saved into the private address book, `D` documents
/// open in private apps, `P` what is copied can be pasted in private apps.
const TABLE: [(&str, &str); 32] = [
    ("00000", "   P"),
    ("00001", "    "),
    ("00010", " W P"),
    ("00011", " W  "),
    ("00100", "R  P"),
    ("00101", "R   "),
    ("00110", "RW P"),
    ("00111", "RW  "),
    ("01000", " W P"),
    ("01001", " W  "),
    ("01010", " W P"),
    ("01011", " W  "),
    ("01100", "RW P"),
    ("01101", "RW  "),
    ("01110", "RW P"),
    ("01111", "RW  "),
    ("10000", "RWDP"),
    ("10001", "RWDP"),
    ("10010", "RWDP"),
    ("10011", "RWDP"),
    ("10100", "RWDP"),
    ("10101", "RWDP"),
    ("10110", "RWDP"),
    ("10111", "RWDP"),
    ("11000", "RWDP"),
    ("11001", "RWDP"),
    ("11010", "RWDP"),
    ("11011", "RWDP"),
    ("11100", "RWDP"),
    ("11101", "RWDP"),
    ("11110", "RWDP"),
    ("11111", "RWDP"),
];

/// What the phone takes for a key that is left out.
const DEFAULTS: [char; 5] = ['1', '1', '0', '0', '0'];

/// A wall with these keys; `-` leaves one out.
fn wall(target: Target, row: &str) -> Vec<Template> {
    let keys = KEYS.iter().zip(row.chars()).filter(|(_, value)| *value != '-');
    let payload = keys.map(|(key, value)| ((*key).to_owned(), Part::Bool(value == '1'))).collect();
    vec![template(target, RESTRICTIONS, payload)]
}

fn open(target: Target, row: &str) -> String {
    let templates = wall(target, row);
    let ways = [
        ('R', Channel::ContactsApi),
        ('W', Channel::ContactWrite),
        ('D', Channel::OpenIn),
        ('P', Channel::Pasteboard),
    ];
    let one = |(letter, channel)| {
        let status = standing(target, &templates, channel, Sink::UnmanagedApps, Os(15, 0));
        if status == Status::Open { letter } else { ' ' }
    };
    ways.map(one).iter().collect()
}

/// All four: the profile is refused as a whole, so the phone is as if it had none.
const REJECTED: &str = "RWDP";

#[test]
fn all_combinations_of_the_deciding_keys_on_a_phone_enrolled_by_profile() {
    for target in [Target::IosDevice, Target::IosSupervised] {
        for (row, expected) in TABLE {
            assert_eq!(open(target, row), expected, "{target} {row}");
        }
    }
}

#[test]
fn all_combinations_of_the_deciding_keys_under_user_enrolment() {
    let target = Target::IosUserEnrollment;
    for (row, expected) in TABLE {
        assert_eq!(open(target, row), REJECTED, "{row}: the fourth key is forbidden there");
        // Left out, the fourth key is as if it were false.
        if row.as_bytes()[3] == b'0' {
            let without = format!("{}-{}", &row[..3], &row[4..]);
            assert_eq!(open(target, &without), expected, "{without}");
        }
    }
}

#[test]
fn a_key_that_is_left_out_counts_as_its_default() {
    let all = (0..3_usize.pow(5))
        .map(|n| -> String { (0..5).map(|i| ['0', '1', '-'][n / 3_usize.pow(i) % 3]).collect() });
    for row in all {
        let fill = |(i, c)| if c == '-' { DEFAULTS[i] } else { c };
        let full: String = row.chars().enumerate().map(fill).collect();
        assert_eq!(open(Target::IosDevice, &row), open(Target::IosDevice, &full), "{row}");
    }
}

#[test]
fn only_a_row_that_leaves_nothing_open_is_accepted() {
    for target in [Target::IosDevice, Target::IosSupervised] {
        for (row, _) in TABLE {
            let mut templates = compile(&PolicyDocument::preset(), target, None);
            templates[0].payload.extend(wall(target, row).remove(0).payload);
            assert_eq!(prove(target, &templates).is_ok(), row == "00001", "{target} {row}");
        }
    }
}

#[test]
fn user_enrolment_refuses_a_wall_with_a_forbidden_key_by_name() {
    let target = Target::IosUserEnrollment;
    let mut templates = compile(&PolicyDocument::preset(), target, None);
    assert!(prove(target, &templates).is_ok());
    templates[0].payload.insert("allowManagedToWriteUnmanagedContacts".into(), false.into());
    assert_eq!(prove(target, &templates).unwrap_err().code, RefusalCode::ProfileRejected);
}

#[test]
fn a_supervised_key_closes_nothing_on_an_unsupervised_phone() {
    let dial = Channel::DefaultMessenger;
    let templates = compile(&PolicyDocument::preset(), Target::IosSupervised, None);
    let sink = Sink::UnmanagedApps;
    let of = |target, os| standing(target, &templates, dial, sink, os);
    assert_eq!(of(Target::IosSupervised, Os(18, 4)), Status::Closed);
    assert_eq!(of(Target::IosSupervised, Os(18, 3)), Status::Residual(Why::UsersDefaultApp));
    assert_eq!(of(Target::IosDevice, Os(18, 4)), Status::Residual(Why::UsersDefaultApp));
}

#[test]
fn what_the_account_closes_is_absent_without_one() {
    let mail = exchange_online();
    let with = compile(&PolicyDocument::preset(), Target::IosDevice, Some(&mail));
    let without = &with[..1];
    for (channel, sink) in [
        (Channel::MailMove, Sink::PersonalCloud),
        (Channel::MailDrop, Sink::PersonalCloud),
        (Channel::RecentsSync, Sink::PersonalCloud),
        (Channel::DefaultDialler, Sink::UnmanagedApps),
    ] {
        let of = |templates| standing(Target::IosDevice, templates, channel, sink, Os(15, 0));
        assert_eq!(of(&with), Status::Closed, "{channel}");
        assert_eq!(of(without), Status::Absent(Why::NoAccount), "{channel}");
    }
}
