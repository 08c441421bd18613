//! Everything that migrations can make in a database, as lines to compare.

use tokio_postgres::Client;

const CATALOG: &str = r#"
WITH ours AS (
    SELECT oid, relname, relkind, reloptions FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE '\_\_diesel%'
)
SELECT line FROM (
    SELECT format('table %s %s', relname, reloptions) AS line FROM ours WHERE relkind IN ('r', 'p')
    UNION ALL
    SELECT format('column %s.%s %s null:%s default:%s generated:%s comment:%s', relname,
                  attname, format_type(atttypid, atttypmod), NOT attnotnull,
                  pg_get_expr(adbin, adrelid), attgenerated, col_description(ours.oid, attnum))
    FROM ours JOIN pg_attribute ON attrelid = ours.oid AND attnum > 0 AND NOT attisdropped
         LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relkind IN ('r', 'p')
    UNION ALL
    SELECT format('order of %s: %s', relname, string_agg(attname, ' ' ORDER BY attnum))
    FROM ours JOIN pg_attribute ON attrelid = ours.oid AND attnum > 0 AND NOT attisdropped
    WHERE relkind IN ('r', 'p') GROUP BY relname
    UNION ALL
    SELECT format('constraint %s on %s: %s', conname, relname, pg_get_constraintdef(pg_constraint.oid))
    FROM ours JOIN pg_constraint ON conrelid = ours.oid
    UNION ALL
    SELECT format('index %s', pg_get_indexdef(ours.oid)) FROM ours WHERE relkind IN ('i', 'I')
    UNION ALL
    SELECT format('trigger %s', pg_get_triggerdef(pg_trigger.oid))
    FROM ours JOIN pg_trigger ON tgrelid = ours.oid AND NOT tgisinternal
    UNION ALL
    SELECT format('other %s %s', relkind, relname) FROM ours WHERE relkind NOT IN ('r', 'p', 'i', 'I')
    UNION ALL
    SELECT format('function %s', pg_get_functiondef(pg_proc.oid)) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    UNION ALL
    SELECT format('type %s', typname) FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('d', 'e', 'r')
    UNION ALL
    SELECT format('extension %s', extname) FROM pg_extension WHERE extname <> 'plpgsql'
) AS lines
ORDER BY line COLLATE "C"
"#;

/// The catalog's lines, sorted.
pub async fn dump(database: &Client) -> Vec<String> {
    let rows = database.query(CATALOG, &[]).await.unwrap();
    rows.into_iter().map(|row| row.get(0)).collect()
}
