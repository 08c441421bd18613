//! The language that the server's messages are in.
//!
//! What failed is told by SQLSTATE wherever diesel shows it: for constraints and serialisation. For
//! timeouts and connections that the server ends it shows the message alone, which the server
//! writes in the language of its `lc_messages`. So each connection asks for English. PostgreSQL
//! lets superusers choose, and those who were granted it; where it refuses, the log says what to
//! grant. Deadlocks are known in any language, by the locks that their details name.

use std::sync::Once;

const CHOOSE: &str = "SELECT set_config('lc_messages', 'C', false)
    WHERE current_setting('lc_messages') !~* '^(|posix|c(\\..*)?|en_.*|english.*)$'";

/// Asks the server for English, where it would speak another language.
pub(super) async fn choose_english(client: &tokio_postgres::Client) {
    static TOLD: Once = Once::new();
    // Whatever else is wrong with the connection shows with its first statement.
    if let Err(error) = client.batch_execute(CHOOSE).await
        && let Some(error) = error.as_db_error()
    {
        TOLD.call_once(|| {
            tracing::warn!(
                %error,
                "the database speaks another language, so that timeouts look like internal errors; \
                 `GRANT SET ON PARAMETER lc_messages TO` this server's role mends that"
            );
        });
    }
}
