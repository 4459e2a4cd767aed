//! A walk through a whole list, timed, with the most memory it took.
use std::io::Write as _;
use std::time::Instant;

use crate::peers::{Failure, Peer};

/// Walks through the repository's tasks and prints how many there were, the milliseconds, and the KiB of memory above
/// what a first page takes.
pub(crate) async fn walk(peer: &str, concurrency: usize, base: &str) -> Result<(), Failure> {
    let peer = Peer::new(peer, base)?;
    peer.page(1).await?;
    let before = forget_peak()?;
    let begun = Instant::now();
    let mut count = 0;
    if let Peer::Library(repo) = &peer {
        let list = repo.list_tasks().in_creation_order();
        let mut items = list.concurrency(concurrency).items();
        while items.try_next().await?.is_some() {
            count += 1;
        }
    } else {
        for number in 1.. {
            match peer.page(number).await? {
                0 => break,
                tasks => count += tasks,
            }
        }
    }
    let took = begun.elapsed().as_millis();
    let grown = resident("VmHWM")?.saturating_sub(before);
    writeln!(std::io::stdout(), "{count} {took} {grown}")?;
    Ok(())
}

/// Lets the peak of the resident memory begin anew, and tells where it begins, in KiB.
fn forget_peak() -> Result<u64, Failure> {
    std::fs::write("/proc/self/clear_refs", "5")?;
    resident("VmRSS")
}

/// A line of the kernel's word on this process, in KiB.
fn resident(name: &str) -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("the kernel does not tell the memory")?.parse()?)
}
