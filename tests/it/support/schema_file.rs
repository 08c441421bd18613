//! Prints `src/db/schema.rs` from the tables of a migrated database.

use std::fmt::Write as _;

use tokio_postgres::Client;

const HEADER: &str = "\
//! The tables as diesel sees them. Generated from the migrations; a test holds it against them.
//!
//! Columns of type `tsvector` are left out: only SQL reads them.
";

struct Table {
    name: String,
    key: Vec<String>,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    kind: String,
    nullable: bool,
}

/// The file's text.
pub async fn print(database: &Client) -> String {
    let tables = tables(database).await;
    let mut text = HEADER.to_owned();
    for table in &tables {
        write!(text, "\ndiesel::table! {{\n    {} ({}) {{\n", table.name, table.key.join(", "))
            .unwrap();
        for Column { name, kind, nullable } in &table.columns {
            let kind = diesel_type(kind);
            let kind = if *nullable { format!("Nullable<{kind}>") } else { kind.to_owned() };
            writeln!(text, "        {name} -> {kind},").unwrap();
        }
        text.push_str("    }\n}\n");
    }
    text.push_str("\ndiesel::allow_tables_to_appear_in_same_query!(\n");
    for table in &tables {
        writeln!(text, "    {},", table.name).unwrap();
    }
    text.push_str(");\n");
    text
}

async fn tables(database: &Client) -> Vec<Table> {
    let rows = database
        .query(
            "SELECT relname::text, array(
                 SELECT attname::text
                 FROM pg_index, unnest(indkey) WITH ORDINALITY AS part (number, place)
                 JOIN pg_attribute ON attnum = number
                 WHERE indrelid = pg_class.oid AND attrelid = pg_class.oid AND indisprimary
                   AND place <= indnkeyatts
                 ORDER BY place)
             FROM pg_class
             WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
               AND NOT relispartition AND relname <> '__diesel_schema_migrations'
             ORDER BY relname COLLATE \"C\"",
            &[],
        )
        .await
        .unwrap();
    let mut tables = Vec::new();
    for row in rows {
        let name: String = row.get(0);
        let columns = columns(database, &name).await;
        tables.push(Table { key: row.get(1), columns, name });
    }
    tables
}

async fn columns(database: &Client, table: &str) -> Vec<Column> {
    let rows = database
        .query(
            "SELECT column_name::text, udt_name::text, is_nullable = 'YES'
             FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name = $1 AND udt_name <> 'tsvector'
             ORDER BY ordinal_position",
            &[&table],
        )
        .await
        .unwrap();
    let column = |row: tokio_postgres::Row| Column {
        name: row.get(0),
        kind: row.get(1),
        nullable: row.get(2),
    };
    rows.into_iter().map(column).collect()
}

fn diesel_type(kind: &str) -> &'static str {
    match kind {
        "bool" => "Bool",
        "bytea" => "Bytea",
        "date" => "Date",
        "float8" => "Float8",
        "int2" => "Int2",
        "int4" => "Int4",
        "int8" => "Int8",
        "jsonb" => "Jsonb",
        "text" => "Text",
        "timestamptz" => "Timestamptz",
        "uuid" => "Uuid",
        "_text" => "Array<Nullable<Text>>",
        "_uuid" => "Array<Nullable<Uuid>>",
        other => panic!("the generator of schema.rs does not know the type {other} yet"),
    }
}
