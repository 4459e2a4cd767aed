//! What a run of the model is made of.
use proptest::prelude::*;

/// What a case is made of.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) seed: u64,
    pub(super) tasks: usize,
    pub(super) minutes: u64,
    /// How many of a hundred requests fail.
    pub(super) faults: u32,
    pub(super) crashes: u32,
    /// Changes that do not touch the time of the update.
    pub(super) silent: bool,
    /// Whether ids are tracked; some are not listed.
    pub(super) tracked: bool,
    pub(super) details: bool,
}

pub(super) fn cases() -> impl Strategy<Value = Case> {
    (
        any::<u64>(),
        0..60_usize,
        20..90_u64,
        prop_oneof![Just(0), 1..40_u32],
        0..4_u32,
        (any::<bool>(), any::<bool>(), any::<bool>()),
    )
        .prop_map(
            |(seed, tasks, minutes, faults, crashes, (silent, tracked, details))| Case {
                seed,
                tasks,
                minutes,
                faults,
                crashes,
                silent,
                tracked,
                details,
            },
        )
}
