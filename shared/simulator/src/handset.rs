use trennwand_domain::Entropy;

use crate::entropy::hex;

/// The hardware and system of a simulated iPhone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handset {
    /// The name that its owner gave it.
    pub device_name: String,
    /// Unique Device ID.
    pub udid: String,
    /// Serial number.
    pub serial_number: String,
    /// IMEI of the first SIM.
    pub imei: String,
    /// Version of iOS.
    pub os_version: String,
    /// Build of iOS.
    pub build_version: String,
    /// Apple's `ProductName`, such as `iPhone17,3`.
    pub product_name: String,
    /// Apple's `ModelName`, such as `iPhone`.
    pub model_name: String,
    /// Its MAC address on Wi-Fi.
    pub wifi_mac: String,
    /// Its owner's phone number.
    pub phone_number: String,
}

impl Handset {
    /// A current iPhone with identifiers of its own.
    #[must_use]
    pub fn new(device_name: impl Into<String>, entropy: &dyn Entropy) -> Self {
        let unique = hex(&entropy.bytes::<16>());
        let digits: String =
            entropy.bytes::<14>().iter().map(|b| char::from(b'0' + b % 10)).collect();
        Self {
            device_name: device_name.into(),
            udid: format!("00008140-{}", &unique[..16]),
            serial_number: format!("F{}", &unique[16..25]),
            imei: format!("{digits}7"),
            os_version: "27.1".into(),
            build_version: "24B83".into(),
            product_name: "iPhone17,3".into(),
            model_name: "iPhone".into(),
            wifi_mac: "02:00:5e:10:00:01".into(),
            phone_number: format!("+49151{}", &digits[..8]),
        }
    }
}
