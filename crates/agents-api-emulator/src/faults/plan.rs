//! Placeholder.
/// Placeholder.
#[derive(Debug, Clone, Default)]
pub struct FaultPlan {
    pub(crate) faults: Vec<super::Fault>,
    pub(crate) seed: Option<u64>,
}
/// Placeholder.
#[derive(Debug)]
pub struct PlanError;
