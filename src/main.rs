//! Command line, configuration, run.
fn main() {}
