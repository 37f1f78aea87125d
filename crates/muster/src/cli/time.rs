//! Lengths of time as people type them.

use std::time::Duration;

/// The longer names first: `ms` ends with `s`.
const UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("", 1_000),
];

/// `500ms`, `90s`, `10m`, `2h`, `1d`, or `90`: seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let read = UNITS.into_iter().find_map(|(unit, ms)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(ms).map(Duration::from_millis)
    });
    read.ok_or_else(|| "a time is a number and a unit, such as 500ms, 90s, 10m, 2h or 1d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let read = |text| duration(text).map(|time| time.as_millis());
        assert_eq!(read("500ms"), Ok(500));
        assert_eq!(read("90s"), Ok(90_000));
        assert_eq!(read("2h"), Ok(7_200_000));
        assert_eq!(read("7d"), Ok(604_800_000));
        assert_eq!(read("90"), Ok(90_000));
        for wrong in [
            "",
            "m",
            "-1s",
            "1w",
            "1.5s",
            "1 h",
            "1hh",
            "99999999999999999999d",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
