//! The numbers that `/metrics` shows, in one registry for the process.

use std::sync::LazyLock;

use prometheus::{HistogramOpts, HistogramVec, Registry, exponential_buckets};

/// Everything that is measured.
pub static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

static LOADER_BATCH: LazyLock<Option<HistogramVec>> = LazyLock::new(|| {
    let options = HistogramOpts::new("rookery_loader_batch_size", "Keys in one batch of a loader")
        .buckets(exponential_buckets(1.0, 2.0, 10).ok()?);
    let batches = HistogramVec::new(options, &["loader"]).ok()?;
    REGISTRY.register(Box::new(batches.clone())).ok()?;
    Some(batches)
});

/// Notes the size of a loader's batch.
pub fn loader_batch(loader: &str, keys: usize) {
    if let Some(batches) = LOADER_BATCH.as_ref() {
        batches.with_label_values(&[loader]).observe(keys as f64);
    }
}
