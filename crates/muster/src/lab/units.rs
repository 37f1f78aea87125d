//! Losses, rates and times as people type them.

use std::time::Duration;

/// `20%`, `0.5%` or `20`: so many of a million.
pub fn loss(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is no share of frames; give a percentage such as 20%");
    let percent: f64 = text.trim_end_matches('%').parse().map_err(|_| wrong())?;
    if !(0.0..=100.0).contains(&percent) {
        return Err(wrong());
    }
    // A share between 0 and 100 percent is a small whole number here.
    Ok((percent * 10_000.0).round() as u32)
}

/// `10mbit`, `512kbit`, `1gbit`: bits a second; 0 is as fast as it goes.
pub fn rate(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no rate; give bits a second such as 10mbit, 512kbit or 1gbit");
    let lower = text.to_ascii_lowercase();
    let units = [
        ("kbit", 1_000),
        ("mbit", 1_000_000),
        ("gbit", 1_000_000_000),
        ("bit", 1),
        ("", 1),
    ];
    let (number, unit) = units
        .iter()
        .find_map(|(unit, size)| Some((lower.strip_suffix(unit)?, *size)))
        .ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).ok_or_else(wrong)
}

/// `50ms`, `1s`, `200us`.
pub fn delay(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no delay; give a time up to a minute such as 50ms, 1s or 200us");
    let units = [("ms", 1e-3), ("us", 1e-6), ("s", 1.0)];
    let (number, unit) = units
        .iter()
        .find_map(|(unit, size)| Some((text.strip_suffix(unit)?, *size)))
        .ok_or_else(wrong)?;
    let seconds = number.parse::<f64>().map_err(|_| wrong())? * unit;
    if !(0.0..=60.0).contains(&seconds) {
        return Err(wrong());
    }
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_read() {
        assert_eq!(loss("20%"), Ok(200_000));
        assert_eq!(loss("0.5"), Ok(5_000));
        assert_eq!(rate("10mbit"), Ok(10_000_000));
        assert_eq!(rate("512Kbit"), Ok(512_000));
        assert_eq!(rate("0"), Ok(0));
        assert_eq!(delay("50ms"), Ok(Duration::from_millis(50)));
        assert_eq!(delay("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(delay("200us"), Ok(Duration::from_micros(200)));
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for wrong in ["", "%", "101%", "-1", "NaN"] {
            assert!(loss(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "fast", "10mb", "-1", "99999999999gbit"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "50", "-1s", "2h", "61s", "NaNs"] {
            assert!(delay(wrong).is_err(), "{wrong}");
        }
    }
}
