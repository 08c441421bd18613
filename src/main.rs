//! The `rookery` program. Everything it does is in the library, under [`rookery::cli`].

use std::process::ExitCode;

/// Half the memory at rest of the system's allocator, and faster under load.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rookery::cli::run()
}
