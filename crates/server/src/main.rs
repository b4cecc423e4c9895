//! The program `ferrum`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request makes some tens of small allocations on one thread and frees them on the same, for which the
/// system's allocator takes twice as long.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    ferrum_server::run()
}
