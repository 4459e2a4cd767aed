//! Tokens that a provider makes and renews.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use std::time::{Duration, SystemTime};

use agents_api::{BoxFuture, Client, ClientBuilder, Delivery, ErrorKind, Token, TokenProvider};
use agents_api_emulator::{Emulator, TaskSeed};
use secrecy::ExposeSecret as _;

/// A client whose provider gives these tokens, the last one for ever, and how often it was asked.
fn provided(github: &Emulator, tokens: &'static [&'static str]) -> (Client, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let provider = move || {
        let turn = count.fetch_add(1, Ordering::Relaxed) as usize;
        async move {
            tokio::task::yield_now().await;
            Ok::<_, std::io::Error>(tokens[turn.min(tokens.len() - 1)].to_owned())
        }
    };
    let client = builder(github).token_provider(provider).build().unwrap();
    (client, asked)
}

fn builder(github: &Emulator) -> ClientBuilder {
    Client::builder().base_url(github.base_url())
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_for_all_who_met_the_refusal() {
    let github = Emulator::builder().token("ghp_good").start().await.unwrap();
    let task = github.seed_task(TaskSeed::new("p")).unwrap();
    let (client, asked) = provided(&github, &["ghp_expired", "ghp_good\n"]);
    let gets = (0..8).map(|_| client.task(task.id()).get().into_future());
    for answer in futures_util::future::join_all(gets).await {
        answer.unwrap();
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    client
        .repo("octocat", "hello-world")
        .unwrap()
        .start_task("p")
        .await
        .unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 2, "the token is kept");
}

#[tokio::test]
async fn a_start_is_sent_again_after_a_renewal_since_it_was_refused() {
    let github = Emulator::builder().token("ghp_good").start().await.unwrap();
    let (client, _) = provided(&github, &["ghp_expired", "ghp_good"]);
    let task = client
        .repo("octocat", "hello-world")
        .unwrap()
        .start_task("p")
        .await
        .unwrap();
    assert_eq!((github.tasks().len(), github.requests().len()), (1, 2));
    assert_eq!(github.tasks()[0].id(), task.id);
}

#[tokio::test]
async fn a_second_refusal_is_final() {
    let github = Emulator::builder().token("ghp_good").start().await.unwrap();
    let (client, asked) = provided(&github, &["ghp_a", "ghp_b", "ghp_c"]);
    let error = client.task("t").get().await.unwrap_err();
    assert!(error.is_unauthorized() && error.attempts() == 2, "{error}");
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_fixed_token_is_not_tried_twice() {
    let github = Emulator::start().await.unwrap();
    let client = builder(&github).token("ghp_unknown").build().unwrap();
    assert!(client.task("t").get().await.unwrap_err().is_unauthorized());
    assert_eq!(github.requests().len(), 1);
}

#[tokio::test]
async fn a_provider_without_a_token_is_an_error_of_its_own() {
    let github = Emulator::start().await.unwrap();
    let failing = || async { Err::<String, _>("the vault is sealed") };
    let client = builder(&github).token_provider(failing).build().unwrap();
    let error = client.task("t").get().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::Credentials, Delivery::NotSent)
    );
    assert!(error.to_string().contains("the vault is sealed"), "{error}");

    let (client, _) = provided(&github, &["ghs_hunter2"]);
    let error = client.task("t").get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    assert!(error.to_string().contains("ghs_") && !format!("{error:?}").contains("hunter2"));
    assert!(github.requests().is_empty());
}

#[test]
fn a_client_has_one_source_of_tokens() {
    for (builder, told) in [
        (Client::builder(), "no token"),
        (
            Client::builder()
                .token("ghp_x")
                .token_provider(|| async { Ok::<_, std::io::Error>(String::new()) }),
            "both",
        ),
    ] {
        let error = builder.build().unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
    }
}

/// A provider that records which tokens it was told are refused, and gives these.
struct Recording {
    tokens: Vec<Token>,
    refused: Arc<std::sync::Mutex<Vec<Option<String>>>>,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl TokenProvider for Recording {
    fn token(&self, refused: Option<&Token>) -> BoxFuture<Result<Token, BoxError>> {
        let mut asked = self.refused.lock().unwrap();
        let token = self.tokens[asked.len().min(self.tokens.len() - 1)].clone();
        asked.push(refused.map(|token| token.expose_secret().to_owned()));
        Box::pin(async move { Ok(token) })
    }
}

#[tokio::test]
async fn a_provider_is_told_which_token_was_refused_and_the_same_is_not_sent_again() {
    let github = Emulator::builder().token("ghp_good").start().await.unwrap();
    let refused = Arc::default();
    let provider = Recording {
        tokens: vec![Token::from("ghp_bad")],
        refused: Arc::clone(&refused),
    };
    let client = builder(&github).token_provider(provider).build().unwrap();
    let error = client.task("t").get().await.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    assert_eq!(github.requests().len(), 1);
    assert_eq!(*refused.lock().unwrap(), [None, Some("ghp_bad".to_owned())]);
}

#[tokio::test]
async fn a_token_that_is_about_to_expire_is_renewed_before_it_is_refused() {
    let github = Emulator::builder().token("ghp_good").start().await.unwrap();
    let task = github.seed_task(TaskSeed::new("p")).unwrap();
    let refused = Arc::default();
    let soon = SystemTime::now() + Duration::from_secs(30);
    let late = SystemTime::now() + Duration::from_secs(3600);
    let provider = Recording {
        tokens: vec![
            Token::from("ghp_good").expires_at(soon),
            Token::from("ghp_good").expires_at(late),
        ],
        refused: Arc::clone(&refused),
    };
    let client = builder(&github).token_provider(provider).build().unwrap();
    for _ in 0..3 {
        client.task(task.id()).get().await.unwrap();
    }
    assert_eq!(*refused.lock().unwrap(), [None, None]);
    assert_eq!(github.requests().len(), 3);
}

#[test]
fn installation_tokens_are_refused_unless_allowed() {
    let builder = || Client::builder().token(secrecy::SecretString::from("ghs_1_eyJ.eyJ.x"));
    assert_eq!(builder().build().unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(builder().allow_installation_tokens().build().is_ok());
}
