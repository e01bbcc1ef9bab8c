use proptest::prelude::*;

use super::*;

const DOCTYPE: &str = "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
    \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">";

fn xml(inside: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{DOCTYPE}\n<plist version=\"1.0\">\n{inside}\n</plist>\n")
        .into_bytes()
}

/// A binary property list with one-byte references and two-byte offsets; the first object is the root.
fn binary(objects: &[&[u8]]) -> Vec<u8> {
    binary_with(objects, 1)
}

fn binary_with(objects: &[&[u8]], reference_size: u8) -> Vec<u8> {
    let mut out = BINARY_MAGIC.to_vec();
    let mut offsets = Vec::new();
    for object in objects {
        offsets.extend(u32::try_from(out.len()).unwrap().to_be_bytes());
        out.extend(*object);
    }
    let table = out.len() as u64;
    out.extend(&offsets);
    out.extend([0, 0, 0, 0, 0, 0, 4, reference_size]);
    out.extend((objects.len() as u64).to_be_bytes());
    out.extend(0u64.to_be_bytes());
    out.extend(table.to_be_bytes());
    out
}

#[test]
fn an_xml_list_as_phones_send_it_is_read() {
    let body = xml(
        "<!-- idle -->\n<dict>\n\t<key>Status</key>\n\t<string>Idle &amp; &#x1F3E2;</string>\n\
        <key>At</key><date>2026-11-23T12:00:00Z</date><key>Empty</key><string/><key>List</key><array />\n\
        <key>Data</key><data>\n\tYW\n\tJj\n</data><key>Yes</key><true/><key>No</key><false></false></dict>",
    );
    let read = parse(&body).unwrap();
    assert_eq!(read.get("Status").and_then(Value::as_string), Some("Idle & 🏢"));
    assert_eq!(read.get("Data").and_then(Value::as_data), Some(&b"abc"[..]));
    assert_eq!(read.get("Empty").and_then(Value::as_string), Some(""));
    assert_eq!(read.len(), 7);
    let with_mark = [b"\xef\xbb\xbf", body.as_slice()].concat();
    assert_eq!(parse(&with_mark), Ok(read));
}

#[test]
fn what_the_decoder_writes_is_read_in_both_forms() {
    let inner = Value::Array(vec![1.into(), true.into(), Value::Real(0.5), "grüße".into()]);
    let long = Value::String("x".repeat(300));
    let data = Value::Data(vec![1; 70_000]);
    let dictionary: Dictionary = [("List", inner), ("Long", long), ("Data", data)]
        .map(|(k, v)| (k.to_owned(), v))
        .into_iter()
        .collect();
    let value = Value::Dictionary(dictionary.clone());
    let (mut as_xml, mut as_binary) = (Vec::new(), Vec::new());
    value.to_writer_xml(&mut as_xml).unwrap();
    value.to_writer_binary(&mut as_binary).unwrap();
    assert_eq!(parse(&as_xml), Ok(dictionary.clone()));
    assert_eq!(parse(&as_binary), Ok(dictionary));
}

#[test]
fn nested_arrays_of_150_kilobytes_are_refused_before_they_are_decoded() {
    let open = "<array>".repeat(21_500);
    assert!(open.len() > 150_000);
    assert_eq!(parse(&xml(&open)), Err(PlistError::TooDeep));
    assert_eq!(parse(open.as_bytes()), Err(PlistError::TooDeep));
    let closed = format!("{}{}", "<array>".repeat(9_400), "</array>".repeat(9_400));
    assert_eq!(parse(&xml(&closed)), Err(PlistError::TooDeep));
    // Object i is an array of the object i + 1.
    let arrays: Vec<[u8; 3]> = (0..30_000u16)
        .map(|i| [0xa1, (i + 1).to_be_bytes()[0], (i + 1).to_be_bytes()[1]])
        .chain([[0x50, 0, 0]])
        .collect();
    let arrays: Vec<&[u8]> = arrays.iter().map(<[u8; 3]>::as_slice).collect();
    assert_eq!(parse(&binary_with(&arrays, 2)), Err(PlistError::TooDeep));
}

#[test]
fn the_deepest_allowed_list_is_read_in_both_forms() {
    let nested = (1..MAX_DEPTH).fold(Value::Boolean(true), |inner, _| Value::Array(vec![inner]));
    let root = Dictionary::from_iter([("a".to_owned(), nested)]);
    let value = Value::Dictionary(root.clone());
    let deeper = Value::Dictionary(Dictionary::from_iter([("a".to_owned(), value.clone())]));
    let (mut as_xml, mut as_binary) = (Vec::new(), Vec::new());
    value.to_writer_xml(&mut as_xml).unwrap();
    value.to_writer_binary(&mut as_binary).unwrap();
    assert_eq!((parse(&as_xml), parse(&as_binary)), (Ok(root.clone()), Ok(root)));
    let (mut as_xml, mut as_binary) = (Vec::new(), Vec::new());
    deeper.to_writer_xml(&mut as_xml).unwrap();
    deeper.to_writer_binary(&mut as_binary).unwrap();
    assert_eq!(parse(&as_xml), Err(PlistError::TooDeep));
    assert_eq!(parse(&as_binary), Err(PlistError::TooDeep));
}

#[test]
fn entities_are_refused() {
    let bomb = "<!DOCTYPE plist [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\
        <plist version=\"1.0\"><dict><key>k</key><string>&b;</string></dict></plist>";
    assert_eq!(parse(bomb.as_bytes()), Err(PlistError::Entities));
    let external =
        "<!DOCTYPE plist [ <!ENTITY x SYSTEM \"file:///etc/passwd\"> ]><plist><dict/></plist>";
    assert_eq!(parse(external.as_bytes()), Err(PlistError::Entities));
    for reference in ["&b;", "&", "&#0;", "&#xD800;", "&#99999999999;", "& amp;"] {
        let body = xml(&format!("<dict><key>k</key><string>{reference}</string></dict>"));
        assert_eq!(parse(&body), Err(PlistError::Entities), "{reference}");
    }
}

#[test]
fn too_many_elements_and_too_many_bytes_are_refused() {
    let many =
        format!("<dict><key>k</key><array>{}</array></dict>", "<true/>".repeat(MAX_ELEMENTS));
    assert_eq!(parse(&xml(&many)), Err(PlistError::TooManyElements));
    let large = vec![b' '; MAX_BODY + 1];
    assert_eq!(parse(&large), Err(PlistError::TooLarge));
}

#[test]
fn a_binary_list_that_contains_itself_is_refused() {
    assert_eq!(parse(&binary(&[&[0xa1, 0]])), Err(PlistError::TooDeep));
    assert_eq!(parse(&binary(&[&[0xd1, 1, 0], &[0x51, b'k']])), Err(PlistError::TooDeep));
    assert_eq!(parse(&binary(&[&[0xa1, 1], &[0xa1, 0]])), Err(PlistError::TooDeep));
}

#[test]
fn a_binary_list_that_unfolds_is_refused() {
    // Ten arrays of ten, each of the next: ten objects, 10^10 elements.
    let levels: Vec<[u8; 11]> = (1..=10)
        .map(|next| {
            let mut array = [next; 11];
            array[0] = 0xaa;
            array
        })
        .collect();
    let mut objects: Vec<&[u8]> = levels.iter().map(<[u8; 11]>::as_slice).collect();
    objects.push(&[0x51, b'x']);
    assert_eq!(parse(&binary(&objects)), Err(PlistError::TooManyElements));

    // One text of 60,000 bytes, reached 200 times.
    let mut text = vec![0x5f, 0x11];
    text.extend(60_000u16.to_be_bytes());
    text.resize(4 + 60_000, b'x');
    let mut array = vec![0xaf, 0x10, 200];
    array.resize(3 + 200, 2);
    let objects: [&[u8]; 4] = [&[0xd1, 3, 1], &array, &text, &[0x51, b'k']];
    assert_eq!(parse(&binary(&objects)), Err(PlistError::TooManyElements));
}

#[test]
fn overlapping_objects_are_read_within_the_limits() {
    // The offset of the value points into the key's text, at a byte that means `true`.
    let mut body = binary(&[&[0xd1, 1, 2], &[0x52, b'k', 0x09], &[0x08]]);
    let table = body.len() - 32 - 3 * 4;
    let into_the_key = 8 + 3 + 2;
    body[table + 11] = into_the_key;
    let read = parse(&body).unwrap();
    assert_eq!(read.get("k\t").and_then(Value::as_boolean), Some(true));
}

#[test]
fn binary_lists_that_point_outside_themselves_are_refused() {
    let good = binary(&[&[0xd1, 1, 2], &[0x51, b'k'], &[0x09]]);
    assert!(parse(&good).is_ok());
    let trailer = good.len() - 32;
    for (at, value) in [
        (8, 0xa1),            // an array of object 1, and a stray byte: not a dictionary
        (9, 200),             // a reference that is not in the table
        (trailer + 6, 9),     // size of offsets
        (trailer + 7, 0),     // size of references
        (trailer + 8, 0xff),  // number of objects
        (trailer + 16, 0xff), // root
        (trailer + 24, 0xff), // place of the table
        (trailer - 12, 0xff), // offset of the root
        (11, 0x5f),           // a text whose length is missing
        (11, 0x7f),           // no such kind of object
    ] {
        let mut bad = good.clone();
        bad[at] = value;
        assert!(parse(&bad).is_err(), "{at}");
    }
    assert_eq!(parse(b"bplist00"), Err(PlistError::Malformed));
    assert_eq!(parse(&good[..good.len() - 1]), Err(PlistError::Malformed));
}

#[test]
fn what_is_not_a_property_list_is_refused() {
    for body in [
        "",
        " ",
        "{ Status = Idle; }",
        "{\"Status\":\"Idle\"}",
        "<plist>",
        "<plist/>",
        "<plist></plist>",
        "<plist><dict></plist></dict>",
        "<plist><dict><plist></plist></dict></plist>",
        "<plist><dict/><dict/></plist>",
        "<plist><dict><key>k</key></dict></plist>",
        "<plist><dict><key>k</key><uid>1</uid></dict></plist>",
        "<plist><dict><key>k</key><string>a<b/></string></dict></plist>",
        "<plist><dict><key>k</key><string><![CDATA[x]]></string></dict></plist>",
        "<plist><dict a=\"b\"></dict></plist>",
        "<plist><dict><key>k</key><date>9999-12-31T23:59:59-23:00</date></dict></plist>",
        "<plist><dict><key>k</key><date>2026-13-01T00:00:00Z</date></dict></plist>",
        "<plist><dict><key>k</key><integer>a</integer></dict></plist>",
        "<plist><dict><key>k</key><data>&lt;</data></dict></plist>",
        "<plist><!--> <array> --><dict/></plist>",
        "<!DOCTYPE plist \"><dict></dict><!DOCTYPE plist \">",
        "<dict><?php ?></dict>",
    ] {
        assert_eq!(parse(body.as_bytes()), Err(PlistError::Malformed), "{body}");
    }
    assert_eq!(parse(b"\xff\xfe<\0"), Err(PlistError::Malformed));
    for other in ["<plist><array/></plist>", "<string>Idle</string>"] {
        assert_eq!(parse(other.as_bytes()), Err(PlistError::NotADictionary), "{other}");
    }
}

/// Bytes that come past the first checks: pieces of both forms, put together at random.
fn almost_xml() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 28] = [
        "<plist version=\"1.0\">",
        "</plist>",
        "<dict>",
        "</dict>",
        "<dict/>",
        "<array>",
        "</array>",
        "<key>k</key>",
        "<key>",
        "</key>",
        "<string>",
        "</string>",
        "<string/>",
        "&amp;",
        "&#x41;",
        "&x;",
        "<integer>1</integer>",
        "<integer>-",
        "<date>9999-12-31T23:59:59Z</date>",
        "<data>YQ==</data>",
        "<real>nan</real>",
        "<true/>",
        "<!--",
        "-->",
        "<!DOCTYPE plist>",
        "<?xml ?>",
        "é",
        ">",
    ];
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40)
        .prop_map(|pieces| pieces.concat().into_bytes())
}

fn almost_binary() -> impl Strategy<Value = Vec<u8>> {
    let object = prop::collection::vec(any::<u8>(), 1..12);
    (prop::collection::vec(object, 1..12), prop::collection::vec(any::<(u16, u8)>(), 0..4))
        .prop_map(|(objects, changes)| {
            let objects: Vec<&[u8]> = objects.iter().map(Vec::as_slice).collect();
            let mut body = binary(&objects);
            for (at, value) in changes {
                let at = usize::from(at) % body.len();
                body[at] = value;
            }
            body
        })
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = crate::Request::parse(&body);
    }

    #[test]
    fn no_xml_makes_the_parser_panic(body in almost_xml()) {
        let _ = crate::Request::parse(&body);
    }

    #[test]
    fn no_binary_list_makes_the_parser_panic(body in almost_binary()) {
        let _ = crate::Request::parse(&body);
    }

    #[test]
    fn a_changed_byte_in_a_real_message_makes_nothing_panic(at in any::<prop::sample::Index>(), value: u8) {
        let mut body = xml("<dict><key>Status</key><string>Idle</string><key>UDID</key>\
            <string>00008140</string><key>D</key><date>2026-11-23T12:00:00Z</date></dict>");
        let at = at.index(body.len());
        body[at] = value;
        let _ = crate::Request::parse(&body);
    }
}
