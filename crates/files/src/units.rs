//! Sizes and times, in the words that compose files have for them.

/// Bytes: `512m`, `1.5G`, `64KiB`, `1048576`. Units are powers of 1024, in any case.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let power = match unit
        .strip_suffix("ib")
        .or(unit.strip_suffix('b'))
        .unwrap_or(&unit)
    {
        "" if unit != "ib" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    scaled(number, 1024_u64.checked_pow(power)?)
}

/// Milliseconds: `90s`, `1m30s`, `1.5h`, `500ms`, `0`. Less than a millisecond counts as one.
pub(crate) fn milliseconds(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    if rest == "0" {
        return Some(0);
    }
    let mut micros: u64 = 0;
    let mut any = false;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let factor: u64 = match unit {
            "us" | "µs" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            "w" => 604_800_000_000,
            _ => return None,
        };
        micros = micros.checked_add(scaled(number, factor)?)?;
        any = true;
        rest = after;
    }
    any.then(|| micros.div_ceil(1_000))
}

/// Thousandths of a processor: `0.5`, `2`.
pub(crate) fn milli_cpus(text: &str) -> Option<u64> {
    scaled(text.trim(), 1_000)
}

/// `number`, which may have decimals, times `factor`, without going through floating point.
fn scaled(number: &str, factor: u64) -> Option<u64> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && decimals.is_empty()) || !is_digits(whole) || !is_digits(decimals) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let decimals = decimals.get(..decimals.len().min(9))?;
    let part: u128 = if decimals.is_empty() {
        0
    } else {
        decimals.parse().ok()?
    };
    let scale = 10_u128.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    let part = u64::try_from(part * u128::from(factor) / scale).ok()?;
    whole.checked_mul(factor)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let check = |text: &str, expect: Option<u64>| assert_eq!(bytes(text), expect, "{text}");
        check("0", Some(0));
        check("1048576", Some(1 << 20));
        check("512m", Some(512 << 20));
        check("1.5G", Some(3 << 29));
        check("64KiB", Some(64 << 10));
        check("300 kb", Some(300 << 10));
        check("2gb", Some(2 << 30));
        check("10b", Some(10));
        for bad in [
            "",
            "m",
            "-1",
            "1x",
            "1e3",
            "99999999999t",
            "1.2.3",
            "ib",
            "1ib",
            "½g",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn times() {
        let check = |text: &str, expect: Option<u64>| assert_eq!(milliseconds(text), expect, "{text}");
        check("0", Some(0));
        check("10s", Some(10_000));
        check("1m30s", Some(90_000));
        check("1.5h", Some(5_400_000));
        check("500ms", Some(500));
        check("10us", Some(1));
        for bad in ["", "10", "s", "-1s", "1y", "1s2", "99999999999999999999h", "1 m"] {
            check(bad, None);
        }
    }

    #[test]
    fn processors() {
        assert_eq!(milli_cpus("0.5"), Some(500));
        assert_eq!(milli_cpus("2"), Some(2_000));
        assert_eq!(milli_cpus(".25"), Some(250));
        assert_eq!(milli_cpus("."), None);
        assert_eq!(milli_cpus("two"), None);
    }
}
