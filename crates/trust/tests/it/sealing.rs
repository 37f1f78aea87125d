use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use muster_model::secret::{Sealed, SecretBytes};
use muster_trust::{Error, SealKeys};
use proptest::prelude::*;

use crate::Counter;

const WHERE: &str = "desired/secret/env-1-1/db-password";

fn secret(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

#[test]
fn what_is_sealed_opens_only_where_it_belongs_and_with_its_key() {
    let mut random = Counter(1);
    let (keys, others) = (
        SealKeys::generate(&mut random).unwrap(),
        SealKeys::generate(&mut random).unwrap(),
    );
    let sealed = keys.seal(WHERE, &secret("hunter2"), &mut random).unwrap();
    assert_eq!(keys.open(WHERE, &sealed).unwrap(), secret("hunter2"));
    assert!(matches!(
        keys.open("desired/secret/env-1-1/other", &sealed),
        Err(Error::Open { .. })
    ));
    assert!(matches!(
        others.open(WHERE, &sealed),
        Err(Error::UnknownKey { .. })
    ));
    let (_, text) = sealed.0.split_once(':').unwrap();
    let relabelled = others.seal(WHERE, &secret("x"), &mut random).unwrap();
    let relabelled = Sealed(format!("{}:{text}", relabelled.0.split_once(':').unwrap().0));
    assert!(matches!(others.open(WHERE, &relabelled), Err(Error::Open { .. })));
}

#[test]
fn equal_secrets_seal_unequally_but_digest_equally() {
    let mut random = Counter(1);
    let (keys, others) = (
        SealKeys::generate(&mut random).unwrap(),
        SealKeys::generate(&mut random).unwrap(),
    );
    let (a, b) = (
        keys.seal(WHERE, &secret("x"), &mut random),
        keys.seal(WHERE, &secret("x"), &mut random),
    );
    assert_ne!(a.unwrap(), b.unwrap());
    assert_eq!(keys.digest(WHERE, &secret("x")), keys.digest(WHERE, &secret("x")));
    assert_ne!(keys.digest(WHERE, &secret("x")), keys.digest(WHERE, &secret("y")));
    assert_ne!(keys.digest("ab", &secret("c")), keys.digest("a", &secret("bc")));
    assert_ne!(
        keys.digest(WHERE, &secret("x")),
        others.digest(WHERE, &secret("x"))
    );
}

#[test]
fn the_file_is_made_once_for_its_owner_alone_and_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("seal.key");
    let mut random = Counter(1);
    let first = SealKeys::load_or_create(&path, &mut random).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        1,
        "no draft is left beside it"
    );
    let sealed = first.seal(WHERE, &secret("hunter2"), &mut random).unwrap();
    let again = SealKeys::load_or_create(&path, &mut random).unwrap();
    assert_eq!(again.open(WHERE, &sealed).unwrap(), secret("hunter2"));
    assert_eq!(
        again.digest(WHERE, &secret("x")),
        first.digest(WHERE, &secret("x"))
    );
}

#[test]
fn many_that_start_at_once_end_up_with_the_same_keys() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("seal.key");
    let start = std::sync::Barrier::new(8);
    let digests: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|seed| {
                let (path, start) = (&path, &start);
                scope.spawn(move || {
                    start.wait();
                    SealKeys::load_or_create(path, &mut Counter(seed))
                        .unwrap()
                        .digest(WHERE, &secret("x"))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(digests.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_others_may_read_is_refused_with_the_cure() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("seal.key");
    SealKeys::load_or_create(&path, &mut Counter(1)).unwrap();
    for mode in [0o640, 0o604, 0o660] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = SealKeys::load_or_create(&path, &mut Counter(1)).unwrap_err();
        assert!(matches!(refused, Error::KeyFileMode { .. }));
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }
}

#[test]
fn an_older_key_still_opens_and_the_newest_seals() {
    let dir = tempfile::tempdir().unwrap();
    let (path, newer) = (dir.path().join("seal.key"), dir.path().join("newer.key"));
    let mut random = Counter(1);
    let old = SealKeys::load_or_create(&path, &mut random).unwrap();
    let sealed = old.seal(WHERE, &secret("hunter2"), &mut random).unwrap();
    SealKeys::load_or_create(&newer, &mut random).unwrap();
    let line = fs::read_to_string(&newer)
        .unwrap()
        .lines()
        .find(|l| l.starts_with("seal "))
        .unwrap()
        .to_owned();
    fs::write(&path, fs::read_to_string(&path).unwrap() + &line + "\n").unwrap();
    let rotated = SealKeys::load_or_create(&path, &mut random).unwrap();
    assert_eq!(rotated.open(WHERE, &sealed).unwrap(), secret("hunter2"));
    let resealed = rotated.seal(WHERE, &secret("hunter2"), &mut random).unwrap();
    assert!(matches!(
        old.open(WHERE, &resealed),
        Err(Error::UnknownKey { .. })
    ));
    assert_eq!(
        rotated.digest(WHERE, &secret("x")),
        old.digest(WHERE, &secret("x")),
        "nothing looks changed"
    );
}

#[test]
fn a_damaged_file_is_named_with_its_line_and_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("seal.key");
    SealKeys::load_or_create(&path, &mut Counter(1)).unwrap();
    let good = fs::read_to_string(&path).unwrap();
    let seal_line = good.lines().find(|l| l.starts_with("seal ")).unwrap();
    for (bad, line) in [
        (String::new(), 1),
        ("digest AAAA\n".into(), 1),
        ("\nwhat is this\n".into(), 2),
        (good.replace("digest ", "# digest "), 1),
        (format!("{good}{seal_line}\n"), good.lines().count() + 1),
    ] {
        fs::write(&path, &bad).unwrap();
        let refused = SealKeys::load_or_create(&path, &mut Counter(1)).unwrap_err();
        assert!(
            matches!(refused, Error::KeyFileText { line: at, .. } if at == line),
            "{refused}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), bad);
    }
}

#[test]
fn keys_are_not_printed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("seal.key");
    let printed = format!("{:?}", SealKeys::load_or_create(&path, &mut Counter(1)).unwrap());
    let text = fs::read_to_string(&path).unwrap();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        assert!(!printed.contains(line.rsplit(' ').next().unwrap()), "{printed}");
    }
}

proptest! {
    #[test]
    fn every_value_comes_back(value in proptest::collection::vec(any::<u8>(), 0..2000), context in ".{0,40}", seed: u64) {
        let mut random = Counter(seed);
        let keys = SealKeys::generate(&mut random).unwrap();
        let sealed = keys.seal(&context, &SecretBytes::new(value.clone()), &mut random).unwrap();
        let opened = keys.open(&context, &sealed).unwrap();
        prop_assert_eq!(opened.reveal(), value.as_slice());
    }

    #[test]
    fn no_changed_character_is_accepted(at in any::<proptest::sample::Index>(), to in "[A-Za-z0-9+/=:]") {
        let mut random = Counter(5);
        let keys = SealKeys::generate(&mut random).unwrap();
        let sealed = keys.seal(WHERE, &secret("hunter2 and more"), &mut random).unwrap().0;
        let at = at.index(sealed.len());
        let changed = format!("{}{to}{}", &sealed[..at], &sealed[at + 1..]);
        prop_assume!(changed != sealed);
        prop_assert!(keys.open(WHERE, &Sealed(changed)).is_err());
    }

    #[test]
    fn no_text_makes_opening_panic(text in ".{0,200}") {
        let mut random = Counter(5);
        let keys = SealKeys::generate(&mut random).unwrap();
        let id = keys.seal(WHERE, &secret("x"), &mut random).unwrap().0.split_once(':').unwrap().0.to_owned();
        prop_assert!(keys.open(WHERE, &Sealed(text.clone())).is_err());
        let named = Sealed(id + ":" + &text);
        prop_assert!(keys.open(WHERE, &named).is_err());
    }
}
