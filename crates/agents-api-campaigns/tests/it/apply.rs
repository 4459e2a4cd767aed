//! What applying a campaign comes to.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use agents_api::{Client, ErrorKind as GitHubErrorKind};
use agents_api_campaigns::{CampaignState, CampaignStatus, ErrorKind, ItemStatus, Store, apply};
use agents_api_emulator::{Emulator, Script};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Database, client, github, options, plan, take_in};

fn statuses(state: &CampaignState) -> Vec<ItemStatus> {
    state.items.iter().map(|item| item.status).collect()
}

/// Applies until nothing runs and nothing will start.
async fn applied(client: &Client, store: &Store) -> CampaignState {
    apply(client, store, "test", &options()).await.unwrap()
}

/// An emulator in which tasks end like this, one after the other.
async fn scripted(scripts: &[Script]) -> Emulator {
    let github = github(scripts.len(), Emulator::builder().speed(5000.0)).await;
    for script in scripts {
        github.next_script(script.clone());
    }
    github
}

#[tokio::test]
async fn every_item_gets_one_task_and_is_followed_to_its_end() {
    for database in Database::all().await {
        let github = scripted(&[Script::quick_success(), Script::fails(), Script::quick_success()]).await;
        let store = database.open().await;
        take_in(&store, &plan(3, "waves: {sizes: [2, all], success_rate: 0.5}")).await;

        let state = applied(&client(&github), &store).await;

        assert_eq!(state.status, CampaignStatus::Finished, "{state:?}");
        assert_eq!(
            statuses(&state),
            [ItemStatus::Succeeded, ItemStatus::Failed, ItemStatus::Succeeded]
        );
        assert_eq!(github.tasks().len(), 3);
        assert!(state.nano_credits > 0);
        assert!(
            state.items[0].pull_request_number.is_some(),
            "{:?}",
            state.items[0]
        );
        assert!(state.items[1].error.is_some());

        // Applying again starts nothing.
        let again = applied(&client(&github), &store).await;
        assert_eq!(again, state);
        assert_eq!(github.tasks().len(), 3);
    }
}

#[tokio::test]
async fn a_wave_that_fails_stops_the_campaign_until_it_is_resumed() {
    for database in Database::all().await {
        let github = scripted(&[Script::fails(), Script::quick_success()]).await;
        let store = database.open().await;
        take_in(&store, &plan(2, "waves: {sizes: [1, all]}")).await;
        let client = client(&github);

        let state = applied(&client, &store).await;
        assert_eq!(state.status, CampaignStatus::Stopped);
        assert!(
            state
                .reason
                .as_ref()
                .unwrap()
                .starts_with("wave 1 of 2: 0 of 1 items succeeded"),
            "{state:?}"
        );
        assert_eq!(statuses(&state), [ItemStatus::Failed, ItemStatus::Pending]);

        store.resume("test").await.unwrap();
        let state = applied(&client, &store).await;
        assert_eq!(state.status, CampaignStatus::Finished);
        assert_eq!(statuses(&state), [ItemStatus::Failed, ItemStatus::Succeeded]);
    }
}

#[tokio::test]
async fn a_retry_gives_failed_items_one_further_task() {
    for database in Database::all().await {
        let github = scripted(&[Script::fails(), Script::quick_success(), Script::quick_success()]).await;
        let store = database.open().await;
        take_in(&store, &plan(2, "waves: {success_rate: 0}")).await;
        let client = client(&github);
        applied(&client, &store).await;

        assert_eq!(store.retry("test").await.unwrap(), 1);
        let state = applied(&client, &store).await;

        assert_eq!(statuses(&state), [ItemStatus::Succeeded, ItemStatus::Succeeded]);
        assert_eq!(github.tasks().len(), 3);
        assert_eq!(store.retry("test").await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_limit_on_credits_is_exceeded_by_what_was_running_at_most() {
    for database in Database::all().await {
        let github = github(6, Emulator::builder().speed(5000.0)).await;
        for _ in 0..6 {
            github.next_script(Script::quick_success());
        }
        let store = database.open().await;
        take_in(&store, &plan(6, "concurrency: 1\nlimits: {credits: 2}")).await;

        let state = applied(&client(&github), &store).await;

        assert_eq!(state.status, CampaignStatus::Stopped);
        assert!(
            state.reason.as_ref().unwrap().starts_with("limit reached: "),
            "{state:?}"
        );
        let per_task = state.items[0].nano_credits;
        assert!(
            state.nano_credits >= 2_000_000_000 && state.nano_credits < 2_000_000_000 + per_task,
            "{state:?}"
        );
        assert!(github.tasks().len() < 6);
    }
}

#[tokio::test]
async fn an_account_without_a_plan_stops_at_the_first_refusal() {
    for database in Database::all().await {
        let body = r#"{"code":"copilot_plan_required","error":"forbidden","message":"This API requires a valid Copilot license."}"#;
        let (url, starts) = refusing_server(403, body).await;
        let client = Client::builder()
            .base_url(url)
            .token("ghp_example")
            .build()
            .unwrap();
        let store = database.open().await;
        take_in(&store, &plan(4, "")).await;

        let state = applied(&client, &store).await;

        assert_eq!(state.status, CampaignStatus::Stopped, "{state:?}");
        assert_eq!(statuses(&state), [ItemStatus::Pending; 4]);
        assert_eq!(starts.load(Ordering::SeqCst), 1);
    }
}

/// A server without tasks that answers every start like this, and the number of starts it got.
async fn refusing_server(status: u16, body: &'static str) -> (String, Arc<AtomicUsize>) {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let starts = Arc::new(AtomicUsize::new(0));
    let counter = starts.clone();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = server.accept().await {
            let mut request = vec![0; 16 * 1024];
            let length = connection.read(&mut request).await.unwrap_or_default();
            let is_start = request[..length].starts_with(b"POST");
            counter.fetch_add(usize::from(is_start), Ordering::SeqCst);
            let (status, body) = if is_start {
                (status, body)
            } else {
                (200, r#"{"tasks":[]}"#)
            };
            let response = format!(
                "HTTP/1.1 {status} Status\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = connection.write_all(response.as_bytes()).await;
        }
    });
    (url, starts)
}

#[tokio::test]
async fn a_model_that_is_refused_gives_way_to_the_next() {
    let github = github(1, Emulator::builder().speed(5000.0).models(["claude-sonnet-4.6"])).await;
    github.next_script(Script::quick_success());
    let database = Database::sqlite();
    let store = database.open().await;
    take_in(
        &store,
        &plan(1, "model: gone\nfallback_models: [gone-too, claude-sonnet-4.6]"),
    )
    .await;

    let state = applied(&client(&github), &store).await;

    assert_eq!(statuses(&state), [ItemStatus::Succeeded], "{state:?}");
    assert_eq!(state.items[0].model.as_deref(), Some("claude-sonnet-4.6"));
}

#[tokio::test]
async fn a_refused_repository_concerns_no_other() {
    for database in Database::all().await {
        // The second repository is not there.
        let github = github(1, Emulator::builder().speed(5000.0)).await;
        github.next_script(Script::quick_success());
        let store = database.open().await;
        take_in(&store, &plan(2, "")).await;

        let state = applied(&client(&github), &store).await;

        assert_eq!(statuses(&state), [ItemStatus::Succeeded, ItemStatus::Refused]);
        assert_eq!(state.status, CampaignStatus::Finished);
    }
}

#[tokio::test]
async fn a_task_that_waits_for_a_person_pauses_the_campaign_if_asked_to() {
    for database in Database::all().await {
        let github = github(2, Emulator::builder().speed(5000.0)).await;
        github.next_script(Script::waits_for_user());
        github.next_script(Script::quick_success());
        let store = database.open().await;
        take_in(
            &store,
            &plan(2, "concurrency: 1\nneeds_user: fail\nwaves: {success_rate: 0}"),
        )
        .await;

        let state = applied(&client(&github), &store).await;

        assert_eq!(
            statuses(&state),
            [ItemStatus::Failed, ItemStatus::Succeeded],
            "{state:?}"
        );
        assert!(state.items[0].needs_user);
    }
}

#[tokio::test]
async fn notices_tell_of_each_change_in_order_until_they_are_delivered() {
    for database in Database::all().await {
        let github = scripted(&[Script::quick_success(), Script::fails()]).await;
        let store = database.open().await;
        take_in(&store, &plan(2, "concurrency: 1\nwaves: {success_rate: 0}")).await;
        applied(&client(&github), &store).await;

        let notices = store.undelivered("test", 100).await.unwrap();
        let events: Vec<String> = notices
            .iter()
            .map(|notice| {
                serde_json::from_str::<serde_json::Value>(&notice.event).unwrap()["event"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        assert_eq!(events, ["started", "succeeded", "started", "failed", "finished"]);

        store.mark_delivered("test", notices[1].sequence).await.unwrap();
        let rest = store.undelivered("test", 100).await.unwrap();
        assert_eq!(rest, notices[2..]);
    }
}

#[tokio::test]
async fn a_token_that_github_does_not_know_is_one_error() {
    let github = github(1, Emulator::builder()).await;
    let database = Database::sqlite();
    let store = database.open().await;
    take_in(&store, &plan(1, "")).await;
    let client = Client::builder()
        .base_url(github.base_url())
        .token("ghp_wrong")
        .build()
        .unwrap();

    let error = apply(&client, &store, "test", &options()).await;

    match error {
        Ok(state) => assert_eq!(state.status, CampaignStatus::Stopped, "{state:?}"),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::GitHub);
            assert_eq!(error.as_github().unwrap().kind(), GitHubErrorKind::Unauthorized);
        }
    }
    assert!(github.tasks().is_empty());
}
