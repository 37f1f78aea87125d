use muster_link::ServerUrl;
use proptest::prelude::*;

#[test]
fn addresses_read_as_people_write_them() {
    for (text, read) in [
        ("https://muster.example.org", "https://muster.example.org:8080"),
        (
            " https://muster.example.org:443/base/ ",
            "https://muster.example.org:443/base",
        ),
        ("wss://10.0.0.1", "https://10.0.0.1:8080"),
        ("ws://localhost:80", "http://localhost:80"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("https://[2001:db8::7]", "https://[2001:db8::7]:8080"),
    ] {
        assert_eq!(text.parse::<ServerUrl>().unwrap().to_string(), read, "{text}");
    }
}

#[test]
fn what_is_no_address_is_refused_with_an_example() {
    for text in [
        "",
        "muster.example.org",
        "muster.example.org:8080",
        "ftp://x",
        "https://",
        "https://:80",
        "https://a b",
        "https://user:word@x",
        "https://x?y=z",
        "https://x:99999",
        "/path",
        "https://[::1",
    ] {
        let refused = text.parse::<ServerUrl>().expect_err(text);
        assert!(
            refused.to_string().contains("https://muster.example.org:8080"),
            "{text}: {refused}"
        );
    }
}

#[test]
fn loopback_is_told_from_the_rest() {
    for (text, loopback) in [
        ("http://127.0.0.1:1", true),
        ("http://127.8.9.1", true),
        ("http://[::1]", true),
        ("http://LOCALHOST", true),
        ("http://localhost.example.org", false),
        ("http://127.0.0.1.example.org", false),
        ("http://10.0.0.1", false),
    ] {
        assert_eq!(
            text.parse::<ServerUrl>().unwrap().is_loopback(),
            loopback,
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_parsing_panic(text in ".{0,60}", scheme in prop::sample::select(vec!["", "https://", "http://["])) {
        if let Ok(url) = (scheme.to_owned() + &text).parse::<ServerUrl>() {
            prop_assert_eq!(url.to_string().parse::<ServerUrl>().unwrap(), url);
        }
    }
}
