//! An hour of many tasks on tokio's paused clock: by a fleet, or by asking for each task at each tick.
//!
//! The emulator lives in the same process, since it has to see the same clock: its time is in the processor's.
use std::collections::HashMap;
use std::io::Write as _;
use std::time::Duration;

use agents_api::chrono::{DateTime, Utc};
use agents_api::{Client, FleetEvent, Repo};
use agents_api_emulator::{Change, Clock, Emulator, Limits, Script, TaskSeed, TaskState};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::peers::Failure;

const HOUR: Duration = Duration::from_secs(60 * 60);
const TICK: Duration = Duration::from_secs(30);
/// What a look of several pages may take on top.
const LOOK: Duration = Duration::from_secs(1);

/// When each task was seen to be changed.
type Seen = HashMap<String, Vec<DateTime<Utc>>>;

/// Lives through the hour, and prints the requests, the changes of state, how many of them were not seen, the latest in
/// milliseconds, and the milliseconds of the processor.
pub(crate) async fn hour(how: &str, tasks: u32) -> Result<(), Failure> {
    let mut github = Emulator::builder().clock(Clock::real()).log_capacity(usize::MAX);
    if how == "polls" {
        github = github.limits(Limits {
            quota: u32::MAX / 2,
            ..Limits::default()
        });
    }
    let github = github.start().await?;
    let client = Client::builder()
        .base_url(github.base_url())
        .token(github.token());
    let client = client.build()?;
    let repo = client.repo("octocat", "hello-world")?;
    let mut rng = fastrand::Rng::with_seed(u64::from(tasks));
    for _ in 0..tasks {
        github.seed_task(TaskSeed::new("Fix the login button").script(life(&mut rng)))?;
    }
    tokio::time::pause();
    let before = processor()?;
    let begin = github.now();
    // Changes of the last moment are seen by the look after the hour.
    let end = Instant::now() + HOUR + TICK + LOOK;
    let seen = match how {
        "fleet" => by_fleet(&client, &github, end).await?,
        "polls" => by_polls(&repo, &github, end).await?,
        other => return Err(format!("nobody watches by {other}").into()),
    };
    let took = processor()? - before;

    let hour = chrono::TimeDelta::from_std(HOUR)?;
    let (mut changes, mut missed, mut latest) = (0, 0, Duration::ZERO);
    for change in github.transitions() {
        if change.at < begin || change.at > begin + hour {
            continue;
        }
        changes += 1;
        let seen = seen.get(&change.task_id).into_iter().flatten();
        match seen.filter(|at| **at >= change.at).min() {
            Some(at) => latest = latest.max((*at - change.at).to_std()?),
            None => missed += 1,
        }
    }
    let requests = github.requests().len();
    let latest = latest.as_millis();
    writeln!(std::io::stdout(), "{requests} {changes} {missed} {latest} {took}")?;
    Ok(())
}

async fn by_fleet(client: &Client, github: &Emulator, end: Instant) -> Result<Seen, Failure> {
    let mut seen = Seen::new();
    let mut watch = client.fleet().poll_interval(TICK).watch();
    while let Ok(event) = timeout_at(end, watch.try_next()).await {
        if let Some(FleetEvent::Added { task, .. } | FleetEvent::Changed { after: task, .. }) = event? {
            seen.entry(task.id.clone()).or_default().push(github.now());
        }
    }
    Ok(seen)
}

async fn by_polls(repo: &Repo, github: &Emulator, end: Instant) -> Result<Seen, Failure> {
    let mut seen = Seen::new();
    let mut states = HashMap::new();
    let ids: Vec<_> = github
        .tasks()
        .iter()
        .map(agents_api_emulator::TaskHandle::id)
        .collect();
    let mut tick = Instant::now();
    while tick < end {
        for id in &ids {
            let task = repo.task(id).get().await?;
            let known = states.insert(id, task.state.clone());
            if known.as_ref() != Some(&task.state) {
                seen.entry(task.id).or_default().push(github.now());
            }
        }
        tick += TICK;
        sleep_until(tick).await;
    }
    Ok(seen)
}

/// A task begins within the first half of the hour, works, and ends in one way or another; some are asked for more.
fn life(rng: &mut fastrand::Rng) -> Script {
    let mut seconds = |from, to| Duration::from_secs(rng.u64(from..to));
    let life = Script::new("life")
        .then(seconds(0, 1800), Change::State(TaskState::InProgress))
        .then(seconds(20, 120), Change::Branch)
        .then(seconds(20, 120), Change::PullRequest);
    let (work, pause, more) = (seconds(60, 1200), seconds(60, 600), seconds(60, 600));
    match rng.u32(0..10) {
        0 => life.then(work, Change::Fail("The tests still fail.".to_owned())),
        1 => life.then(work, Change::State(TaskState::WaitingForUser)),
        2 | 3 => life
            .then(work, Change::State(TaskState::Completed))
            .then(pause, Change::FollowUp("Address the review comments".to_owned()))
            .then(more, Change::State(TaskState::Completed)),
        _ => life.then(work, Change::State(TaskState::Completed)),
    }
}

/// The milliseconds that the processor spent on this process, in steps of ten.
fn processor() -> Result<u64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("the kernel does not tell the time")?;
    let fields: Vec<_> = fields.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    let (user, system) = (ticks(11), ticks(12));
    Ok((user.unwrap_or_default() + system.unwrap_or_default()) * 10)
}
