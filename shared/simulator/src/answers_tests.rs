use super::*;
use crate::{
    entropy::Seeded,
    inside::tests::wall,
    profile::tests::{payload, profile},
};

const PERSONAL: u32 = 5635;
const COMPANY: u32 = 8191;

fn command(request_type: &str, entries: &[(&str, Value)]) -> Dictionary {
    let mut command = dictionary([("RequestType", request_type.into())]);
    command.extend(entries.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
    command
}

struct Bench {
    inside: Inside,
    behaviour: Behaviour,
    rights: u32,
}

impl Bench {
    fn new(rights: u32) -> Self {
        Self { inside: Inside::default(), behaviour: Behaviour::default(), rights }
    }

    fn run(&mut self, command: &Dictionary) -> Outcome {
        let enrollment = Profile::read(&profile("enrol", "E", &[])).unwrap();
        let facts = Facts {
            handset: &Handset::new("phone", &Seeded::new(1)),
            access_rights: self.rights,
            enrollment: &enrollment,
            certificates: &[("phone".into(), vec![1]), ("CA".into(), vec![2])],
        };
        answer(command, &mut self.inside, &mut self.behaviour, &facts)
    }

    fn answered(&mut self, command: &Dictionary) -> Dictionary {
        match self.run(command) {
            Outcome::Acknowledged(body) => body,
            other => panic!("{other:?}"),
        }
    }
}

fn identifiers(answer: &Dictionary) -> Vec<&str> {
    let list = answer["ProfileList"].as_array().unwrap();
    list.iter()
        .map(|p| p.as_dictionary().unwrap()["PayloadIdentifier"].as_string().unwrap())
        .collect()
}

#[test]
fn a_personal_phone_answers_an_error_to_what_its_enrolment_does_not_grant() {
    for (request, personal) in [
        (command("ProfileList", &[]), true),
        (command("Restrictions", &[]), true),
        (command("SecurityInfo", &[]), true),
        (command("ManagedApplicationList", &[]), true),
        (command("CertificateList", &[]), true),
        (command("DeviceLock", &[]), false),
        (command("DeviceInformation", &[("Queries", vec!["OSVersion".into()].into())]), false),
        (command("DeviceInformation", &[("Queries", vec!["PhoneNumber".into()].into())]), false),
    ] {
        assert!(matches!(Bench::new(COMPANY).run(&request), Outcome::Acknowledged(_)));
        let mut phone = Bench::new(PERSONAL);
        assert_eq!(matches!(phone.run(&request), Outcome::Acknowledged(_)), personal);
        assert_eq!(phone.inside.take_changes().is_empty(), personal, "a refusal is recorded");
    }
}

#[test]
fn managed_only_leaves_private_profiles_and_the_enrolment_profile_out() {
    let mut phone = Bench::new(COMPANY);
    let private = profile("private.vpn", "V", &[payload("com.apple.vpn.managed", &[])]);
    phone.inside.install(Profile::read(&private).unwrap(), false).unwrap();
    phone.inside.install(wall("W1", false), true).unwrap();
    let managed = phone.answered(&command("ProfileList", &[("ManagedOnly", true.into())]));
    assert_eq!(identifiers(&managed), ["wall"]);
    let all = phone.answered(&command("ProfileList", &[]));
    assert_eq!(identifiers(&all), ["enrol", "private.vpn", "wall"]);
}

#[test]
fn misbehaviour_wears_off() {
    let mut phone = Bench::new(COMPANY);
    let fault = Fault::new("D", 1, "no");
    phone.behaviour.say_not_now("ProfileList", 2).fail("ProfileList", 1, fault.clone());
    let ask = command("ProfileList", &[]);
    assert_eq!(phone.run(&ask), Outcome::NotNow);
    assert_eq!(phone.run(&ask), Outcome::NotNow);
    assert_eq!(phone.run(&ask), Outcome::Error(vec![fault]));
    assert!(matches!(phone.run(&ask), Outcome::Acknowledged(_)));
}

#[test]
fn a_leaking_phone_reports_open_in_although_the_wall_is_installed() {
    let mut phone = Bench::new(PERSONAL);
    phone.inside.install(wall("W1", false), true).unwrap();
    let reported = |phone: &mut Bench| {
        let answer = phone.answered(&command("Restrictions", &[]));
        let global = answer["GlobalRestrictions"].as_dictionary().unwrap();
        let bools = global["restrictedBool"].as_dictionary().unwrap();
        let open_in = bools["allowOpenFromManagedToUnmanaged"].as_dictionary().unwrap();
        open_in["value"].as_boolean().unwrap()
    };
    assert!(!reported(&mut phone));
    phone.behaviour.reports_open_in = true;
    assert!(reported(&mut phone));
}

#[test]
fn a_command_that_the_phone_does_not_know_is_a_format_error() {
    let mut phone = Bench::new(COMPANY);
    for unknown in [command("EraseEverything", &[]), command("InstallProfile", &[])] {
        assert_eq!(phone.run(&unknown), Outcome::CommandFormatError);
    }
}
