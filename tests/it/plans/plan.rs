//! Plans as `auto_explain` writes them, and what is wrong with one.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
};

use serde_json::Value;

use super::indexes::Indexes;

/// PostgreSQL's log, read to its end again and again.
pub struct Log {
    path: PathBuf,
    read: u64,
}

/// A statement with its plan.
pub struct Plan {
    statement: String,
    root: Value,
}

/// What the statements of a list may do although others may not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Sorts what was found: a search does, whose order no index has; and a feed, which sorts one
    /// row for each person followed and then the rows of its page.
    pub sorts: bool,
    /// Finds rows by bitmaps: a search does, since GIN indexes give no others.
    pub bitmaps: bool,
}

impl Log {
    pub fn new(path: PathBuf) -> Self {
        let read = path.metadata().unwrap().len();
        Self { path, read }
    }

    /// The plans that were added.
    pub fn plans(&mut self) -> Vec<Plan> {
        let mut file = File::open(&self.path).unwrap();
        file.seek(SeekFrom::Start(self.read)).unwrap();
        let mut text = Vec::new();
        self.read += file.read_to_end(&mut text).unwrap() as u64;
        let text = String::from_utf8_lossy(&text);
        // The lines of an entry but its first begin with a tab.
        let mut plans = Vec::new();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let mut rest = String::new();
            while let Some(more) = lines.next_if(|line| line.starts_with('\t')) {
                rest.push_str(more);
            }
            if line.contains(" LOG:  duration: ") && line.ends_with("plan:") {
                let mut explained: Value = serde_json::from_str(&rest).unwrap();
                let statement = explained["Query Text"].as_str().unwrap().to_owned();
                plans.push(Plan { statement, root: explained["Plan"].take() });
            }
        }
        plans
    }
}

impl Plan {
    /// Whatever a statement that reads one page must not do.
    pub fn faults(&self, allowed: &Allowed) -> Vec<String> {
        let mut faults = Vec::new();
        visit(&self.root, false, allowed, &mut faults);
        self.told(faults)
    }

    /// The indexes of which more is read than is asked for.
    pub fn reads_between(&self, indexes: &Indexes) -> Vec<String> {
        let mut faults = Vec::new();
        visit_scans(&self.root, indexes, &mut faults);
        self.told(faults)
    }

    fn told(&self, mut faults: Vec<String>) -> Vec<String> {
        if !faults.is_empty() {
            faults.push(format!("  in {}", self.statement));
        }
        faults
    }

    /// Whether it is no list's, but takes rows away.
    pub fn deletes(&self) -> bool {
        self.statement.trim_start().starts_with("DELETE ")
    }

    /// The tables that are read row by row.
    pub fn whole_reads(&self) -> Vec<String> {
        self.faults(&Allowed { sorts: true, bitmaps: true })
    }
}

/// `stops` says whether what asks this node for rows stops when it has those of a page.
fn visit(node: &Value, stops: bool, allowed: &Allowed, faults: &mut Vec<String>) {
    let kind = node["Node Type"].as_str().unwrap();
    let table = node["Relation Name"].as_str().unwrap_or_default();
    match kind {
        "Seq Scan" => faults.push(format!("  {kind} of {table}")),
        "Index Scan" | "Index Only Scan" if node["Index Cond"].is_null() && !stops => {
            faults.push(format!("  {kind} of all of {}", node["Index Name"]));
        }
        "Sort" | "Incremental Sort" if !allowed.sorts => faults.push(format!("  {kind}")),
        "Bitmap Heap Scan" if !allowed.bitmaps => faults.push(format!("  {kind} of {table}")),
        _ => {}
    }
    let passes_on = matches!(
        kind,
        "Nested Loop" | "Append" | "Merge Append" | "Subquery Scan" | "Result" | "ProjectSet"
    );
    for child in node["Plans"].as_array().into_iter().flatten() {
        let of_rows =
            matches!(child["Parent Relationship"].as_str(), Some("Outer" | "Subquery" | "Member"));
        visit(child, kind == "Limit" || of_rows && passes_on && stops, allowed, faults);
    }
}

fn visit_scans(node: &Value, indexes: &Indexes, faults: &mut Vec<String>) {
    if let (Some(index), Some(conditions)) =
        (node["Index Name"].as_str(), node["Index Cond"].as_str())
        && node["Node Type"] != "Bitmap Index Scan"
        && indexes.reads_between(index, conditions)
    {
        faults.push(format!("  {index} by {conditions}"));
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        visit_scans(child, indexes, faults);
    }
}

#[test]
fn a_scan_is_a_fault_unless_a_limit_stops_it() {
    let scan = serde_json::json!({ "Node Type": "Index Scan", "Index Name": "posts_pkey" });
    let over = |kind: &str, child: &Value| {
        let mut child = child.clone();
        child["Parent Relationship"] = "Outer".into();
        serde_json::json!({ "Node Type": kind, "Plans": [child] })
    };
    let faults = |root: Value| {
        let plan = Plan { statement: String::new(), root };
        plan.faults(&Allowed { sorts: true, bitmaps: false }).len()
    };
    assert_eq!(faults(over("Limit", &scan)), 0);
    assert_eq!(faults(over("Limit", &over("Nested Loop", &scan))), 0);
    assert_eq!(faults(scan.clone()), 2);
    assert_eq!(faults(over("Limit", &over("Sort", &scan))), 2);
    assert_eq!(faults(over("Limit", &over("Aggregate", &scan))), 2);
    let whole = serde_json::json!({ "Node Type": "Seq Scan", "Relation Name": "posts" });
    assert_eq!(faults(over("Limit", &whole)), 2);
}
