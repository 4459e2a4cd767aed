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

use crate::ideal::{Ideal, Population};
use crate::peers::Failure;

const HOUR: Duration = Duration::from_secs(60 * 60);
const TICK: Duration = Duration::from_secs(30);
/// What a look of several pages may take on top.
const LOOK: Duration = Duration::from_secs(1);

/// When each task was seen to be changed.
type Seen = HashMap<String, Vec<DateTime<Utc>>>;

/// Lives through the hour, and prints: requests, changes of state, how many of them were not seen, the delay of the
/// median, of nine in ten, and of the latest in milliseconds, the milliseconds of the processor, and what an ideal
/// reader needs: see [`Ideal`].
pub(crate) async fn hour(how: &str, population: Population) -> Result<(), Failure> {
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
    let mut rng = fastrand::Rng::with_seed(u64::from(population.tasks));
    let every = (population.tasks / population.active.max(1)).max(1);
    let (mut tracked, mut updates) = (Vec::new(), Vec::new());
    for number in 0..population.tasks {
        let mut seed = TaskSeed::new("Fix the login button");
        let is_active = number % every == 0 && number / every < population.active;
        let life = is_active.then(|| life(&mut rng));
        if let Some((script, _)) = &life {
            seed = seed.script(script.clone());
        }
        let task = github.seed_task(seed)?;
        let Some((_, times)) = life else {
            continue;
        };
        if tracked.len() < population.tracked as usize {
            tracked.push(task.id());
            updates.push(times);
        } else if population.tracked == 0 {
            updates.push(times);
        }
    }
    tokio::time::pause();
    let before = processor()?;
    let begin = github.now();
    // Changes of the last moment are seen by the look after the hour.
    let end = Instant::now() + HOUR + TICK + LOOK;
    let seen = match how {
        "fleet" => by_fleet(&client, &github, &tracked, end).await?,
        "polls" => by_polls(&repo, &github, end).await?,
        other => return Err(format!("nobody watches by {other}").into()),
    };
    let took = processor()? - before;

    let hour = chrono::TimeDelta::from_std(HOUR)?;
    let (mut delays, mut missed) = (Vec::new(), 0);
    let is_watched = |id: &String| tracked.is_empty() || tracked.contains(id);
    for change in github.transitions() {
        if change.at < begin || change.at > begin + hour || !is_watched(&change.task_id) {
            continue;
        }
        let seen = seen.get(&change.task_id).into_iter().flatten();
        match seen.filter(|at| **at >= change.at).min() {
            Some(at) => delays.push((*at - change.at).to_std()?.as_millis()),
            None => missed += 1,
        }
    }
    delays.sort_unstable();
    let changes = delays.len() + missed;
    // A change that was not seen is later than all that were.
    let delay = |part: usize| {
        delays
            .get(changes * part / 100)
            .or(delays.last())
            .copied()
            .unwrap_or_default()
    };
    let (median, most, latest) = (delay(50), delay(90), delays.last().copied().unwrap_or_default());
    let requests = github.requests().len();
    let ideal = Ideal::of(population, &updates);
    writeln!(
        std::io::stdout(),
        "{requests} {changes} {missed} {median} {most} {latest} {took} {} {} {}",
        ideal.requests,
        ideal.missed,
        ideal.most.as_millis(),
    )?;
    Ok(())
}

async fn by_fleet(
    client: &Client,
    github: &Emulator,
    tracked: &[String],
    end: Instant,
) -> Result<Seen, Failure> {
    let mut seen = Seen::new();
    let mut fleet = client.fleet().poll_interval(TICK);
    if !tracked.is_empty() {
        fleet = fleet.track(tracked);
    }
    let mut watch = fleet.watch();
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

/// A task begins within the first half of the hour, works, and ends in one way or another; some are asked for more. With
/// it, when it is updated.
fn life(rng: &mut fastrand::Rng) -> (Script, Vec<Duration>) {
    let mut seconds = |from, to| Duration::from_secs(rng.u64(from..to));
    let mut steps = vec![
        (seconds(0, 1800), Change::State(TaskState::InProgress)),
        (seconds(20, 120), Change::Branch),
        (seconds(20, 120), Change::PullRequest),
    ];
    let (work, pause, more) = (seconds(60, 1200), seconds(60, 600), seconds(60, 600));
    let kind = rng.u32(0..10);
    let end = match kind {
        0 => Change::Fail("The tests still fail.".to_owned()),
        1 => Change::State(TaskState::WaitingForUser),
        _ => Change::State(TaskState::Completed),
    };
    steps.push((work, end));
    if matches!(kind, 2 | 3) {
        steps.push((pause, Change::FollowUp("Address the review comments".to_owned())));
        steps.push((more, Change::State(TaskState::Completed)));
    }
    script(steps)
}

/// The script with these pauses and changes, and when the changes are.
fn script(steps: impl IntoIterator<Item = (Duration, Change)>) -> (Script, Vec<Duration>) {
    let (mut script, mut at, mut times) = (Script::new("life"), Duration::ZERO, Vec::new());
    for (pause, change) in steps {
        at += pause;
        times.push(at);
        script = script.then(pause, change);
    }
    (script, times)
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
