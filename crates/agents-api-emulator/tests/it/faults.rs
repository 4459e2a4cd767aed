//! Faults as clients of the protocol see them.

use std::collections::HashSet;

use agents_api_emulator::{
    Effect, Emulator, Fault, FaultPlan, Operation, RateLimitResponse, RetryAfter, Target,
};
use serde_json::{Value, json};

use crate::support::{REPO_TASKS, Reply, World, until};

async fn faulty(fault: Fault) -> World {
    World::with(Emulator::builder().fault(fault)).await
}

/// The response to a list of two tasks under an effect.
async fn list_under(effect: Effect) -> (World, Reply) {
    let world = faulty(Fault::on(Target::Lists, effect)).await;
    world.start("one").await;
    world.start("two").await;
    let reply = world.get(REPO_TASKS).await;
    (world, reply)
}

#[tokio::test]
async fn the_second_start_is_applied_and_its_answer_is_lost() {
    let world = faulty(
        Fault::on(Operation::StartTask, Effect::Reset)
            .nth(2)
            .after_applied(),
    )
    .await;
    world.start("one").await;
    let lost = world
        .request("POST", REPO_TASKS)
        .json(&json!({ "prompt": "two" }))
        .send()
        .await;
    assert!(lost.is_err());
    assert_eq!(world.github.tasks().len(), 2);
    let seen = world.github.requests().pop().expect("a record");
    assert_eq!(
        (seen.applied, seen.status, seen.faults),
        (true, None, vec!["reset"])
    );
}

#[tokio::test]
async fn by_default_a_lost_start_was_never_applied() {
    for effect in [Effect::Reset, Effect::Close] {
        let world = faulty(Fault::on(Operation::StartTask, effect).nth(1)).await;
        assert!(
            world
                .request("POST", REPO_TASKS)
                .json(&json!({ "prompt": "x" }))
                .send()
                .await
                .is_err()
        );
        assert!(world.github.tasks().is_empty());
        world.start("again").await;
    }
}

#[tokio::test]
async fn a_proxy_s_page_has_nothing_of_github_s() {
    for (status, applied) in [(502, false), (502, true), (403, false)] {
        let fault = Fault::on(Operation::StartTask, Effect::Html { status });
        let world = faulty(if applied { fault.after_applied() } else { fault }).await;
        let page = world.post(REPO_TASKS, &json!({ "prompt": "x" })).await;
        assert_eq!((page.status, page.header("content-type")), (status, "text/html"));
        assert!(page.header("x-github-request-id").is_empty() && page.header("x-ratelimit-limit").is_empty());
        assert_eq!(world.github.tasks().len(), usize::from(applied));
    }
}

#[tokio::test]
async fn limits_are_refused_in_every_form() {
    let dated = RateLimitResponse::too_many_requests().retry_after(RetryAfter::HttpDate(60));
    let (_, primary) = list_under(Effect::PrimaryLimit(RateLimitResponse::forbidden())).await;
    assert_eq!(
        (primary.status, primary.header("x-ratelimit-remaining")),
        (403, "0")
    );
    let (_, secondary) = list_under(Effect::SecondaryLimit(dated)).await;
    assert_eq!(secondary.status, 429);
    assert!(secondary.header("retry-after").ends_with(" GMT"));
    assert_ne!(secondary.header("x-ratelimit-remaining"), "0");
}

#[tokio::test]
async fn bodies_can_be_wrong_in_many_ways() {
    let (_, empty) = list_under(Effect::EmptyBody).await;
    assert_eq!(
        (empty.status, empty.header("content-length"), &empty.body),
        (200, "0", &Value::Null)
    );
    let (_, broken) = list_under(Effect::BrokenJson).await;
    assert_eq!((broken.status, broken.body), (200, Value::Null));
    let (_, mistyped) = list_under(Effect::ContentType {
        value: "text/plain".into(),
    })
    .await;
    assert_eq!(
        (mistyped.header("content-type"), mistyped.ids().len()),
        ("text/plain", 2)
    );
    let (_, untyped) = list_under(Effect::ContentType { value: String::new() }).await;
    assert_eq!(untyped.header("content-type"), "");
    let (_, stateless) = list_under(Effect::DropField {
        field: "state".into(),
    })
    .await;
    assert!(stateless.body["tasks"][0].get("state").is_none());
    let (_, unnamed) = list_under(Effect::NullField { field: "name".into() }).await;
    assert_eq!(unnamed.body["tasks"][1]["name"], Value::Null);
    let (_, odd) = list_under(Effect::State {
        value: "hibernating".into(),
    })
    .await;
    assert_eq!(
        (&odd.body["tasks"][0]["state"], &odd.body["tasks"][1]["state"]),
        (&json!("hibernating"), &json!("queued"))
    );
    let (_, artifact) = list_under(Effect::ArtifactType {
        value: "github_resource".into(),
    })
    .await;
    assert_eq!(
        artifact.body["tasks"][0]["artifacts"][0]["type"],
        "github_resource"
    );
    let (_, failed) = list_under(Effect::Status { status: 503 }).await;
    assert_eq!((failed.status, &failed.body["status"]), (503, &json!("503")));
}

#[tokio::test]
async fn links_can_lead_astray() {
    let (world, page) = list_under(Effect::NextToSelf).await;
    let here = format!("<{}{REPO_TASKS}?page=1>; rel=\"next\"", world.github.base_url());
    assert!(page.header("link").contains(&here), "{}", page.header("link"));
    let (_, page) = list_under(Effect::NextToHost {
        to: "http://127.0.0.1:9".into(),
    })
    .await;
    assert!(
        page.header("link").contains("<http://127.0.0.1:9/agents/"),
        "{}",
        page.header("link")
    );
    let (_, page) = list_under(Effect::EmptyPage).await;
    assert!(page.ids().is_empty() && page.header("link").contains("rel=\"next\""));
}

#[tokio::test]
async fn a_redirect_keeps_the_path_on_another_origin() {
    let (_, moved) = list_under(Effect::Redirect {
        status: 307,
        to: "http://127.0.0.1:9".into(),
    })
    .await;
    assert_eq!(
        (moved.status, moved.header("location")),
        (307, &*format!("http://127.0.0.1:9{REPO_TASKS}"))
    );
    let (_, moved) = list_under(Effect::Redirect {
        status: 301,
        to: "http://127.0.0.1:9/repositories/1/tasks".into(),
    })
    .await;
    assert_eq!(
        (moved.status, moved.header("location")),
        (301, "http://127.0.0.1:9/repositories/1/tasks")
    );
}

#[tokio::test]
async fn items_move_between_the_pages_of_a_walk() {
    let world = faulty(Fault::on(Operation::ListRepoTasks, Effect::MoveItems { count: 1 }).nth(1)).await;
    let mut started = Vec::new();
    for n in 0..6 {
        started.push(world.start(&format!("task {n}")).await);
        world.github.advance(std::time::Duration::from_secs(3600));
    }
    let mut seen = Vec::new();
    for page in 1..=3 {
        seen.extend(
            world
                .get(&format!("{REPO_TASKS}?per_page=2&page={page}"))
                .await
                .ids(),
        );
    }
    let distinct: HashSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (6, 5), "one comes twice");
    assert!(
        !seen.contains(&started[0]),
        "and the one that moved is never seen"
    );
}

#[tokio::test]
async fn latency_only_delays() {
    let latency = std::time::Duration::from_millis(30);
    let world = faulty(Fault::on(Target::Any, Effect::Latency { delay: latency })).await;
    let before = std::time::Instant::now();
    assert_eq!(world.get("/agents/tasks").await.status, 200);
    assert!(before.elapsed() >= latency);
}

#[tokio::test]
async fn the_same_seed_meets_the_same_faults() {
    let tell = async |seed: u64| {
        let plan: FaultPlan =
            format!("seed = {seed}\n[[fault]]\non = \"any\"\nchance = 0.4\ndo = \"status\"")
                .parse()
                .expect("a plan");
        let world = World::with(Emulator::builder().fault_plan(plan)).await;
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(world.get("/agents/tasks").await.status);
        }
        statuses
    };
    assert_eq!(tell(1).await, tell(1).await);
    assert_ne!(tell(1).await, tell(2).await);
}

#[tokio::test]
async fn faults_come_and_go_while_it_runs() {
    let world = World::new().await;
    world
        .github
        .inject(Fault::on(Target::Any, Effect::Status { status: 500 }));
    assert_eq!(world.get("/agents/tasks").await.status, 500);
    world.github.clear_faults();
    assert_eq!(world.get("/agents/tasks").await.status, 200);
}

#[tokio::test]
async fn of_several_faults_in_place_of_the_answer_the_first_counts() {
    let builder = Emulator::builder().fault(Fault::on(Target::Any, Effect::Html { status: 502 }));
    let builder = builder
        .fault(Fault::on(Target::Any, Effect::Hang))
        .fault(Fault::on(Target::Any, Effect::Reset));
    let world = World::with(builder).await;
    assert_eq!(world.get("/agents/tasks").await.status, 502);
}

#[tokio::test]
async fn a_reset_is_not_softened_by_a_cut() {
    let builder = Emulator::builder().fault(Fault::on(Target::Any, Effect::Reset));
    let world = World::with(builder.fault(Fault::on(Target::Any, Effect::Truncate { after: None }))).await;
    assert!(world.request("GET", "/agents/tasks").send().await.is_err());
}

#[tokio::test]
async fn a_late_answer_is_that_of_a_request_which_was_applied_in_time() {
    let latency = std::time::Duration::from_secs(600);
    let world = faulty(Fault::on(
        Operation::StartTask,
        Effect::Latency { delay: latency },
    ))
    .await;
    let start = world.request("POST", REPO_TASKS);
    let client = tokio::spawn(start.body(r#"{"prompt":"Fix it"}"#).send());
    until(|| world.github.tasks().len() == 1).await;
    client.abort();
    until(|| !world.github.requests().is_empty()).await;
    let seen = &world.github.requests()[0];
    assert_eq!((seen.applied, seen.status), (true, None));
}
