//! Who is asking, and how they prove it.

mod viewer;

pub use viewer::Viewer;
