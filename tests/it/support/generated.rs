//! Files of the repository that are printed from the code, held against what the code prints.

use std::{fs, path::PathBuf};

/// Set to write the files instead of comparing them.
const UPDATE: &str = "UPDATE_GENERATED";

/// Holds a whole file against what it should be.
pub fn assert_file(path: &str, expected: &str) {
    compare(path, &read(path), expected);
}

/// Holds the part of a file between the lines `<!-- NAME -->` and `<!-- end of NAME -->` against
/// what it should be.
pub fn assert_part(path: &str, name: &str, expected: &str) {
    let whole = read(path);
    let (opening, closing) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = whole.split_once(&opening).expect("the file has the opening line");
    let (_, after) = rest.split_once(&closing).expect("the file has the closing line");
    compare(path, &whole, &format!("{before}{opening}\n{expected}\n{closing}{after}"));
}

fn read(path: &str) -> String {
    fs::read_to_string(absolute(path)).unwrap_or_default()
}

fn absolute(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), path].iter().collect()
}

fn compare(path: &str, actual: &str, expected: &str) {
    if actual == expected {
        return;
    }
    if std::env::var_os(UPDATE).is_some() {
        fs::write(absolute(path), expected).unwrap();
        return;
    }
    let same = actual.lines().zip(expected.lines()).take_while(|(one, other)| one == other).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    panic!(
        "{path} is out of date. Line {} is\n  {}\nand should be\n  {}\n\
         Run `{UPDATE}=1 cargo test generated` to write it anew, and look at what changed.",
        same + 1,
        line(actual),
        line(expected),
    );
}
