//! A world that survives its process.

use std::io;

use super::world::World;
use crate::model::Timestamp;

pub(super) struct ChangeLog;

impl ChangeLog {
    pub(super) fn append(&mut self, world: &mut World, _now: Timestamp) -> io::Result<()> {
        world.take_touched();
        Ok(())
    }
}
