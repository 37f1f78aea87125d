//! Lengths of time as people type them.

use std::time::Duration;

const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// `500ms`, `90s`, `10m`, `2h` or `1d`.
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
        for wrong in ["", "5", "m", "-1s", "1.5s", "99999999999999999999d"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
