//! The world behind its lock, with the clock it follows.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::World;
use crate::clock::Clock;

/// The world that every connection shares. The lock is held to read or change the world, and for nothing else.
#[derive(Debug)]
pub(crate) struct SharedWorld {
    world: Mutex<World>,
    clock: Clock,
}

impl SharedWorld {
    pub(crate) fn new(world: World, clock: Clock) -> Self {
        Self {
            world: Mutex::new(world),
            clock,
        }
    }

    /// The world at the current time: everything that is due has happened.
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.advance_to(self.clock.millis());
        world
    }

    /// Puts another world in place of this one.
    pub(crate) fn replace(&self, world: World) {
        *self.world.lock().unwrap_or_else(PoisonError::into_inner) = world;
    }
}
