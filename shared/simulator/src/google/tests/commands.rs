use trennwand_android::{Class, Command, CommandError, CommandType, Wipe, class};

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn events(phone: &AndroidPhone) -> Vec<AndroidEvent> {
    phone.events().into_iter().map(|(_, event)| event).skip(2).collect()
}

#[tokio::test]
async fn a_command_waits_for_a_phone_that_is_off_until_it_is_back() {
    let rig = Rig::new().await;
    let phone = rig.personal(16).await;
    phone.set_on(false);
    let name = phone.name().unwrap();
    let issued = rig.client.issue_command(&name, &Command::lock(7 * DAY)).await.unwrap();
    assert!(!issued.done);
    assert_eq!(issued.metadata.kind, CommandType::Lock);
    assert_eq!(issued.metadata.duration, Some(7 * DAY));
    rig.clock.advance(6 * DAY);
    phone.sync();
    assert!(!rig.client.operation(&issued.name).await.unwrap().done);
    phone.set_on(true);
    phone.sync();
    assert!(rig.client.operation(&issued.name).await.unwrap().succeeded());
    assert_eq!(events(&phone), [AndroidEvent::Locked]);
}

#[tokio::test]
async fn a_command_expires_with_its_duration_and_can_be_cancelled_before() {
    let rig = Rig::new().await;
    let phone = rig.company(16).await;
    phone.set_on(false);
    let name = phone.name().unwrap();
    let wipe = Command::wipe(Wipe::WholeDevice, DAY);
    let expires = rig.client.issue_command(&name, &wipe).await.unwrap().name;
    let cancelled = rig.client.issue_command(&name, &wipe).await.unwrap().name;
    rig.client.cancel_operation(&cancelled).await.unwrap();
    rig.clock.advance(DAY);
    phone.set_on(true);
    phone.sync();
    let expired = rig.client.operation(&expires).await.unwrap();
    assert!(expired.done && expired.error.unwrap().is_expired());
    let cancelled = rig.client.operation(&cancelled).await.unwrap();
    assert!(cancelled.done && cancelled.error.unwrap().is_cancelled());
    assert_eq!(events(&phone), [], "neither was carried out");
}

#[tokio::test]
async fn a_wipe_takes_the_work_profile_of_a_personal_phone_and_all_of_a_company_phone() {
    let rig = Rig::new().await;
    for (phone, wipe, event) in [
        (
            rig.personal(16).await,
            Wipe::WorkProfile { reason: None },
            AndroidEvent::WorkProfileRemoved,
        ),
        // Even a mistaken one.
        (rig.personal(15).await, Wipe::WholeDevice, AndroidEvent::WorkProfileRemoved),
        (rig.company(16).await, Wipe::WholeDevice, AndroidEvent::FactoryReset),
    ] {
        let name = phone.name().unwrap();
        let issued = rig.client.issue_command(&name, &Command::wipe(wipe, DAY)).await.unwrap();
        phone.sync();
        assert!(rig.client.operation(&issued.name).await.unwrap().succeeded());
        assert_eq!(events(&phone), [event]);
        let error = rig.client.device(&name).await.unwrap_err();
        assert_eq!(class(&error), Class::NotFound, "gone once it acknowledged");
    }
}

#[tokio::test]
async fn ownership_is_relinquished_by_company_phones_only() {
    let rig = Rig::new().await;
    let release = Command::relinquish_ownership(DAY);
    let company = rig.company(16).await;
    let name = company.name().unwrap();
    let issued = rig.client.issue_command(&name, &release).await.unwrap();
    company.sync();
    assert!(rig.client.operation(&issued.name).await.unwrap().succeeded());
    assert_eq!(events(&company), [AndroidEvent::WorkProfileRemoved], "the private side stays");
    let personal = rig.personal(15).await;
    let issued = rig.client.issue_command(&personal.name().unwrap(), &release).await.unwrap();
    personal.sync();
    let failed = rig.client.operation(&issued.name).await.unwrap();
    assert!(failed.done && !failed.succeeded());
    assert_eq!(failed.metadata.error_code, Some(CommandError::ManagementMode));
    assert_eq!(events(&personal), []);
}

#[tokio::test]
async fn deleting_a_device_wipes_it_when_it_comes_online() {
    let rig = Rig::new().await;
    let (personal, company) = (rig.personal(16).await, rig.company(15).await);
    for phone in [&personal, &company] {
        let name = phone.name().unwrap();
        rig.client.delete_device(&name).await.unwrap();
        let error = rig.client.device(&name).await.unwrap_err();
        assert_eq!(class(&error), Class::NotFound, "at once");
        assert_eq!(events(phone), []);
        phone.sync();
    }
    assert_eq!(events(&personal), [AndroidEvent::WorkProfileRemoved]);
    assert_eq!(events(&company), [AndroidEvent::FactoryReset]);
}

#[tokio::test]
async fn a_phone_is_called_for_a_new_policy_a_command_and_its_removal_and_for_nothing_else() {
    let rig = Rig::new().await;
    let phone = rig.personal(16).await;
    assert!(!phone.is_called());
    rig.google.reset_contact_sharing(&rig.policy).unwrap();
    assert!(phone.is_called());
    phone.sync();
    assert!(!phone.is_called());
    let name = phone.name().unwrap();
    rig.client.issue_command(&name, &Command::lock(DAY)).await.unwrap();
    assert!(phone.is_called());
    phone.sync();
    assert!(!phone.is_called());
    rig.client
        .issue_command(&name, &Command::wipe(Wipe::WorkProfile { reason: None }, DAY))
        .await
        .unwrap();
    assert!(phone.is_called());
    phone.sync();
    assert!(!phone.is_called(), "nobody calls a phone that is not managed");
}
