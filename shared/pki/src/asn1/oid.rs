//! Object identifiers, named as in their standards.

use const_oid::ObjectIdentifier as Oid;

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: Oid = Oid::new_unwrap($text);)*
    };
}

oids! {
    /// RFC 5652.
    DATA = "1.2.840.113549.1.7.1";
    SIGNED_DATA = "1.2.840.113549.1.7.2";
    ENVELOPED_DATA = "1.2.840.113549.1.7.3";
    CONTENT_TYPE = "1.2.840.113549.1.9.3";
    MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
    SIGNING_TIME = "1.2.840.113549.1.9.5";

    /// RFC 8017.
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
    SHA1_WITH_RSA = "1.2.840.113549.1.1.5";
    SHA256_WITH_RSA = "1.2.840.113549.1.1.11";
    SHA1 = "1.3.14.3.2.26";
    SHA256 = "2.16.840.1.101.3.4.2.1";

    AES128_CBC = "2.16.840.1.101.3.4.1.2";
    AES192_CBC = "2.16.840.1.101.3.4.1.22";
    AES256_CBC = "2.16.840.1.101.3.4.1.42";
    DES_EDE3_CBC = "1.2.840.113549.3.7";
    DES_CBC = "1.3.14.3.2.7";

    /// RFC 2985.
    CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7";

    /// RFC 8894, section 3.2.
    SCEP_MESSAGE_TYPE = "2.16.840.1.113733.1.9.2";
    SCEP_PKI_STATUS = "2.16.840.1.113733.1.9.3";
    SCEP_FAIL_INFO = "2.16.840.1.113733.1.9.4";
    SCEP_SENDER_NONCE = "2.16.840.1.113733.1.9.5";
    SCEP_RECIPIENT_NONCE = "2.16.840.1.113733.1.9.6";
    SCEP_TRANSACTION_ID = "2.16.840.1.113733.1.9.7";

    /// RFC 4519.
    COMMON_NAME = "2.5.4.3";
    COUNTRY = "2.5.4.6";
    LOCALITY = "2.5.4.7";
    STATE = "2.5.4.8";
    ORGANIZATION = "2.5.4.10";
    ORGANIZATIONAL_UNIT = "2.5.4.11";
    USER_ID = "0.9.2342.19200300.100.1.1";

    /// RFC 5280.
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    KEY_USAGE = "2.5.29.15";
    BASIC_CONSTRAINTS = "2.5.29.19";
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    EXTENDED_KEY_USAGE = "2.5.29.37";
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
}
