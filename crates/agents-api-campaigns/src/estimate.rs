//! What a campaign may cost, from what this user's own tasks have cost.
use agents_api::{Client, Phase, Usage};
use serde::Serialize;

use crate::error::Error;
use crate::policy::{CREDITS_PER_DOLLAR, NANO};

/// What a number of tasks may cost, judging by the user's last tasks that ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Estimate {
    /// How many tasks it is judged by; with none, nothing is known.
    pub sample: usize,
    /// Credits if every task costs what the cheapest of the sample cost.
    pub lowest_credits: f64,
    /// Credits if every task costs the mean of the sample.
    pub credits: f64,
    /// Credits if every task costs what the dearest of the sample cost.
    pub highest_credits: f64,
    /// [`credits`](Self::credits) in US dollars, at GitHub's price of 0.01 a credit.
    pub dollars: f64,
}

/// How many tasks are looked at, at most: a request each.
const SAMPLE: usize = 20;

/// Estimates what `items` tasks may cost. It takes a request for each of the last 20 tasks of the token's owner, and two for the list.
///
/// # Errors
/// [`ErrorKind::GitHub`](crate::ErrorKind::GitHub).
pub async fn estimate(client: &Client, items: usize) -> Result<Estimate, Error> {
    let mut tasks = client.list_tasks().including_archived().per_page(50).items();
    let mut amounts = Vec::new();
    let mut seen = 0;
    while amounts.len() < SAMPLE && seen < 5 * SAMPLE {
        let Some(task) = tasks.try_next().await? else {
            break;
        };
        seen += 1;
        if Phase::of(&task.state) != Phase::Ended {
            continue;
        }
        let task = client.task(&task.id).get().await?;
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        if let Some(usage) = Usage::from_task(&task) {
            amounts.push(usage.ai_credits().nano() as f64 / NANO);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let (items, count) = (items as f64, amounts.len().max(1) as f64);
    let credits = items * amounts.iter().sum::<f64>() / count;
    let lowest = amounts.iter().copied().reduce(f64::min).unwrap_or_default();
    Ok(Estimate {
        sample: amounts.len(),
        lowest_credits: items * lowest,
        credits,
        highest_credits: items * amounts.iter().copied().fold(0.0, f64::max),
        dollars: credits / CREDITS_PER_DOLLAR,
    })
}
