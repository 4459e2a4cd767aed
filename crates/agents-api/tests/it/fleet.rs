//! Following many tasks at once, against the emulator on a paused clock: hours pass in seconds.

use std::time::Duration;

use agents_api::fleet::{Checkpoint, Outcome};
use agents_api::{Client, ErrorKind, FleetEvent, until};
use agents_api_emulator::{
    Change, Clock, Effect, Emulator, Fault, Limits, Operation, RateLimitResponse, RetryAfter, Script, Target,
    TaskSeed, TaskState, Token,
};
use tokio::time::{Instant, timeout};

use crate::support::connect;
use crate::support::fleet::{HOUR, MINUTE, events_within, github, word};

fn is_send_and_unpin<T: Send + Unpin + 'static>(_: &T) {}

#[tokio::test(start_paused = true)]
async fn a_life_is_told_in_order() {
    let (github, _, repo) = github().await;
    let life = Script::new("life")
        .then(MINUTE, Change::State(TaskState::InProgress))
        .then(MINUTE, Change::State(TaskState::Completed))
        .then(MINUTE, Change::Archive);
    github.seed_task(TaskSeed::new("Fix it").script(life)).unwrap();
    let mut watch = repo.fleet().watch();
    is_send_and_unpin(&watch);
    assert_eq!(
        events_within(&mut watch, 5 * MINUTE).await,
        [
            "added queued",
            "synced 1",
            "queued -> in_progress",
            "in_progress -> completed",
            "archived"
        ]
    );
    assert_eq!(watch.tasks().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn only_tracked_tasks_are_told_wherever_they_are() {
    let (github, client, _) = github().await;
    let mine = github.seed_task(TaskSeed::new("Mine")).unwrap();
    let _noise = github.seed_task(TaskSeed::new("Noise")).unwrap();
    // The user's own list does not show it.
    let theirs = github
        .seed_task(TaskSeed::new("Theirs").creator("monalisa"))
        .unwrap();
    let old = github
        .seed_task(TaskSeed::new("Old").state(TaskState::Failed).archived())
        .unwrap();
    let ids = [
        mine.id(),
        theirs.id(),
        old.id(),
        "no-such-task".into(),
        "..".into(),
    ];
    let mut watch = client.fleet().track(ids).watch();
    let mut told = events_within(&mut watch, MINUTE).await;
    told.sort();
    assert_eq!(
        told,
        [
            "added failed",
            "added queued",
            "added queued",
            "archived",
            "not found",
            "refused",
            "synced 2"
        ]
    );
    theirs.set_state(TaskState::InProgress);
    assert_eq!(events_within(&mut watch, MINUTE).await, ["queued -> in_progress"]);
    mine.set_state(TaskState::Completed);
    assert_eq!(events_within(&mut watch, MINUTE).await, ["queued -> completed"]);
}

#[tokio::test(start_paused = true)]
async fn tasks_are_added_and_dropped_while_it_runs() {
    let (github, client, repo) = github().await;
    let first = github.seed_task(TaskSeed::new("First")).unwrap();
    let mut watch = client.fleet().track([first.id()]).watch();
    assert_eq!(
        events_within(&mut watch, MINUTE).await,
        ["added queued", "synced 1"]
    );

    let second = repo.start_task("Second. script:stays-queued").await.unwrap();
    let handle = watch.handle();
    handle.track([second.id.clone()]);
    assert_eq!(
        events_within(&mut watch, Duration::from_secs(2)).await,
        ["added queued"]
    );
    assert_eq!(
        watch
            .task(&second.id)
            .map(|task| task.state.to_string())
            .as_deref(),
        Some("queued")
    );

    watch.untrack([first.id()]);
    first.set_state(TaskState::Completed);
    github.task(&second.id).unwrap().set_state(TaskState::Failed);
    assert_eq!(events_within(&mut watch, MINUTE).await, ["queued -> failed"]);
}

#[tokio::test(start_paused = true)]
async fn a_handle_wakes_a_watch_that_sleeps() {
    let (github, client, _) = github().await;
    let task = github.seed_task(TaskSeed::new("Late")).unwrap();
    let mut watch = client.fleet().track([""; 0]).poll_interval(HOUR).watch();
    assert_eq!(events_within(&mut watch, MINUTE).await, ["synced 0"]);
    let handle = watch.handle();
    let waiting = tokio::spawn(async move { watch.try_next().await.unwrap().map(|event| word(&event)) });
    tokio::time::sleep(MINUTE).await;
    handle.track([task.id()]);
    let told = timeout(MINUTE, waiting).await.unwrap().unwrap();
    assert_eq!(told.as_deref(), Some("added queued"));
}

#[tokio::test(start_paused = true)]
async fn sessions_are_fetched_of_changed_tasks_only() {
    let (github, _, repo) = github().await;
    for _ in 0..50 {
        github.seed_task(TaskSeed::new("Idle")).unwrap();
    }
    let task = &github.tasks()[7];
    let mut watch = repo.fleet().with_sessions().watch();
    assert_eq!(events_within(&mut watch, MINUTE).await.len(), 51);
    github.clear_requests();
    task.set_state(TaskState::InProgress);
    let Some(FleetEvent::Changed { after, .. }) = watch.try_next().await.unwrap() else {
        panic!("it changed");
    };
    assert_eq!(after.sessions.as_ref().map(Vec::len), Some(1));
    let gets = github
        .requests()
        .into_iter()
        .filter(|request| request.operation == Some(Operation::GetRepoTask));
    assert_eq!(gets.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_obeyed_and_told() {
    let (github, _, repo) = github().await;
    let mut watch = repo.fleet().watch();
    assert_eq!(events_within(&mut watch, MINUTE).await, ["synced 0"]);
    for (refused, pause) in [
        (
            RateLimitResponse::too_many_requests().retry_after(RetryAfter::Seconds(300)),
            300,
        ),
        (RateLimitResponse::forbidden(), 60),
    ] {
        github.inject(Fault::on(Target::Lists, Effect::SecondaryLimit(refused)).times(1));
        let told = events_within(&mut watch, Duration::from_secs(pause + 60)).await;
        assert_eq!(told, [format!("degraded for {pause} s"), "recovered".into()]);
    }
    let times: Vec<_> = github.requests().iter().map(|request| request.at).collect();
    let gaps = times.windows(2).map(|pair| (pair[1] - pair[0]).num_seconds());
    assert!(
        gaps.clone().any(|gap| gap >= 300),
        "{:?}",
        gaps.collect::<Vec<_>>()
    );
}

#[tokio::test(start_paused = true)]
async fn what_will_not_pass_ends_the_watch() {
    let (github, client, repo) = github().await;
    let stranger = Client::builder()
        .base_url(github.base_url())
        .token("ghp_stranger")
        .build()
        .unwrap();
    let missing = client.repo("octocat", "no-such-repository").unwrap();
    for (fleet, status) in [(stranger.fleet(), 401), (missing.fleet(), 404)] {
        let mut watch = fleet.watch();
        assert_eq!(watch.try_next().await.unwrap_err().status(), Some(status));
        assert!(watch.try_next().await.unwrap().is_none());
    }
    // Once it has worked, an incident is ridden out, but not for ever.
    let mut watch = repo.fleet().watch();
    events_within(&mut watch, MINUTE).await;
    github.inject(Fault::on(Target::Lists, Effect::Status { status: 404 }).times(3));
    assert_eq!(
        events_within(&mut watch, 2 * MINUTE).await.last().unwrap(),
        "recovered"
    );
    github.inject(Fault::on(Target::Lists, Effect::Status { status: 404 }));
    let error = loop {
        match watch.try_next().await {
            Ok(event) => assert!(matches!(event, Some(FleetEvent::Degraded { .. }))),
            Err(error) => break error,
        }
    };
    assert!(error.is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_of_another_repository_is_refused() {
    let (_github, client, repo) = github().await;
    let checkpoint = repo.fleet().watch().checkpoint();
    let other = client.repo("octocat", "other").unwrap();
    let error = other
        .fleet()
        .resume(checkpoint.clone())
        .watch()
        .try_next()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let mut watch = client.fleet().resume(checkpoint).watch();
    assert_eq!(watch.checkpoint().tasks().len(), 0);
    assert_eq!(events_within(&mut watch, MINUTE).await, ["synced 0"]);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_watch_tells_what_happened_meanwhile_and_nothing_twice() {
    let (github, client, repo) = github().await;
    let tasks: Vec<_> = (0..5)
        .map(|_| github.seed_task(TaskSeed::new("Fix it")).unwrap())
        .collect();
    let mut watch = repo.fleet().watch();
    for _ in 0..3 {
        assert_eq!(word(&watch.try_next().await.unwrap().unwrap()), "added queued");
    }
    let json = serde_json::to_string(&watch.checkpoint()).unwrap();
    drop(watch);
    tasks[0].archive();
    tasks[1].set_state(TaskState::Completed);
    tokio::time::sleep(HOUR).await;
    let checkpoint: Checkpoint = serde_json::from_str(&json).unwrap();
    let known: Vec<_> = checkpoint.tasks().map(|task| task.id.clone()).collect();
    let mut expected: Vec<_> = tasks
        .iter()
        .enumerate()
        .filter_map(|(number, task)| match (number, known.contains(&task.id())) {
            (0, true) => Some("archived"),
            (1, true) => Some("queued -> completed"),
            (1, false) => Some("added completed"),
            (0, false) | (_, true) => None,
            (_, false) => Some("added queued"),
        })
        .collect();
    expected.push("synced 4");
    expected.sort_unstable();
    let mut told = events_within(&mut client.fleet().resume(checkpoint).watch(), MINUTE).await;
    told.sort();
    assert_eq!(told, expected);
}

#[tokio::test(start_paused = true)]
async fn all_are_waited_for_and_those_that_cannot_are_named() {
    let (github, _, repo) = github().await;
    let [good, bad, slow] = [Script::quick_success(), Script::fails(), Script::new("never")].map(|script| {
        github
            .seed_task(TaskSeed::new("Fix it").script(script))
            .unwrap()
            .id()
    });
    let met = repo
        .fleet()
        .track([&good, &bad])
        .wait_all(until::ended())
        .await
        .unwrap();
    assert_eq!(met.iter().map(|task| &task.id).collect::<Vec<_>>(), [&good, &bad]);

    let ids = [&good, &bad, &slow];
    let begun = Instant::now();
    let unmet = repo
        .fleet()
        .track(ids)
        .wait_all(until::succeeded())
        .timeout(HOUR)
        .await
        .unwrap_err();
    assert_eq!(begun.elapsed().as_secs(), 3600);
    assert!(unmet.is_timed_out());
    assert!(matches!(unmet.outcomes[&good], Outcome::Met(_)));
    assert!(matches!(unmet.outcomes[&bad], Outcome::Unreachable(..)));
    assert!(matches!(unmet.outcomes[&slow], Outcome::Pending(Some(_))));
    assert_eq!(unmet.pending().collect::<Vec<_>>(), [&slow]);
    assert_eq!(
        unmet.to_string(),
        "timeout: 1 of 3 tasks met the condition within 3600s, 1 not yet, 1 cannot"
    );

    let unmet = repo
        .fleet()
        .track([&bad])
        .wait_all(until::succeeded())
        .await
        .unwrap_err();
    assert!(!unmet.is_timed_out());
    let choose = move |id: &str| {
        if id == bad {
            until::ended()
        } else {
            until::succeeded()
        }
    };
    let ids: Vec<_> = unmet.outcomes.keys().cloned().chain([good]).collect();
    assert_eq!(
        repo.fleet().track(ids).wait_all_by(choose).await.unwrap().len(),
        2
    );
}

#[tokio::test(start_paused = true)]
async fn any_is_the_first_to_meet_its_condition() {
    let (github, _, repo) = github().await;
    for script in [
        Script::slow_success_with_pull_request(),
        Script::quick_success(),
        Script::fails(),
    ] {
        github.seed_task(TaskSeed::new("Fix it").script(script)).unwrap();
    }
    let ids: Vec<_> = github
        .tasks()
        .iter()
        .map(agents_api_emulator::TaskHandle::id)
        .collect();
    let first = repo
        .fleet()
        .track(&ids)
        .wait_any(until::succeeded())
        .await
        .unwrap();
    assert_eq!(first.id, ids[1]);
    // Without ids: whatever there is.
    let first = repo.fleet().wait_any(until::ended()).await.unwrap();
    assert_eq!(first.id, ids[1]);
    let unmet = repo
        .fleet()
        .track([&ids[2]])
        .wait_any(until::succeeded())
        .await
        .unwrap_err();
    assert!(unmet.error.is_none() && !unmet.is_timed_out());
}

#[tokio::test(start_paused = true)]
async fn a_wait_sees_what_happened_just_before_its_end() {
    let (github, _, repo) = github().await;
    let last_moment = Script::new("late").then(Duration::from_secs(595), Change::State(TaskState::Completed));
    let task = github
        .seed_task(TaskSeed::new("Fix it").script(last_moment))
        .unwrap();
    let wait = repo
        .fleet()
        .poll_interval(7 * MINUTE)
        .track([task.id()])
        .wait_all(until::ended());
    assert!(wait.timeout(10 * MINUTE).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_a_way_to_look_keeps_what_it_knows() {
    let (github, _, repo) = github().await;
    let task = github.seed_task(TaskSeed::new("Fix it")).unwrap();
    github.inject(Fault::on(Target::Any, Effect::Html { status: 502 }));
    let wait = repo.fleet().track([task.id()]).wait_all(until::ended());
    let unmet = wait.timeout(10 * MINUTE).await.unwrap_err();
    assert!(unmet.is_timed_out() && unmet.error.is_some());
    assert_eq!(unmet.pending().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_share_of_the_quota_bounds_everything() {
    let github = Emulator::builder()
        .clock(Clock::real())
        .limits(Limits {
            quota: 5000,
            ..Limits::default()
        })
        .start()
        .await
        .unwrap();
    let (client, _) = connect(&github);
    // Two hundred tasks that no list shows, and a look every second.
    let ids: Vec<_> = (0..200)
        .map(|_| {
            github
                .seed_task(TaskSeed::new("Theirs").creator("monalisa"))
                .unwrap()
                .id()
        })
        .collect();
    let fleet = client
        .fleet()
        .track(&ids)
        .poll_interval(Duration::from_secs(1))
        .quota_share(0.1);
    let mut watch = fleet.watch();
    events_within(&mut watch, HOUR).await;
    let made = github.requests().len();
    assert!((450..=500).contains(&made), "{made}");
    assert_eq!(watch.tasks().len(), 200);
    let looks = github
        .requests()
        .into_iter()
        .filter(|request| request.operation == Some(Operation::ListTasks));
    assert!(looks.count() > 100, "looks are not starved");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_sees_less_is_told_so() {
    let github = Emulator::builder()
        .clock(Clock::real())
        .repository("octocat", "hello-world")
        .repository("acme", "secret")
        .add_token(Token::new("ghp_narrow").sees("octocat", "hello-world"))
        .start()
        .await
        .unwrap();
    let hidden = github
        .seed_task(TaskSeed::new("Hidden").repository("acme", "secret"))
        .unwrap();
    let client = Client::builder()
        .base_url(github.base_url())
        .token("ghp_narrow")
        .build()
        .unwrap();
    let mut watch = client.fleet().track([hidden.id()]).watch();
    assert_eq!(
        events_within(&mut watch, 2 * MINUTE).await,
        ["synced 0", "not found"]
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_loses_nothing_and_asks_nothing_twice() {
    let (github, _, repo) = github().await;
    let latency = Effect::Latency {
        delay: Duration::from_millis(50),
    };
    github.inject(Fault::on(Target::Any, latency));
    for _ in 0..3 {
        github
            .seed_task(TaskSeed::new("Fix it").script(Script::quick_success()))
            .unwrap();
    }
    let mut watch = repo.fleet().watch();
    let mut told = Vec::new();
    let end = Instant::now() + 3 * MINUTE;
    while Instant::now() < end {
        if let Ok(event) = timeout(Duration::from_millis(7), watch.try_next()).await {
            told.push(word(&event.unwrap().unwrap()));
        }
    }
    told.retain(|word| word.ends_with("completed"));
    assert_eq!(told, ["in_progress -> completed"; 3]);
    assert_eq!(github.requests().len(), 7, "six looks and a comparison");
}
