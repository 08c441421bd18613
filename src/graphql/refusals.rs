//! Which user errors a request ended in, for the log and the figures: attempts that fail leave a trace.
//!
//! They are made in many places that know nothing of the request, so they are noted in the task that
//! runs it.

use std::cell::RefCell;

tokio::task_local! {
    static NOTED: RefCell<Vec<&'static str>>;
}

/// Notes the code of a user error.
pub(super) fn note(code: &'static str) {
    // Outside a request, as in tests of a rule, nobody asks.
    let _unasked = NOTED.try_with(|noted| noted.borrow_mut().push(code));
}

/// Does the work, and tells which codes were noted meanwhile.
pub(super) async fn during<T>(work: impl Future<Output = T>) -> (T, Vec<&'static str>) {
    let noting = async {
        let done = work.await;
        (done, NOTED.with(RefCell::take))
    };
    NOTED.scope(RefCell::default(), noting).await
}
