//! What the database says that it was told.

use super::{app::TestApp, db::end_connections};

impl TestApp {
    /// Has the database note every statement of the connections that are opened from now on.
    pub async fn note_statements(&self) {
        let log = "DO $$ BEGIN
            EXECUTE format('ALTER DATABASE %I SET log_statement = ''all''', current_database());
        END $$";
        self.sql(log).await;
        end_connections(&self.database().await).await;
    }

    /// How many statements with this text the server has sent so far.
    pub async fn sent(&self, text: &str) -> usize {
        let database = self.database().await;
        let pids = "SELECT pid FROM pg_stat_activity
                    WHERE application_name = 'rookery' AND datname = current_database()";
        let pids = database.query(pids, &[]).await.unwrap();
        let marks: Vec<String> =
            pids.iter().map(|row| format!("[{}] LOG:  execute ", row.get::<_, i32>(0))).collect();
        let log = tokio::fs::read_to_string(self.database_log()).await.unwrap();
        let sent = |line: &str| line.contains(text) && marks.iter().any(|m| line.contains(m));
        log.lines().filter(|line| sent(line)).count()
    }
}
