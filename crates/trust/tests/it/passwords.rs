use muster_trust::{Error, hash_password, verify_password};

use crate::Counter;

#[test]
fn a_password_is_known_again_and_another_is_not() {
    let kept = hash_password("correct horse", &mut Counter(1)).unwrap();
    assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
    assert!(!kept.contains("horse"));
    assert!(verify_password(Some(&kept), "correct horse").unwrap());
    assert!(!verify_password(Some(&kept), "correct horsf").unwrap());
    assert!(!verify_password(Some(&kept), "").unwrap());
    assert!(!verify_password(Some(&kept), &"x".repeat(1 << 20)).unwrap());
}

#[test]
fn nobody_costs_as_much_as_somebody_and_is_refused() {
    assert!(!verify_password(None, "correct horse").unwrap());
}

#[test]
fn equal_passwords_are_kept_unequally() {
    let mut random = Counter(1);
    let (a, b) = (
        hash_password("correct horse", &mut random),
        hash_password("correct horse", &mut random),
    );
    assert_ne!(a.unwrap(), b.unwrap());
}

#[test]
fn short_and_endless_ones_are_refused_as_new() {
    for bad in ["", "1234567", &"x".repeat(1025)] {
        assert!(matches!(
            hash_password(bad, &mut Counter(1)),
            Err(Error::WeakPassword { .. })
        ));
    }
    hash_password("日本語のパスワ", &mut Counter(1)).unwrap_err();
    hash_password("日本語のパスワード", &mut Counter(1)).unwrap();
}

#[test]
fn a_damaged_hash_is_an_error_and_not_a_no() {
    assert!(matches!(
        verify_password(Some("$argon2id$nonsense"), "correct horse"),
        Err(Error::Password { .. })
    ));
}
