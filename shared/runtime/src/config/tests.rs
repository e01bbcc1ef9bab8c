use super::*;

const GOOD: &[(&str, &str)] = &[
    ("DATA_TABLE", "trennwand-prod-data"),
    ("KEYS_TABLE", "trennwand-prod-keys"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "POISON-id"),
    ("AWS_SECRET_ACCESS_KEY", "POISON-key"),
    ("AWS_SESSION_TOKEN", "POISON-session"),
    ("MASTER_KEY_ARN", "arn:aws:kms:eu-central-1:111122223333:key/1234abcd"),
    ("BASE_URL", "https://mdm.example.com/"),
    ("WAKE_TOPIC_ARN", "arn:aws:sns:eu-central-1:111122223333:wake"),
    ("WAKE_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/111122223333/wake"),
    ("PROVISION_QUEUE_URL", "http://127.0.0.1:4566/000000000000/provision"),
    ("ANDROID_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/111122223333/android"),
];

fn read<C: Config>(changes: &[(&str, &str)]) -> Result<C, ConfigError> {
    C::read(&|name| {
        let of = |list: &[(&str, &str)]| {
            list.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        };
        of(changes).or_else(|| of(GOOD))
    })
}

fn faults<C: Config + fmt::Debug>(changes: &[(&str, &str)]) -> Vec<(&'static str, &'static str)> {
    read::<C>(changes).unwrap_err().0.iter().map(|f| (f.name, f.problem)).collect()
}

#[test]
fn a_full_environment_is_read_and_shows_no_credentials() {
    let config: Onboarding = read(&[]).unwrap();
    assert_eq!(config.base_url, "https://mdm.example.com");
    assert_eq!(config.common.tables.data, "trennwand-prod-data");
    assert_eq!(config.common.log, "info");
    assert_eq!(config.common.aws.credentials.key.expose(), "POISON-key");
    assert!(config.common.aws.endpoint.is_none());
    assert!(!format!("{config:?}").contains("POISON"));
    read::<Policy>(&[]).unwrap();
    read::<Enrollment>(&[]).unwrap();
    read::<Checkin>(&[]).unwrap();
    read::<Push>(&[]).unwrap();
    read::<Events>(&[]).unwrap();
    read::<Schedule>(&[]).unwrap();
    read::<Android>(&[]).unwrap();
    read::<Setup>(&[]).unwrap();
}

#[test]
fn all_faults_are_told_at_once_and_none_quotes_a_value() {
    let changes =
        [("KEYS_TABLE", ""), ("AWS_REGION", "POISON"), ("MASTER_KEY_ARN", "alias/POISON")];
    let changes = [&changes[..], &[("BASE_URL", "http://POISON.example")]].concat();
    let told = [
        ("KEYS_TABLE", "missing"),
        ("AWS_REGION", "not a region"),
        ("MASTER_KEY_ARN", "not the ARN of a KMS key"),
        ("BASE_URL", "not an https URL"),
    ];
    assert_eq!(faults::<Onboarding>(&changes), told);
    let error = read::<Onboarding>(&changes).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("POISON"));
}

#[test]
fn what_a_function_does_not_take_is_not_looked_at() {
    read::<Checkin>(&[("BASE_URL", "nonsense"), ("WAKE_TOPIC_ARN", "nonsense")]).unwrap();
}

#[test]
fn plain_http_stays_on_this_machine() {
    for good in ["https://a.example/x", "http://127.0.0.1:1", "http://localhost", "http://[::1]:9"]
    {
        let config: Policy = read(&[("BASE_URL", good)]).unwrap();
        assert_eq!(config.base_url, good);
    }
    let bad = [
        "http://a.example",
        "http://127.0.0.1.a.example",
        "http://localhost@a.example",
        "ftp://localhost",
        "https://",
        "https:///path",
        "https://a b",
        "https://a.example?q",
        "a.example",
    ];
    for url in bad {
        assert_eq!(faults::<Policy>(&[("BASE_URL", url)])[0].0, "BASE_URL", "{url}");
    }
    for url in ["https://a.example", "http://a.example", "127.0.0.1"] {
        assert_eq!(faults::<Push>(&[("APNS_URL", url)])[0].0, "APNS_URL", "{url}");
    }
    let config: Push = read(&[("APNS_URL", "http://127.0.0.1:2197/")]).unwrap();
    assert_eq!(config.apns.as_deref(), Some("http://127.0.0.1:2197"));
}

#[test]
fn arns_and_queues_are_of_their_kind() {
    for arn in ["", "arn", "arn:aws:sns:eu-central-1:1:", "arn:aws:sqs:eu-central-1:1:wake"] {
        assert_eq!(faults::<Schedule>(&[("WAKE_TOPIC_ARN", arn)])[0].0, "WAKE_TOPIC_ARN", "{arn}");
    }
    read::<Schedule>(&[("WAKE_TOPIC_ARN", "arn:aws-cn:sns:cn-north-1:1:wake")]).unwrap();
    for url in ["https://sqs.example", "https://sqs.example/", "arn:aws:sqs:r:1:wake"] {
        assert_eq!(faults::<Events>(&[("WAKE_QUEUE_URL", url)])[0].0, "WAKE_QUEUE_URL", "{url}");
    }
}

#[test]
fn every_function_is_listed_once_with_what_it_takes() {
    let names: Vec<_> = FUNCTIONS.iter().map(|needs| needs.function).collect();
    let (first, then) = (["onboarding", "policy", "enrollment", "checkin", "push"], ["events"]);
    let all = [&first[..], &then, &["schedule", "android", "setup"]].concat();
    assert_eq!(names, all);
    let schedule = FUNCTIONS.iter().find(|needs| needs.function == "schedule").unwrap();
    assert_eq!(schedule.required, ["DATA_TABLE", "KEYS_TABLE", "WAKE_TOPIC_ARN"]);
}

#[test]
fn what_google_is_to_be_told_has_its_form() {
    let good = [
        ("GOOGLE_ACCOUNT", "AQICAHg+/w=="),
        ("PUBSUB_TOPIC", "projects/trennwand-prod/topics/android"),
        ("PUSH_ACCOUNT", "push@trennwand-prod.iam.gserviceaccount.com"),
        ("DEVICE_QUOTA", "500"),
        ("TENANT_QUOTA", "50"),
        ("GOOGLE_URL", "http://127.0.0.1:9090"),
    ];
    let config: Android = read(&good).unwrap();
    assert_eq!(config.pubsub_topic.as_deref(), Some(good[1].1));
    for (name, wrong) in [
        ("GOOGLE_ACCOUNT", "{\"private_key\":\"POISON\"}"),
        ("PUBSUB_TOPIC", "android"),
        ("PUBSUB_TOPIC", "projects/p/topics/"),
        ("PUBSUB_TOPIC", "projects/p/topics/a/b"),
        ("PUSH_ACCOUNT", "push"),
        ("PUSH_ACCOUNT", "@example.com"),
        ("DEVICE_QUOTA", "-1"),
        ("TENANT_QUOTA", "all"),
        ("DEVICE_QUOTA", "12345678"),
        ("GOOGLE_URL", "https://google.example"),
    ] {
        assert_eq!(faults::<Android>(&[(name, wrong)])[0].0, name, "{wrong}");
    }
    // Google's key file, sealed by KMS, fits in what a function may be told.
    read::<Android>(&[("GOOGLE_ACCOUNT", &"A".repeat(3_400))]).unwrap();
    faults::<Android>(&[("GOOGLE_ACCOUNT", &"A".repeat(3_401))]);
}
