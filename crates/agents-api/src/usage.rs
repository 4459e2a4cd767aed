//! What sessions and tasks have used, added up exactly.
//!
//! Amounts are added as integers and rounded once, when they are shown: rounding each session first would be off by
//! half a unit a session, and an `f64` cannot count nano units beyond 2^53.
mod decimal;

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use agents_api_raw::types::{Session, SessionUsage, Task, UsageType};

/// A credit has so many decimals: GitHub counts in billionths.
const CREDIT_SCALE: u32 = 9;

/// Fractions of premium requests are kept up to so many decimals. GitHub's multipliers have two.
const REQUEST_SCALE: u32 = 12;

/// What sessions have used.
///
/// ```
/// use agents_api::{Task, Usage};
///
/// # fn main() -> Result<(), agents_api::serde_json::Error> {
/// # let task: Task = agents_api::serde_json::from_str(r#"{"id":"t","state":"completed",
/// #     "created_at":"2026-07-01T00:00:00Z","sessions":[
/// #     {"id":"a","state":"completed","created_at":"2026-07-01T00:00:00Z","usage":{"type":"ai_credits","amount":1240000000}},
/// #     {"id":"b","state":"completed","created_at":"2026-07-01T00:00:00Z","usage":{"type":"ai_credits","amount":1240000000}}]}"#)?;
/// // A task that was got, not listed: only there are its sessions.
/// if let Some(usage) = Usage::from_task(&task) {
///     assert_eq!(usage.ai_credits().nano(), 2_480_000_000);
///     assert_eq!(usage.to_string(), "2.5 AI credits");
/// }
/// # Ok(())
/// # }
/// ```
///
/// Usages add up: `a + b`, `usages.sum::<Usage>()`, and `tasks.iter().map(Usage::from_task).sum::<Option<Usage>>()`, which
/// is `None` if one of the tasks has no sessions in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    nano_credits: i128,
    requests: i128,
    unknown: Vec<SessionUsage>,
    sessions: usize,
    unbilled: usize,
}

impl Usage {
    /// What these sessions have used together.
    pub fn from_sessions<'s>(sessions: impl IntoIterator<Item = &'s Session>) -> Self {
        let mut usage = Self::default();
        for session in sessions {
            usage.sessions += 1;
            match &session.usage {
                Some(used) => usage.count(used),
                None => usage.unbilled += 1,
            }
        }
        usage
    }

    /// What the sessions of the task have used together; `None` for a task without its sessions, as lists and starts
    /// have them. That is not zero: [get](crate::TaskRef::get) the task.
    pub fn from_task(task: &Task) -> Option<Self> {
        Some(Self::from_sessions(task.sessions.as_ref()?))
    }

    /// The AI credits, exactly.
    pub fn ai_credits(&self) -> AiCredits {
        AiCredits {
            nano: self.nano_credits,
        }
    }

    /// The premium requests, in which sessions before June 2026 are counted.
    pub fn premium_requests(&self) -> PremiumRequests {
        PremiumRequests {
            scaled: self.requests,
        }
    }

    /// What is in neither sum, as GitHub sent it: amounts in a unit that this version of the crate does not know, and
    /// amounts that cannot be read without a loss, such as half a nano unit or more than 64 bits.
    ///
    /// If it is empty, the sums are all there is.
    pub fn unknown(&self) -> &[SessionUsage] {
        &self.unknown
    }

    /// How many sessions were added up.
    pub fn sessions(&self) -> usize {
        self.sessions
    }

    /// How many of them have no usage (yet), and count nothing.
    pub fn sessions_without_usage(&self) -> usize {
        self.unbilled
    }

    fn count(&mut self, used: &SessionUsage) {
        // Each amount has 64 bits at most before its point, so that no number of sessions overflows a sum of 128.
        let (sum, amount) = match used.type_ {
            UsageType::AiCredits => (&mut self.nano_credits, decimal::whole(&used.amount)),
            UsageType::PremiumRequests => {
                (&mut self.requests, decimal::fraction(&used.amount, REQUEST_SCALE))
            }
            _ => return self.unknown.push(used.clone()),
        };
        match amount {
            Some(amount) => *sum = sum.saturating_add(amount),
            None => self.unknown.push(used.clone()),
        }
    }
}

/// For people: `2.5 AI credits, 0.66 premium requests, and 1 unknown amount`. Credits are rounded to one
/// decimal; without premium requests only credits are named.
impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (credits, requests) = (self.ai_credits(), self.premium_requests());
        if self.nano_credits != 0 || self.requests == 0 {
            write!(f, "{credits} AI credits")?;
        }
        if self.requests != 0 {
            let comma = if self.nano_credits == 0 { "" } else { ", " };
            write!(f, "{comma}{requests} premium requests")?;
        }
        match self.unknown.len() {
            0 => Ok(()),
            1 => f.write_str(", and 1 unknown amount"),
            count => write!(f, ", and {count} unknown amounts"),
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.nano_credits = self.nano_credits.saturating_add(other.nano_credits);
        self.requests = self.requests.saturating_add(other.requests);
        self.unknown.extend(other.unknown);
        self.sessions += other.sessions;
        self.unbilled += other.unbilled;
    }
}

impl Add for Usage {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(usages: I) -> Self {
        usages.fold(Self::default(), Add::add)
    }
}

impl<'u> Sum<&'u Usage> for Usage {
    fn sum<I: Iterator<Item = &'u Usage>>(usages: I) -> Self {
        usages.cloned().sum()
    }
}

/// An amount of AI credits, in whole nano units: 1,000,000,000 of them are one credit.
///
/// Shown with one decimal, or as many as the format asks for, rounded half away from zero: `{}` of 1,250,000,000 nano
/// units is `1.3`, `{:.2}` is `1.25`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AiCredits {
    nano: i128,
}

impl AiCredits {
    /// The exact amount in nano units.
    pub fn nano(self) -> i128 {
        self.nano
    }
}

impl fmt::Display for AiCredits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write(f, self.nano, CREDIT_SCALE, f.precision().or(Some(1)))
    }
}

/// An amount of premium requests, which may be a fraction: exact up to twelve decimals, and further ones rounded.
///
/// Shown with the decimals it has, or as many as the format asks for, rounded half away from zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PremiumRequests {
    scaled: i128,
}

impl PremiumRequests {
    /// The amount in trillionths (10⁻¹²).
    pub fn trillionths(self) -> i128 {
        self.scaled
    }

    /// The amount as near as an `f64` comes to it, to be shown in a chart, not to be added up.
    #[expect(clippy::cast_precision_loss, reason = "it is what the method is for")]
    pub fn to_f64(self) -> f64 {
        self.scaled as f64 / 1e12
    }
}

impl fmt::Display for PremiumRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write(f, self.scaled, REQUEST_SCALE, f.precision())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usage(amounts: &[(&str, &str)]) -> Usage {
        let sessions: Vec<Session> = amounts
            .iter()
            .map(|(unit, amount)| {
                let json = format!(
                    r#"{{"id":"s","state":"completed","created_at":"2026-07-01T00:00:00Z","usage":{{"type":"{unit}","amount":{amount}}}}}"#
                );
                serde_json::from_str(&json).unwrap()
            })
            .collect();
        Usage::from_sessions(&sessions)
    }

    fn task(sessions: &str) -> Task {
        let json = format!(r#"{{"id":"t","state":"queued","created_at":"2026-07-01T00:00:00Z"{sessions}}}"#);
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn credits_are_added_where_an_f64_would_lose_some() {
        let sum = usage(&[
            ("ai_credits", "9007199254740993"),
            ("ai_credits", "1"),
            ("ai_credits", "18446744073709551615"),
        ]);
        assert_eq!(
            sum.ai_credits().nano(),
            9_007_199_254_740_994 + 18_446_744_073_709_551_615
        );
        assert!(sum.unknown().is_empty());
    }

    #[test]
    fn credits_are_rounded_once_and_after_the_sum() {
        let each = usage(&[("ai_credits", "40000000")]);
        assert_eq!(each.to_string(), "0.0 AI credits");
        let sum: Usage = [&each, &each, &each].into_iter().sum();
        assert_eq!(format!("{sum}, {:.3}", sum.ai_credits()), "0.1 AI credits, 0.120");
    }

    #[test]
    fn fractions_of_requests_do_not_drift() {
        let sum: Usage = std::iter::repeat_n(usage(&[("premium_requests", "0.33")]), 1000).sum();
        assert_eq!(sum.premium_requests().to_string(), "330");
        assert_eq!(
            usage(&[("premium_requests", "0.1"), ("premium_requests", "0.2")]).to_string(),
            "0.3 premium requests"
        );
    }

    #[test]
    fn what_cannot_be_added_is_kept() {
        let sum = usage(&[
            ("ai_credits", "1500000000"),
            ("ai_credits", "0.5"),
            ("ai_credits", "1e25"),
            ("tokens", "12"),
            ("premium_requests", "1.5"),
        ]);
        let kept: Vec<_> = sum
            .unknown()
            .iter()
            .map(|used| format!("{} {}", used.amount, used.type_))
            .collect();
        assert_eq!(kept, ["0.5 ai_credits", "1e+25 ai_credits", "12 tokens"]);
        assert_eq!(
            sum.to_string(),
            "1.5 AI credits, 1.5 premium requests, and 3 unknown amounts"
        );
    }

    #[test]
    fn a_task_without_sessions_has_no_usage_rather_than_none_used() {
        assert_eq!(Usage::from_task(&task("")), None);
        assert_eq!(Usage::from_task(&task(r#","sessions":null"#)), None);
        let running = r#","sessions":[{"id":"s","state":"in_progress","created_at":"2026-07-01T00:00:00Z"}]"#;
        let usage = Usage::from_task(&task(running)).unwrap();
        assert_eq!((usage.sessions(), usage.sessions_without_usage()), (1, 1));
        assert_eq!(usage.to_string(), "0.0 AI credits");
        let tasks = [task(running), task("")];
        assert_eq!(tasks.iter().map(Usage::from_task).sum::<Option<Usage>>(), None);
        assert_eq!(
            tasks[..1].iter().map(Usage::from_task).sum::<Option<Usage>>(),
            Some(usage)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_order_and_the_grouping_do_not_matter(
            amounts in proptest::collection::vec((any::<bool>(), any::<u64>()), 0..20),
            at in 0_usize..20,
        ) {
            let texts: Vec<_> = amounts
                .iter()
                .map(|(credits, amount)| match credits {
                    true => ("ai_credits", amount.to_string()),
                    false => ("premium_requests", format!("{}.{:02}", amount % 1_000_000, amount % 100)),
                })
                .collect();
            let amounts: Vec<_> = texts.iter().map(|(unit, amount)| (*unit, amount.as_str())).collect();
            let (left, right) = amounts.split_at(at.min(amounts.len()));
            let whole = usage(&amounts);
            prop_assert_eq!(usage(right) + usage(left), whole.clone());
            let nano: i128 = amounts.iter().filter(|(unit, _)| *unit == "ai_credits").map(|(_, amount)| amount.parse::<i128>().unwrap()).sum();
            prop_assert_eq!(whole.ai_credits().nano(), nano);
        }
    }
}
