//! Lengths of time as people type them.

/// `90`, `90s`, `10m`, `1h`, `7d`: seconds.
pub fn seconds(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no length of time; write one like 90s, 10m, 1h or 7d");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..) {
        Some("" | "s") => 1,
        Some("m") => 60,
        Some("h") => 3_600,
        Some("d") => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        let read = |text| seconds(text).ok();
        assert_eq!(
            [read("90"), read("90s"), read("10m")],
            [Some(90), Some(90), Some(600)]
        );
        assert_eq!([read("1h"), read("7d")], [Some(3_600), Some(604_800)]);
        for bad in [
            "",
            "h",
            "-1h",
            "1w",
            "1.5h",
            "1 h",
            "1hh",
            "99999999999999999999d",
            "213503982334602d",
        ] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
