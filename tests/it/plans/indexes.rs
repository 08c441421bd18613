//! Whether an index is read from the right place to the right place, or more of it than is asked for.

use std::collections::BTreeMap;

use tokio_postgres::Client as Sql;

/// The columns of every index, in order.
pub struct Indexes(BTreeMap<String, Vec<String>>);

impl Indexes {
    pub async fn read(sql: &Sql) -> Self {
        let indexes = "SELECT indexrelid::regclass::text,
                              array(SELECT pg_get_indexdef(indexrelid, place, true)
                                    FROM generate_series(1, indnkeyatts) AS place)
                       FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
                       WHERE relnamespace = 'public'::regnamespace";
        let rows = sql.query(indexes, &[]).await.unwrap();
        Self(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Whether these conditions leave open a column before one of theirs. Then all entries in between
    /// are read, and PostgreSQL counts only those that fit.
    pub fn reads_between(&self, index: &str, conditions: &str) -> bool {
        let columns = &self.0[index];
        let conditions: Vec<_> = conditions
            .split(" AND ")
            .map(|text| {
                let text = text.trim_start_matches('(').trim_start_matches("ROW(");
                let names = |column: &String| {
                    text.strip_prefix(column.as_str()).filter(|rest| rest.starts_with([' ', ',']))
                };
                let found =
                    columns.iter().enumerate().find_map(|(place, c)| Some((place, names(c)?)));
                let (place, rest) = found.unwrap_or_else(|| panic!("{index} {columns:?}: {text}"));
                (place, rest.starts_with(" = ") || rest.starts_with(" IS NULL"))
            })
            .collect();
        let is_fixed = |place: &usize| conditions.contains(&(*place, true));
        let fixed = (0..columns.len()).take_while(is_fixed).count();
        conditions.iter().any(|(place, _)| *place > fixed)
    }
}

#[test]
fn what_lies_between_is_read_where_a_column_is_open() {
    let columns = ["owner", "score", "id"].map(str::to_owned).to_vec();
    let indexes = Indexes(BTreeMap::from([("top".to_owned(), columns)]));
    let between = |conditions| indexes.reads_between("top", conditions);
    assert!(!between("(owner = $1)"));
    assert!(!between("((owner = a.owner) AND (ROW(score, id) < ROW($1, $2)))"));
    assert!(!between("((owner = $1) AND (score = 1) AND (id = ANY ($2)))"));
    assert!(between("((owner = $1) AND (id = $2))"));
    assert!(between("((owner = $1) AND (score > 1) AND (id = $2))"));
    assert!(between("(ROW(score, id) < ROW($1, $2))"));
}
