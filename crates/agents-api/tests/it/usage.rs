//! What tasks have used, as the emulator bills them.

use crate::support::connect;
use agents_api::{Phase, TaskStateExt as _, Usage};
use agents_api_emulator::{Change, Emulator, TaskSeed, TaskState, Usage as Billed};

#[tokio::test]
async fn a_follow_up_adds_to_what_the_task_has_used() {
    let github = Emulator::start().await.unwrap();
    let seed = TaskSeed::new("Fix the login button")
        .with(Change::Usage(Billed::AiCredits((1 << 53) + 1)))
        .with(Change::FollowUp("And the logout button".to_owned()))
        .with(Change::Usage(Billed::AiCredits(1)))
        .with(Change::FollowUp("And the menu".to_owned()))
        .with(Change::Usage(Billed::PremiumRequests(0.33)))
        .with(Change::FollowUp("And the page".to_owned()))
        .state(TaskState::InProgress);
    let seeded = github.seed_task(seed).unwrap();
    let (client, repo) = connect(&github);

    let task = client.task(seeded.id()).get().await.unwrap();
    let usage = Usage::from_task(&task).unwrap();
    assert_eq!(usage.ai_credits().nano(), (1 << 53) + 2);
    assert_eq!(usage.to_string(), "9007199.3 AI credits, 0.33 premium requests");
    assert_eq!((usage.sessions(), usage.sessions_without_usage()), (4, 1));
    assert!(usage.unknown().is_empty());
    assert_eq!(
        (task.state.phase(), task.state.has_ended()),
        (Phase::Active, false)
    );

    let listed = repo.list_tasks().items().try_next().await.unwrap().unwrap();
    assert_eq!(Usage::from_task(&listed), None);
}
