//! Answers of a phone of good standing, of any size.

use trennwand_domain::Duration;

use super::{Channel, IDLE, xml};
use crate::world::text;

/// A phone of good standing may say more than an item of the database holds.
#[tokio::test]
async fn answers_of_any_size_are_taken_and_never_block_the_conversation() {
    let channel = Channel::new().await;
    let world = &channel.world;
    // The most that is decoded, with the longest words; and more than is decoded.
    for (entries, word, status) in [(1000, 256, "acknowledged"), (3000, 40, "error")] {
        for kind in ["profile_list", "managed_application_list", "certificate_list", "restrictions"]
        {
            let order = world.order(&channel.it.device, kind).await;
            let told = told(&text(&order, "command_uuid"), &answer(kind, entries, word));
            assert!(told.len() < 1 << 20, "{kind}: {}", told.len());
            let reply = channel.signed(&told).await;
            assert_eq!(reply.status, 200, "{kind} with {entries} entries");
            let shown = world.command(&channel.it.device, &text(&order, "id")).await;
            // Restrictions beyond the limit are left out, lists beyond it are not read.
            let expected = if kind == "restrictions" { "acknowledged" } else { status };
            assert_eq!(shown["status"], expected, "{kind} with {entries} entries");
        }
    }
    for kind in ["security_info", "device_information"] {
        let order = world.order(&channel.it.device, kind).await;
        let told = told(&text(&order, "command_uuid"), &answer(kind, 1, 900_000));
        assert_eq!(channel.signed(&told).await.status, 200, "{kind}");
    }
    // Asked by the service itself a day later.
    world.clock.advance(Duration::from_secs(21 * 3600));
    let mut reply = channel.signed(&xml(IDLE)).await;
    let mut asked = 0;
    while let Some(uuid) = member(&String::from_utf8_lossy(&reply.body), "CommandUUID") {
        let kind = member(&String::from_utf8_lossy(&reply.body), "RequestType");
        let answer = match kind.as_deref() {
            Some("ProfileList") => answer("profile_list", 1000, 256),
            Some("ManagedApplicationList") => answer("managed_application_list", 1000, 256),
            Some("Restrictions") => answer("restrictions", 1000, 256),
            Some("SecurityInfo") => answer("security_info", 1, 900_000),
            _ => String::new(),
        };
        reply = channel.signed(&told(&uuid, &answer)).await;
        assert_eq!(reply.status, 200, "{kind:?}");
        asked += 1;
        assert!(asked < 20, "the conversation does not end");
    }
    assert!(asked >= 4, "{asked}");
    channel.seen().await;
    world.tenant.get(&world.path("/devices")).await.expect(200);
}

/// What a phone says to a question, with so many entries and words of so many bytes.
fn answer(kind: &str, entries: usize, word: usize) -> String {
    let word = |i: usize| format!("{i:05}{}", "x".repeat(word - 5));
    let all = |entry: &dyn Fn(usize) -> String| (0..entries).map(entry).collect::<String>();
    match kind {
        "profile_list" => {
            let entries = all(&|i| {
                let (name, uuid) = (word(i), word(i));
                format!(
                    "<dict><key>PayloadIdentifier</key><string>{name}</string><key>PayloadUUID</key>\
                     <string>{uuid}</string></dict>"
                )
            });
            format!("<key>ProfileList</key><array>{entries}</array>")
        }
        "managed_application_list" => {
            let entries = all(&|i| {
                let (bundle, status) = (word(i), word(i));
                format!(
                    "<key>{bundle}</key><dict><key>Status</key><string>{status}</string></dict>"
                )
            });
            format!("<key>ManagedApplicationList</key><dict>{entries}</dict>")
        }
        "certificate_list" => {
            let entries = all(&|i| {
                let name = word(i);
                format!(
                    "<dict><key>CommonName</key><string>{name}</string><key>IsIdentity</key><false/>\
                     <key>Data</key><data>AAAA</data></dict>"
                )
            });
            format!("<key>CertificateList</key><array>{entries}</array>")
        }
        "restrictions" => {
            let entries =
                all(&|i| format!("<key>{}</key><dict><key>value</key><false/></dict>", word(i)));
            format!(
                "<key>GlobalRestrictions</key><dict><key>restrictedBool</key><dict>{entries}</dict>\
                 </dict>"
            )
        }
        "security_info" => format!(
            "<key>SecurityInfo</key><dict><key>PasscodePresent</key><true/>\
             <key>HardwareEncryptionCaps</key><integer>3</integer><key>x</key><string>{}</string></dict>",
            word(0)
        ),
        _ => format!(
            "<key>QueryResponses</key><dict><key>OSVersion</key><string>{}</string></dict>",
            word(0)
        ),
    }
}

fn told(uuid: &str, answer: &str) -> Vec<u8> {
    xml(&format!(
        "<key>Status</key><string>Acknowledged</string><key>CommandUUID</key><string>{uuid}</string>\
         {answer}"
    ))
}

/// A text member of an XML property list.
fn member(list: &str, key: &str) -> Option<String> {
    let rest = list.split_once(&format!("<key>{key}</key>"))?.1;
    Some(rest.split_once("<string>")?.1.split_once("</string>")?.0.to_owned())
}
