//! The `rookery` program. Everything it does is in the library, under [`rookery::cli`].

use std::process::ExitCode;

/// Requests allocate and free many small pieces, from many threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rookery::cli::run()
}
