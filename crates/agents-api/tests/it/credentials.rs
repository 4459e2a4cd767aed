//! Tokens that a provider makes and renews.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use agents_api::{Client, ClientBuilder, Delivery, ErrorKind};
use agents_api_emulator::{Emulator, TaskSeed};

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
