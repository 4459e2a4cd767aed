//! The two numbers of a pull request, as two types: taking one for the other leads to somebody else's pull request.
use std::fmt;

use serde::{Deserialize, Serialize};

/// The id of a pull request in GitHub's database, which is what artifacts of tasks carry. It is in no address.
///
/// ```
/// use agents_api::pulls::PullRequestId;
///
/// assert_eq!(PullRequestId::new(2_000_000_037).to_string(), "2000000037");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PullRequestId(i64);

impl PullRequestId {
    /// The id of this value.
    pub const fn new(id: i64) -> Self {
        Self(id)
    }

    /// The value.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for PullRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a pull request in its repository: what people call it by, and what stands in its address.
///
/// ```
/// use agents_api::pulls::PullRequestNumber;
///
/// assert_eq!(format!("#{}", PullRequestNumber::new(244)), "#244");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PullRequestNumber(u64);

impl PullRequestNumber {
    /// The number of this value.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The value.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for PullRequestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_plain_numbers_in_json() {
        assert_eq!(serde_json::to_string(&PullRequestId::new(-7)).unwrap(), "-7");
        assert_eq!(
            serde_json::from_str::<PullRequestNumber>("244").unwrap().get(),
            244
        );
        assert!(serde_json::from_str::<PullRequestNumber>("-1").is_err());
    }
}
