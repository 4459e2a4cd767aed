//! Finding the task of a start whose answer was lost.

use std::time::Duration;

use crate::support::{answer, answers, connect};
use agents_api::start::{Reconciled, StartTask};
use agents_api::{Delivery, Repo, chrono};
use agents_api_emulator::{Change, Effect, Emulator, Fault, Operation, Target, TaskSeed};

const MINUTE: Duration = Duration::from_secs(60);

/// An emulator that applies the next start and loses its answer.
async fn losing_one() -> (Emulator, Repo) {
    let github = Emulator::start().await.unwrap();
    lose_next(&github);
    let (_, repo) = connect(&github);
    (github, repo)
}

fn lose_next(github: &Emulator) {
    github.inject(
        Fault::on(Operation::StartTask, Effect::Reset)
            .nth(1)
            .after_applied(),
    );
}

async fn lost(start: &StartTask) {
    assert_eq!(start.clone().await.unwrap_err().delivery(), Delivery::Unknown);
}

fn found(reconciled: Reconciled) -> String {
    match reconciled {
        Reconciled::Found(task) => task.id,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_task_of_a_lost_answer_is_found_among_others() {
    let github = Emulator::start().await.unwrap();
    github.seed_tasks(150);
    let (_, repo) = connect(&github);
    repo.start_task("something else").await.unwrap();
    let start = repo
        .start_task("\n Fix the login button\r\nsoon ")
        .base_ref("next")
        .model("gpt-5.4")
        .custom_agent("reviewer");
    lose_next(&github);
    lost(&start).await;
    github.advance(MINUTE / 2);
    repo.start_task("later").await.unwrap();
    let task = found(start.reconcile().await.unwrap());
    let lost = github.tasks().into_iter().rev().nth(1).unwrap();
    assert_eq!(task, lost.id());
}

#[tokio::test]
async fn a_task_that_was_archived_meanwhile_is_found() {
    let (github, repo) = losing_one().await;
    let start = repo.start_task("p");
    lost(&start).await;
    github.tasks()[0].archive();
    assert_eq!(found(start.reconcile().await.unwrap()), github.tasks()[0].id());
}

#[tokio::test]
async fn what_differs_in_what_was_asked_for_is_another() {
    let (github, repo) = losing_one().await;
    let start = repo
        .start_task("p")
        .base_ref("main")
        .model("gpt-5.4")
        .custom_agent("a");
    lost(&start).await;
    for other in [
        repo.start_task("q"),
        repo.start_task("p").base_ref("next"),
        repo.start_task("p").model("gpt-5.2-codex"),
        repo.start_task("p").custom_agent("b"),
    ] {
        assert_eq!(
            other.reconcile().await.unwrap(),
            Reconciled::NotFound,
            "{other:?}"
        );
    }
    let id = github.tasks()[0].id();
    assert_eq!(found(repo.start_task("p").reconcile().await.unwrap()), id);
}

#[tokio::test]
async fn an_older_task_with_the_same_prompt_is_not_the_one() {
    let github = Emulator::start().await.unwrap();
    github.seed_task(TaskSeed::new("p")).unwrap();
    github.advance(MINUTE * 5);
    let (_, repo) = connect(&github);
    let start = repo.start_task("p");
    assert_eq!(start.reconcile().await.unwrap(), Reconciled::NotFound);
    // Another process made the start then.
    let then = github.now() - MINUTE * 6;
    found(start.reconcile().since(then).await.unwrap());
}

#[tokio::test]
async fn a_clock_here_that_is_wrong_does_no_harm() {
    for hours in [-30, 30] {
        let offset = chrono::TimeDelta::hours(hours);
        let now: chrono::DateTime<chrono::Utc> = std::time::SystemTime::now().into();
        let clock = agents_api_emulator::Clock::manual_at(now + offset);
        let github = Emulator::builder().clock(clock).start().await.unwrap();
        lose_next(&github);
        let (_, repo) = connect(&github);
        let start = repo.start_task("p");
        lost(&start).await;
        found(start.reconcile().await.unwrap());
        found(start.reconcile().since(now).await.unwrap());
    }
}

#[tokio::test]
async fn the_answer_to_another_start_is_not_taken_for_a_lost_one() {
    let github = Emulator::start().await.unwrap();
    let (client, repo) = connect(&github);
    let answered = repo.start_task("p").await.unwrap();
    github.inject(Fault::on(Operation::StartTask, Effect::Reset).nth(1));
    let start = client.repo("octocat", "hello-world").unwrap().start_task("p");
    lost(&start).await;
    assert_eq!(start.reconcile().await.unwrap(), Reconciled::NotFound);

    // Another client knows nothing of it, and has to be told.
    let (_, elsewhere) = connect(&github);
    let start = elsewhere.start_task("p");
    assert_eq!(found(start.reconcile().await.unwrap()), answered.id);
    let excluding = start.reconcile().excluding([&answered.id]).await.unwrap();
    assert_eq!(excluding, Reconciled::NotFound);
}

#[tokio::test]
async fn equal_starts_cannot_be_told_apart_unless_one_is_left_out() {
    let (github, repo) = losing_one().await;
    let start = repo.start_task("p");
    lost(&start).await;
    lose_next(&github);
    lost(&start).await;
    let ids: Vec<_> = github
        .tasks()
        .iter()
        .map(agents_api_emulator::TaskHandle::id)
        .collect();
    let Reconciled::Ambiguous(tasks) = start.reconcile().await.unwrap() else {
        panic!("one or none");
    };
    assert_eq!(tasks.len(), 2);
    assert_eq!(
        found(start.reconcile().excluding([&ids[0]]).await.unwrap()),
        ids[1]
    );
}

#[tokio::test]
async fn a_start_with_another_model_as_fallback_is_found_with_either() {
    let (github, repo) = losing_one().await;
    lost(&repo.start_task("p").model("gpt-5.4")).await;
    let start = repo.start_task("p").model("no-such").custom_agent("a");
    assert_eq!(start.reconcile().await.unwrap(), Reconciled::NotFound);
    let start = start.or_model("gpt-5.4").or_without_custom_agent();
    assert_eq!(found(start.reconcile().await.unwrap()), github.tasks()[0].id());
}

#[tokio::test]
async fn a_head_branch_that_github_ignored_hides_no_task() {
    let (github, repo) = losing_one().await;
    let start = repo.start_task("p").base_ref("main").head_ref("fix");
    lost(&start).await;
    github.tasks()[0].apply(&Change::Branch);
    found(start.reconcile().await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn within_a_time_it_looks_until_the_task_is_there() {
    let github = Emulator::builder()
        .clock(agents_api_emulator::Clock::real())
        .start()
        .await
        .unwrap();
    let (_, repo) = connect(&github);
    let start = repo.start_task("p");
    let appears = async {
        tokio::time::sleep(Duration::from_secs(40)).await;
        github.seed_task(TaskSeed::new("p")).unwrap();
    };
    let (reconciled, ()) = tokio::join!(start.reconcile().timeout(MINUTE).into_future(), appears);
    found(reconciled.unwrap());
    // Each search lists three times; the last one fetches the task.
    let searches = github.requests().len() / 3;
    assert!((6..13).contains(&searches), "{searches}");

    github.clear_requests();
    let nothing = repo.start_task("q").reconcile().timeout(MINUTE).await.unwrap();
    assert_eq!(nothing, Reconciled::NotFound);
}

#[tokio::test(start_paused = true)]
async fn looks_that_fail_for_a_passing_reason_are_repeated_within_the_time() {
    let (github, repo) = losing_one().await;
    let start = repo.start_task("p");
    lost(&start).await;
    github.inject(Fault::on(Target::Lists, Effect::Html { status: 502 }).times(2));
    github.inject(Fault::on(Target::Gets, Effect::Reset).times(1));
    found(start.reconcile().timeout(MINUTE).await.unwrap());
}

#[tokio::test]
async fn a_look_that_fails_for_good_is_an_error() {
    let github = Emulator::start().await.unwrap();
    let (client, _) = connect(&github);
    let nowhere = client.repo("octocat", "no-such-repository").unwrap();
    let error = nowhere
        .start_task("p")
        .reconcile()
        .timeout(MINUTE)
        .await
        .unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn a_list_that_leads_back_to_itself_ends_in_an_error() {
    let headers = "Content-Type: application/json\r\nLink: <https://x/?page=1>; rel=\"next\"\r\n";
    let (_, repo) = answers([answer(200, headers, r#"{"tasks":[]}"#)]).await;
    let error = repo.start_task("p").reconcile().await.unwrap_err();
    assert_eq!(error.kind(), agents_api::ErrorKind::UnexpectedResponse, "{error}");
}
