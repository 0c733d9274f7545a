//! The quickstart's world is an inventory as this build writes it.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use jettison::inventory::{read, write};

#[test]
fn the_quickstart_world_reads_and_writes_back_byte_for_byte() {
    let world = include_str!("../examples/quickstart/world.ndjson");
    let mut written = Vec::new();
    write(&read(world.as_bytes()).unwrap(), &mut written).unwrap();
    let written = String::from_utf8(written).unwrap();
    for (number, (ours, theirs)) in written.lines().zip(world.lines()).enumerate() {
        assert_eq!(ours, theirs, "line {}", number + 1);
    }
    assert_eq!(written.len(), world.len());
}
