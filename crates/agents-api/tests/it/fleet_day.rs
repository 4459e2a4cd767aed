//! A day of a fleet: faults all the time, crashes and restarts from checkpoints, on a paused clock.

use std::collections::BTreeMap;
use std::time::Duration;

use agents_api::fleet::Fleet;
use agents_api::{Error, FleetEvent, Task};
use agents_api_emulator::{
    Change, Clock, Effect, Emulator, Fault, RateLimitResponse, RetryAfter, Script, Target, TaskSeed,
    TaskState,
};
use tokio::time::{Instant, timeout_at};

use crate::support::connect;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Everything that goes wrong between a client and GitHub, now and then.
fn let_it_rain(github: &Emulator) {
    let told = RateLimitResponse::too_many_requests().retry_after(RetryAfter::Seconds(90));
    for (effect, chance) in [
        (Effect::Html { status: 502 }, 0.05),
        (Effect::Reset, 0.03),
        (Effect::Truncate { after: None }, 0.02),
        (Effect::SecondaryLimit(RateLimitResponse::forbidden()), 0.005),
        (Effect::SecondaryLimit(told), 0.005),
        (Effect::PrimaryLimit(told), 0.005),
    ] {
        github.inject(Fault::on(Target::Any, effect).chance(chance));
    }
    github.inject(Fault::on(Target::Lists, Effect::MoveItems { count: 2 }).chance(0.02));
}

/// A task that works at some time of the day; some are asked for more, some are archived.
fn life(rng: &mut fastrand::Rng) -> Script {
    let mut seconds = |from, to| Duration::from_secs(rng.u64(from..to));
    let (begin, work) = (seconds(0, 70_000), seconds(5, 4000));
    let (pause, more, rest) = (seconds(60, 2000), seconds(60, 2000), seconds(60, 2000));
    let ends = [TaskState::Completed, TaskState::Failed, TaskState::WaitingForUser];
    let mut life = Script::new("life")
        .then(begin, Change::State(TaskState::InProgress))
        .then(work, Change::State(ends[rng.usize(0..3)]));
    if rng.bool() {
        life = life
            .then(pause, Change::FollowUp("More".into()))
            .then(more, Change::State(TaskState::Completed));
    }
    if rng.u32(0..4) == 0 {
        life = life.then(rest, Change::Archive);
    }
    life
}

/// Follows with saved checkpoints, and dies now and then. What was told after the last save is lost with it.
#[derive(Default)]
struct Supervisor {
    saved: Option<String>,
    told: Vec<FleetEvent>,
    covered: usize,
    /// What it was told and lost.
    lost: Vec<FleetEvent>,
}

impl Supervisor {
    async fn run(&mut self, fleet: Fleet, time: Duration, save_every: usize) -> Result<(), Error> {
        self.lost.extend(self.told.split_off(self.covered));
        let fleet = match &self.saved {
            Some(json) => fleet.resume(serde_json::from_str(json).expect("what was written")),
            None => fleet,
        };
        let mut watch = fleet.watch();
        let end = Instant::now() + time;
        while let Ok(event) = timeout_at(end, watch.try_next()).await {
            self.told.push(event?.expect("it goes on"));
            if self.told.len().is_multiple_of(save_every) {
                self.saved = Some(serde_json::to_string(&watch.checkpoint()).expect("plain data"));
                self.covered = self.told.len();
            }
        }
        Ok(())
    }

    /// The states of each task as they were told, and how it was last: no story has a gap, none tells anything twice.
    fn stories(&self) -> BTreeMap<String, (Vec<String>, Task)> {
        let mut stories: BTreeMap<String, (Vec<String>, Task)> = BTreeMap::new();
        for event in &self.told {
            match event {
                FleetEvent::Added { task, .. } => {
                    let begin = (vec![task.state.to_string()], (**task).clone());
                    assert!(stories.insert(task.id.clone(), begin).is_none(), "added twice");
                }
                FleetEvent::Changed { before, after, .. } => {
                    let (story, last) = stories.get_mut(&after.id).expect("added before");
                    assert_eq!(last, &**before);
                    assert_ne!(before, after);
                    *last = (**after).clone();
                    if event.new_state().is_some() {
                        story.push(after.state.to_string());
                    }
                }
                FleetEvent::Removed { id, .. } => {
                    let (story, _) = stories.get_mut(id).expect("added before");
                    assert_ne!(story.last().expect("its first state"), "gone");
                    story.push("gone".into());
                }
                _ => {}
            }
        }
        stories
    }
}

#[tokio::test(start_paused = true)]
async fn a_day_of_faults_and_restarts_loses_nothing_and_tells_nothing_twice() {
    let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
    let (_, repo) = connect(&github);
    let_it_rain(&github);
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..150 {
        github
            .seed_task(TaskSeed::new("Fix it").script(life(&mut rng)))
            .unwrap();
    }

    let fleet = repo
        .fleet()
        .poll_interval(2 * MINUTE)
        .resync_interval(30 * MINUTE);
    let mut supervisor = Supervisor::default();
    let end = Instant::now() + 24 * HOUR;
    while Instant::now() < end {
        let time = Duration::from_secs(rng.u64(600..10_000)).min(end - Instant::now());
        supervisor
            .run(fleet.clone(), time, rng.usize(1..8))
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_secs(rng.u64(0..300))).await;
    }
    // A last hour in good weather, every event saved.
    github.clear_faults();
    supervisor.run(fleet, HOUR, 1).await.unwrap();

    let stories = supervisor.stories();
    for task in github.tasks() {
        let (story, last) = &stories[&task.id()];
        assert_eq!(story.last().unwrap() == "gone", task.is_archived(), "{story:?}");
        assert_eq!(last.state.as_str(), task.state().as_str(), "{story:?}");
    }
    // Every state that lasted was told; who crashed before saving that may have found a later one after.
    let transitions = github.transitions();
    let mut lasted = 0;
    for (index, transition) in transitions.iter().enumerate() {
        let mut later = transitions[index + 1..].iter();
        let next = later.find(|next| next.task_id == transition.task_id);
        if next.is_none_or(|next| (next.at - transition.at).num_minutes() > 20) {
            let (story, _) = &stories[&transition.task_id];
            let lost = supervisor
                .lost
                .iter()
                .filter(|event| event.task_id() == Some(&transition.task_id));
            let lost = lost.filter_map(FleetEvent::new_state).map(ToString::to_string);
            let told = story
                .iter()
                .cloned()
                .chain(lost)
                .any(|state| state == transition.to.as_str());
            assert!(told, "{transition:?} {story:?}");
            lasted += 1;
        }
    }
    assert!(lasted > 300, "{lasted}");
    // A look in two minutes, two pages in thirty, a first look and a comparison for each restart, and retries.
    let requests = github.requests().len();
    assert!(requests < 25 * 30 * 2 + 25 * 2 * 3, "{requests}");
}
