//! Start, follow, list: what the crate is for, against the emulator.
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agents_api::wait::WaitError;
use agents_api::{Client, Delivery, ErrorKind, Repo, TaskState, until};
use agents_api_emulator::{Effect, Emulator, Fault, Operation, Script, Target, TaskSeed};

fn connect(github: &Emulator) -> (Client, Repo) {
    let client = Client::builder()
        .base_url(github.base_url())
        .token(github.token())
        .build()
        .unwrap();
    let repo = client.repo("octocat", "hello-world").unwrap();
    (client, repo)
}

/// A wait that looks often enough for a test.
const OFTEN: Duration = Duration::from_millis(5);

#[tokio::test]
async fn a_task_is_started_and_followed_to_its_end() {
    let github = Emulator::builder().speed(1000.0).start().await.unwrap();
    github.next_script(Script::slow_success_with_pull_request());
    let (client, repo) = connect(&github);
    let task = repo
        .start_task("Fix the login button")
        .base_ref("main")
        .create_pull_request(true)
        .await
        .unwrap();
    assert_eq!(task.state, TaskState::Queued);

    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let done = client
        .task(&task.id)
        .wait_until(until::ended())
        .every(OFTEN)
        .on_change(move |task| log.lock().unwrap().push(task.state.clone()))
        .await
        .unwrap();
    assert_eq!(done.state, TaskState::Completed);
    assert!(done.artifacts.is_some_and(|artifacts| artifacts.len() == 2));
    assert!(
        done.sessions
            .is_some_and(|sessions| sessions[0].prompt.as_deref() == Some("Fix the login button"))
    );
    assert_eq!(seen.lock().unwrap().last(), Some(&TaskState::Completed));
}

#[tokio::test]
async fn whether_to_open_a_pull_request_is_always_said() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    repo.start_task("p").await.unwrap();
    let body = github.requests()[0].body.clone().unwrap();
    assert_eq!(body, r#"{"create_pull_request":false,"prompt":"p"}"#);
}

#[tokio::test]
async fn a_start_whose_answer_is_lost_is_not_sent_again() {
    for effect in [
        Effect::Reset,
        Effect::Close,
        Effect::Truncate(None),
        Effect::Html(502),
    ] {
        let github = Emulator::start().await.unwrap();
        github.inject(Fault::on(Operation::StartTask, effect.clone()).after_applied());
        let (_, repo) = connect(&github);
        let error = repo.start_task("p").await.unwrap_err();
        assert_eq!(error.delivery(), Delivery::Unknown, "{effect:?}: {error:?}");
        assert_eq!(
            (github.requests().len(), github.tasks().len()),
            (1, 1),
            "{effect:?}"
        );
    }
}

#[tokio::test]
async fn a_start_on_a_connection_that_breaks_is_not_sent_again_either() {
    for effect in [Effect::Reset, Effect::Close] {
        for applied in [false, true] {
            let github = Emulator::start().await.unwrap();
            let fault = Fault::on(Operation::StartTask, effect.clone());
            github.inject(if applied { fault.after_applied() } else { fault });
            let (client, repo) = connect(&github);
            client.list_tasks().pages().try_next().await.unwrap(); // leaves a connection to be used again
            let error = repo.start_task("p").await.unwrap_err();
            assert_eq!(error.delivery(), Delivery::Unknown, "{effect:?}: {error:?}");
            let starts = github
                .requests()
                .iter()
                .filter(|request| request.method == "POST")
                .count();
            assert_eq!(
                (starts, github.tasks().len()),
                (1, usize::from(applied)),
                "{effect:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_start_that_no_server_took_was_not_sent() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    github.shutdown().await;
    assert_eq!(
        repo.start_task("p").await.unwrap_err().delivery(),
        Delivery::NotSent
    );
}

#[tokio::test]
async fn a_refused_start_started_nothing() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    let error = repo.start_task("p").model("no-such-model").await.unwrap_err();
    assert!(error.is_validation(), "{error:?}");
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::Refused, Delivery::Rejected)
    );
    assert!(error.request_id().is_some() && error.message().is_some());
    assert!(github.tasks().is_empty());

    let error = repo.start_task(" \n").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::InvalidInput, Delivery::NotSent)
    );
    assert_eq!(github.requests().len(), 1);
}

#[tokio::test]
async fn every_task_is_listed_once_over_all_pages() {
    let github = Emulator::builder().tasks(60).start().await.unwrap();
    let (client, repo) = connect(&github);
    for list in [repo.list_tasks(), client.list_tasks()] {
        let total = list
            .clone()
            .pages()
            .try_next()
            .await
            .unwrap()
            .unwrap()
            .total_active_count;
        let mut items = list.per_page(7).items();
        let mut ids = std::collections::BTreeSet::new();
        while let Some(task) = items.try_next().await.unwrap() {
            assert!(ids.insert(task.id), "a task came twice");
        }
        assert!(ids.len() > 14, "more than two pages");
        assert_eq!(i32::try_from(ids.len()).ok(), total);
    }
}

#[tokio::test]
async fn tasks_that_move_between_pages_come_once() {
    let github = Emulator::builder().tasks(60).start().await.unwrap();
    github.inject(Fault::on(Target::Lists, Effect::MoveItems(5)));
    let (_, repo) = connect(&github);
    let mut items = repo.list_tasks().per_page(10).items();
    let mut ids = std::collections::BTreeSet::new();
    while let Some(task) = items.try_next().await.unwrap() {
        assert!(ids.insert(task.id), "a task came twice");
    }
}

#[tokio::test]
async fn an_error_keeps_the_place_and_an_empty_page_is_no_end() {
    let github = Emulator::builder().tasks(30).start().await.unwrap();
    github.inject(Fault::on(Target::Lists, Effect::Html(502)).nth(2));
    github.inject(Fault::on(Target::Lists, Effect::EmptyPage).nth(3));
    let (_, repo) = connect(&github);
    let mut pages = repo.list_tasks().per_page(5).pages();
    assert_eq!(pages.try_next().await.unwrap().unwrap().number, 1);
    assert_eq!(pages.try_next().await.unwrap_err().status(), Some(502));
    let second = pages.try_next().await.unwrap().unwrap();
    assert_eq!((second.number, second.tasks.len()), (2, 0));
    assert_eq!(pages.try_next().await.unwrap().unwrap().number, 3);
}

#[tokio::test]
async fn a_next_link_that_leads_nowhere_or_elsewhere_does_no_harm() {
    let github = Emulator::builder().tasks(30).start().await.unwrap();
    github.inject(Fault::on(Target::Lists, Effect::NextToSelf).nth(1));
    let (_, repo) = connect(&github);
    let error = repo
        .list_tasks()
        .per_page(5)
        .pages()
        .try_next()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedAnswer);

    let elsewhere = Emulator::start().await.unwrap();
    github.clear_faults();
    github.inject(Fault::on(Target::Lists, Effect::NextToHost(elsewhere.base_url().to_owned())).nth(1));
    let mut pages = repo.list_tasks().per_page(20).pages();
    while pages.try_next().await.unwrap().is_some() {}
    assert!(elsewhere.requests().is_empty(), "the token went to another host");
}

#[tokio::test]
async fn filters_reach_github() {
    let github = Emulator::builder().start().await.unwrap();
    let failed = github
        .seed_task(TaskSeed::new("a").state(agents_api_emulator::TaskState::Failed))
        .unwrap();
    github
        .seed_task(TaskSeed::new("b").state(agents_api_emulator::TaskState::Idle))
        .unwrap();
    let old = github.seed_task(TaskSeed::new("c").archived()).unwrap();
    let (client, repo) = connect(&github);
    let list = repo.list_tasks().states([TaskState::Failed, TaskState::TimedOut]);
    let page = list.pages().try_next().await.unwrap().unwrap();
    assert_eq!(
        page.tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>(),
        [failed.id()]
    );
    let page = client
        .list_tasks()
        .archived()
        .pages()
        .try_next()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        page.tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>(),
        [old.id()]
    );
    let error = client
        .list_tasks()
        .creators([1])
        .pages()
        .try_next()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_wait_that_runs_out_of_time_keeps_the_task() {
    let github = Emulator::start().await.unwrap(); // its clock stands still: nothing ever happens
    let (client, repo) = connect(&github);
    let task = repo.start_task("p").await.unwrap();
    let wait = client
        .task(&task.id)
        .wait_until(until::ended())
        .every(OFTEN)
        .timeout(OFTEN * 10);
    match wait.await.unwrap_err() {
        error @ WaitError::TimedOut { .. } => assert_eq!(error.last().unwrap().id, task.id),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_wait_for_what_will_not_come_ends() {
    let github = Emulator::start().await.unwrap();
    let task = github
        .seed_task(TaskSeed::new("a").state(agents_api_emulator::TaskState::Failed))
        .unwrap();
    let (_, repo) = connect(&github);
    let error = repo
        .task(task.id())
        .wait_until(until::succeeded())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, WaitError::Never { reason, .. } if reason == "the task ended: failed"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_wait_survives_passing_failures_and_ends_at_lasting_ones() {
    let github = Emulator::start().await.unwrap();
    let task = github
        .seed_task(TaskSeed::new("a").state(agents_api_emulator::TaskState::Completed))
        .unwrap();
    github.inject(Fault::on(Target::Gets, Effect::Html(502)).times(2));
    github.inject(Fault::on(Target::Gets, Effect::Reset).nth(3));
    let (client, _) = connect(&github);
    let done = client
        .task(task.id())
        .wait_until(until::ended())
        .every(OFTEN)
        .await
        .unwrap();
    assert_eq!(done.id, task.id());

    let error = client
        .task("no-such-task")
        .wait_until(until::ended())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, WaitError::Failed { error, .. } if error.is_not_found()),
        "{error:?}"
    );

    github.inject(Fault::on(Target::Gets, Effect::Html(502)));
    let error = client
        .task(task.id())
        .wait_until(until::ended())
        .every(OFTEN)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, WaitError::Failed { error, .. } if error.status() == Some(502)),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_unknown_state_is_not_an_end() {
    let github = Emulator::start().await.unwrap();
    let task = github
        .seed_task(TaskSeed::new("a").state(agents_api_emulator::TaskState::Completed))
        .unwrap();
    github.inject(Fault::on(Target::Gets, Effect::State("paused_by_policy".to_owned())).times(2));
    let (client, _) = connect(&github);
    let states = Arc::new(Mutex::new(Vec::new()));
    let seen = states.clone();
    let wait = client.task(task.id()).wait_until(until::settled()).every(OFTEN);
    wait.on_change(move |task| seen.lock().unwrap().push(task.state.to_string()))
        .await
        .unwrap();
    assert_eq!(*states.lock().unwrap(), ["paused_by_policy", "completed"]);
}

#[test]
fn the_futures_and_streams_can_go_anywhere() {
    fn anywhere<T: Send + Unpin + 'static>(_: &T) {}
    let client = Client::builder().token("ghp_x").build().unwrap();
    let repo = client.repo("o", "r").unwrap();
    anywhere(&repo.list_tasks().items());
    anywhere(&repo.list_tasks().pages());
    anywhere(&repo.start_task("p").into_future());
    anywhere(&client.task("t").wait_until(until::ended()).into_future());
}

#[test]
fn names_that_cannot_be_are_refused_at_once() {
    let client = Client::builder().token("ghp_x").build().unwrap();
    for (owner, name) in [("..", "r"), ("o", ""), ("o/p", "r"), ("o", ".")] {
        assert_eq!(
            client.repo(owner, name).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
    }
}
