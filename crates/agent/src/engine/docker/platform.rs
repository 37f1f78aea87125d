use bollard::models::ImageInspect;

/// Whether an image is the variant that is asked for: `linux/arm64/v8`, `arm64`. What either does not say fits.
pub(super) fn fits(wanted: &str, image: &ImageInspect) -> bool {
    let mut words = wanted.split('/');
    let (first, second, variant) = (words.next(), words.next(), words.next());
    let (os, architecture) = match second {
        Some(architecture) => (first, Some(architecture)),
        None if first == image.os.as_deref() => (first, None),
        None => (None, first),
    };
    let same = |wanted: Option<&str>, is: &Option<String>| match (wanted, is.as_deref()) {
        (Some(wanted), Some(is)) if !is.is_empty() => plain(wanted) == plain(is),
        _ => true,
    };
    same(os, &image.os) && same(architecture, &image.architecture) && same(variant, &image.variant)
}

/// The engine's word for an architecture.
fn plain(word: &str) -> &str {
    match word {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants() {
        let image = ImageInspect {
            os: Some("linux".to_owned()),
            architecture: Some("arm64".to_owned()),
            variant: Some("v8".to_owned()),
            ..ImageInspect::default()
        };
        for (wanted, expect) in [
            ("linux/arm64", true),
            ("linux/arm64/v8", true),
            ("linux/aarch64", true),
            ("arm64", true),
            ("linux", true),
            ("linux/arm64/v7", false),
            ("linux/amd64", false),
            ("amd64", false),
            ("windows/arm64", false),
        ] {
            assert_eq!(fits(wanted, &image), expect, "{wanted}");
        }
    }
}
