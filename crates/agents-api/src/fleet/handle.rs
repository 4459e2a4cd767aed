//! Adding tasks to a watch that is running, and dropping them, from elsewhere.
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What a handle asks for.
#[derive(Debug)]
pub(super) enum Wish {
    Track(String),
    Untrack(String),
}

/// A handle, and where its wishes arrive.
pub(super) fn handle() -> (FleetHandle, UnboundedReceiver<Wish>) {
    let (sender, wishes) = unbounded_channel();
    (FleetHandle(sender), wishes)
}

/// Adds tasks to a watch that is running, and drops them; made by [`FleetWatch::handle`](super::FleetWatch::handle). Cheap to clone.
///
/// Once the watch is gone, nothing happens.
#[derive(Clone, Debug)]
pub struct FleetHandle(UnboundedSender<Wish>);

impl FleetHandle {
    /// Follows these tasks too, from the next look on.
    pub fn track(&self, ids: impl IntoIterator<Item = impl Into<String>>) {
        for id in ids {
            let _ = self.0.send(Wish::Track(id.into()));
        }
    }

    /// Follows these tasks no more; no further event is about them.
    pub fn untrack(&self, ids: impl IntoIterator<Item = impl Into<String>>) {
        for id in ids {
            let _ = self.0.send(Wish::Untrack(id.into()));
        }
    }
}
