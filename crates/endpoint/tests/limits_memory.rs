//! What the windows of a flood of clients take, in a process of its own, since its memory is measured.

#![allow(clippy::unwrap_used, reason = "in a test it is the assertion")]
#![cfg(target_os = "linux")]

use std::time::Duration;

use ferrum_app::config::Quota;
use ferrum_domain::time::Millis;
use ferrum_endpoint::limits::{Client, Key, Memory, Policy, Windows};

/// Memory of this process that is not swapped out, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn a_million_clients_take_less_than_100_mb() {
    let quota = Quota { count: 5, window: Duration::from_mins(15) };
    let before = resident();
    let memory = Memory::default();
    for number in 0..1_000_000_u64 {
        let client = if number % 2 == 0 {
            Client::V4(u32::try_from(number).unwrap().to_be_bytes())
        } else {
            // A network of its own each.
            Client::V6((number << 16).to_be_bytes())
        };
        for policy in [Policy::IntervalFlowGeneral, Policy::IntervalFlowRegister, Policy::IntervalFlowLogin] {
            memory.take(Key { policy, client }, quota, Millis(1_767_600_000_000)).await.unwrap();
        }
    }
    let taken = resident().saturating_sub(before);
    println!("1,000,000 clients with three windows each took {} kB", taken / 1024);
    assert!(taken < 100_000_000, "{taken} bytes");
    assert!(taken > 20_000_000, "{taken} bytes are too few to be true");
    drop(memory);
}
