//! The `rookery` program: its allocator. Everything else it does is in the library, under
//! [`rookery::cli`].

use std::process::ExitCode;

/// Requests allocate and free many small pieces, from many threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    #[cfg(unix)]
    give_memory_back_soon();
    rookery::cli::run()
}

/// Left to itself, the allocator keeps freed memory for a second: after a large picture that is a
/// hundred megabytes, and the next one takes as much again. It can only be told otherwise by the
/// environment, which it reads before `main`, so the program starts itself once more in its place.
#[cfg(unix)]
fn give_memory_back_soon() {
    use std::{env, os::unix::process::CommandExt, process::Command};

    const SETTING: &str = "MIMALLOC_PURGE_DELAY";
    const MILLISECONDS: &str = "10";

    if env::var_os(SETTING).is_some() {
        return;
    }
    let Ok(program) = env::current_exe() else { return };
    let mut arguments = env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    // Comes back only where it fails; everything works without, with more memory.
    let _failure = again.args(arguments).env(SETTING, MILLISECONDS).exec();
}
