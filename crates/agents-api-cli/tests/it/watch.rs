//! `agents watch` and the notices it delivers.
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use agents_api_emulator::{Change, Script, TaskSeed, TaskState};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::receiver::Receiver;
use crate::server::{Server, run};

/// A folder of its own for a test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("agents-cli-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn seed(server: &Server, script: &str) -> String {
    let seed = TaskSeed::new("Fix it").script(Script::builtin(script).unwrap());
    server.github().seed_task(seed).unwrap().id()
}

const FOLLOW: [&str; 4] = ["watch", "--until-ended", "--interval", "1s"];

#[test]
fn each_change_is_a_line_and_the_watch_ends_with_the_tasks() {
    let server = Server::start();
    let (success, failure) = (seed(&server, "quick-success"), seed(&server, "fails"));
    let ran = run(&mut server.agents(FOLLOW));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let last = |id: &str| {
        let line = ran
            .out
            .lines()
            .rfind(|line| line.contains(id))
            .unwrap_or_default();
        line.split('\t').nth(2).unwrap_or_default().to_owned()
    };
    assert_eq!(
        (last(&success), last(&failure)),
        ("completed".to_owned(), "failed".to_owned())
    );
    assert!(!ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'));
}

#[test]
fn lines_of_json_have_the_fields_that_were_asked_for() {
    let server = Server::start();
    let id = seed(&server, "quick-success");
    let ran = run(server.agents(FOLLOW).args(["--ndjson", "--json=event,id,state"]));
    let last: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert_eq!(
        last,
        serde_json::json!({"event": last["event"], "id": id, "state": "completed"})
    );
}

#[test]
fn a_notice_is_signed_and_sent_until_it_is_accepted() {
    let server = Server::start();
    let hook = Receiver::start([503, 429]);
    let id = seed(&server, "quick-success");
    let mut watch = server.agents(FOLLOW);
    let ran = run(watch
        .args(["--post", &hook.url, "--secret-env", "HOOK_SECRET"])
        .env("HOOK_SECRET", "hunter2"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let received = hook.received();
    assert_eq!(received[0].body, received[1].body);
    assert_eq!(received[1].body, received[2].body);
    for request in &received {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"hunter2").unwrap();
        mac.update(&request.body);
        let signature = request
            .header("x-hub-signature-256")
            .strip_prefix("sha256=")
            .unwrap();
        assert_eq!(signature, format!("{:x}", mac.finalize().into_bytes()));
        assert_eq!(request.json()["id"], id.as_str());
        assert_eq!(request.header("x-agents-event"), request.json()["event"]);
    }
    assert_eq!(received.last().unwrap().json()["state"], "completed");
    assert!(!ran.err.contains("hunter2"));
}

#[test]
fn a_refused_notice_ends_the_watch_and_is_delivered_by_the_next() {
    let server = Server::start();
    let hook = Receiver::start([410]);
    let id = seed(&server, "quick-success");
    let state = folder("refused").join("state");
    let watch = || {
        let mut watch = server.agents(FOLLOW);
        watch.args(["--post", &hook.url, "--state"]).arg(&state);
        run(&mut watch)
    };
    assert_eq!(watch().code, 1);
    let ran = watch();
    assert_eq!(ran.code, 0, "{}", ran.err);
    let received = hook.received();
    assert_eq!(received[0].json()["id"], id.as_str());
    assert_eq!(received.last().unwrap().json()["state"], "completed");
    // All is delivered: a third watch has nothing to say.
    let count = received.len();
    assert_eq!(watch().code, 0);
    assert_eq!(hook.received().len(), count);
}

#[cfg(unix)]
#[test]
fn a_watch_that_is_killed_again_and_again_loses_nothing_and_repeats_at_most_the_last() {
    let server = Server::with(|github| github.speed(40.0));
    let hook = Receiver::start([]);
    for number in 0..30 {
        let script = Script::new("life")
            .then(
                Duration::from_secs(3 * number),
                Change::State(TaskState::InProgress),
            )
            .then(
                Duration::from_secs(30 + 2 * number),
                Change::State(TaskState::Completed),
            );
        server
            .github()
            .seed_task(TaskSeed::new("Fix it").script(script))
            .unwrap();
    }
    let state = folder("killed").join("state");
    let watch = || {
        let mut watch = server.agents(FOLLOW);
        watch.args(["--post", &hook.url, "--state"]).arg(&state);
        watch
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        watch.spawn().unwrap()
    };
    let kills = 5_u32;
    for number in 0..kills {
        let mut child = watch();
        std::thread::sleep(Duration::from_millis(150 + 170 * u64::from(number)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(watch().wait().unwrap().success());
    let mut deliveries: BTreeMap<String, u32> = BTreeMap::new();
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    for request in hook.received() {
        *deliveries
            .entry(request.header("x-agents-delivery").to_owned())
            .or_default() += 1;
        let (id, state) = (request.json()["id"].clone(), request.json()["state"].clone());
        let (id, state) = (
            id.as_str().unwrap().to_owned(),
            state.as_str().unwrap().to_owned(),
        );
        let before = last.insert(id, state.clone());
        assert!(
            before.as_deref() != Some("completed") || state == "completed",
            "out of order"
        );
    }
    let repeated: u32 = deliveries.values().map(|count| count - 1).sum();
    assert!(repeated <= kills, "{repeated} repeated");
    assert_eq!(last.len(), 30);
    assert!(last.values().all(|state| state == "completed"), "{last:?}");
}

#[cfg(unix)]
#[test]
fn a_command_gets_the_event_on_its_input_and_in_its_environment() {
    let server = Server::start();
    let id = seed(&server, "quick-success");
    let log = folder("exec").join("log");
    let command = format!(
        "read line; echo \"$AGENTS_EVENT $AGENTS_TASK_ID $AGENTS_TASK_STATE $line\" >> {}",
        log.display()
    );
    let ran = run(server
        .agents(FOLLOW)
        .args(["--exec", &command])
        .env("PATH", "/usr/bin:/bin"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let log = std::fs::read_to_string(log).unwrap();
    let last = log.lines().last().unwrap();
    let (words, json) = last.split_at(last.find('{').unwrap());
    assert!(words.ends_with(&format!("{id} completed ")), "{words}");
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(json["task"]["state"], "completed");
    let ran = run(server
        .agents(FOLLOW)
        .args(["--exec", "exit 3"])
        .env("PATH", "/usr/bin:/bin"));
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("exit status: 3"), "{}", ran.err);
}

#[test]
fn a_state_file_of_something_else_is_refused() {
    let server = Server::start();
    let state = folder("foreign").join("state");
    std::fs::write(&state, "{\"precious\": true}").unwrap();
    let ran = run(server.agents(FOLLOW).arg("--state").arg(&state));
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert_eq!(std::fs::read_to_string(&state).unwrap(), "{\"precious\": true}");
}
