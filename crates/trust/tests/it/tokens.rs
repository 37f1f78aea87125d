use muster_model::{AccountId, EnvironmentId, JoinTokenId, KeyId, WallTime, desired};
use muster_trust::{ApiKey, BearerKind, BearerToken, Error, Fingerprint, JoinToken, TokenRefusal};
use proptest::prelude::*;

use crate::{Counter, NOW, ca_at};

fn join_token(seed: u64) -> JoinToken {
    JoinToken::generate(
        JoinTokenId::new(1, 17),
        ca_at(NOW).fingerprint(),
        &mut Counter(seed),
    )
    .unwrap()
}

fn kept(token: &JoinToken) -> desired::JoinToken {
    desired::JoinToken {
        id: token.id(),
        environment: EnvironmentId::new(1, 1),
        hash: token.hash(),
        expires: WallTime(NOW.0 + 1000),
        uses_left: 2,
        labels: Default::default(),
        created: None,
    }
}

#[test]
fn a_join_token_carries_id_secret_and_ca() {
    let token = join_token(1);
    let text = token.text();
    assert!(text.starts_with("muster-join-1-17-"), "{}", *text);
    let read = JoinToken::parse(&format!("  {}\n", *text)).unwrap();
    assert_eq!(
        (read.id(), read.ca(), read.hash()),
        (token.id(), token.ca(), token.hash())
    );
    assert_ne!(join_token(2).hash(), token.hash());
}

#[test]
fn a_join_token_is_admitted_so_often_and_so_long() {
    let token = join_token(1);
    let once = token.admit(&kept(&token), NOW).unwrap();
    let twice = token.admit(&once, NOW).unwrap();
    assert_eq!(token.admit(&twice, NOW), Err(TokenRefusal::UsedUp));
    assert_eq!(
        token.admit(&once, WallTime(NOW.0 + 1000)),
        Err(TokenRefusal::Expired)
    );
    assert_eq!(join_token(2).admit(&once, NOW), Err(TokenRefusal::Unknown));
    let other_id = desired::JoinToken {
        id: JoinTokenId::new(1, 18),
        ..once
    };
    assert_eq!(token.admit(&other_id, NOW), Err(TokenRefusal::Unknown));
}

#[test]
fn an_api_key_is_admitted_until_it_expires() {
    let key = ApiKey::generate(KeyId::new(3, 5), &mut Counter(1)).unwrap();
    assert!(key.text().starts_with("muster-key-3-5-"), "{}", *key.text());
    let read = ApiKey::parse(&key.text()).unwrap();
    let mut record = desired::ApiKey {
        id: key.id(),
        account: AccountId::new(1, 1),
        note: "ci".into(),
        hash: key.hash(),
        created: NOW,
        expires: None,
    };
    assert_eq!(read.admit(&record, NOW), Ok(()));
    record.expires = Some(NOW);
    assert_eq!(read.admit(&record, NOW), Err(TokenRefusal::Expired));
    let other = ApiKey::generate(KeyId::new(3, 5), &mut Counter(2)).unwrap();
    assert_eq!(other.admit(&record, NOW), Err(TokenRefusal::Unknown));
}

#[test]
fn one_kind_never_passes_for_another() {
    let setup = BearerToken::generate(BearerKind::Setup, &mut Counter(1)).unwrap();
    let session = BearerToken::generate(BearerKind::Session, &mut Counter(1)).unwrap();
    assert_ne!(setup.hash(), session.hash(), "same bits, other kind");
    assert!(setup.matches(&setup.hash()) && !setup.matches(&session.hash()));
    assert!(BearerToken::parse(BearerKind::Session, &setup.text()).is_err());
    assert!(
        BearerToken::parse(BearerKind::Setup, &setup.text())
            .unwrap()
            .matches(&setup.hash())
    );
    assert!(ApiKey::parse(&join_token(1).text()).is_err());
    assert!(
        JoinToken::parse(
            &ApiKey::generate(KeyId::new(1, 1), &mut Counter(1))
                .unwrap()
                .text()
        )
        .is_err()
    );
}

#[test]
fn a_token_cut_short_is_told_and_not_shown() {
    let text = join_token(1).text().to_string();
    for cut in [0, 5, 20, text.len() / 2, text.len() - 1] {
        let refused = JoinToken::parse(&text[..cut]).unwrap_err();
        assert!(matches!(refused, Error::TokenText { .. }));
        assert!(
            cut < 20 || !refused.to_string().contains(&text[17..cut]),
            "{refused}"
        );
    }
}

#[test]
fn tokens_are_not_printed() {
    let token = join_token(1);
    let secret = token.text().split('-').nth(4).unwrap().to_owned();
    assert_eq!(secret.len(), 64);
    assert!(!format!("{token:?}").contains(&secret));
    let session = BearerToken::generate(BearerKind::Session, &mut Counter(1)).unwrap();
    assert!(!format!("{session:?}").contains(session.text().rsplit('-').next().unwrap()));
}

#[test]
fn fingerprints_read_as_other_tools_print_them() {
    let plain = ca_at(NOW).fingerprint();
    let text = plain.to_string();
    let colons: Vec<_> = text
        .as_bytes()
        .chunks(2)
        .map(|c| std::str::from_utf8(c).unwrap().to_uppercase())
        .collect();
    assert_eq!(colons.join(":").parse(), Ok(plain));
    assert_eq!(format!("sha256:{text}").parse(), Ok(plain));
    assert!(text[1..].parse::<Fingerprint>().is_err());
}

proptest! {
    #[test]
    fn no_text_makes_parsing_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        for prefix in ["", "muster-", "muster-join-1-1-", "muster-key-1-1-", "muster-setup-", "muster-session-"] {
            let text = format!("{prefix}{text}");
            prop_assert!(JoinToken::parse(&text).is_err());
            prop_assert!(ApiKey::parse(&text).is_err());
            prop_assert!(BearerToken::parse(BearerKind::Setup, &text).is_err());
            let _ = text.parse::<Fingerprint>();
        }
    }

    #[test]
    fn every_token_reads_back(seed: u64, epoch: u32, counter: u32) {
        let token = JoinToken::generate(JoinTokenId::new(epoch, counter), ca_pin(seed), &mut Counter(seed)).unwrap();
        let read = JoinToken::parse(&token.text());
        // An id that the model does not read back must not pass either.
        match format!("join-{epoch}-{counter}").parse::<JoinTokenId>() {
            Ok(_) => prop_assert_eq!(read.unwrap().hash(), token.hash()),
            Err(_) => prop_assert!(read.is_err()),
        }
    }
}

fn ca_pin(seed: u64) -> Fingerprint {
    Fingerprint::of(&seed.to_be_bytes().to_vec().into())
}
