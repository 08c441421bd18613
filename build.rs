//! Brings the playground's browser bundles into the binary, so that the page works with no internet.
//!
//! They come from npm where npm is there, locked by version and integrity in
//! `src/http/playground/package-lock.json`; otherwise nothing is embedded and the page names a CDN.
//! `ROOKERY_PLAYGROUND_ASSETS=npm` makes a failure of npm an error, `=cdn` never asks npm.
//!
//! The lock file names only the packages whose bundles are served: a bundle carries what it is
//! built from, and fetching a hundred packages more would only widen what has to be trusted. After
//! a change of version, `npm install --package-lock-only` and take the rest out again.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = "src/http/playground";
const CHOICE: &str = "ROOKERY_PLAYGROUND_ASSETS";

/// One file that the page loads. The hash is the page's integrity check when it comes from a CDN,
/// and is compared with the file whenever npm brings it, so that the two cannot differ.
struct Bundle {
    name: &'static str,
    package: &'static str,
    version: &'static str,
    file: &'static str,
    integrity: &'static str,
}

/// In the order in which the page loads them.
const BUNDLES: [Bundle; 5] = [
    Bundle {
        name: "graphiql.css",
        package: "graphiql",
        version: "4.1.2",
        file: "graphiql.min.css",
        integrity: "sha384-1el1QShFBnnXTx9x/Cprg82hZWKt0ry29OAYIXt05swbi0KcZDFoj0CWguMpopJr",
    },
    Bundle {
        name: "react.js",
        package: "react",
        version: "18.3.1",
        file: "umd/react.production.min.js",
        integrity: "sha384-DGyLxAyjq0f9SPpVevD6IgztCFlnMF6oW/XQGmfe+IsZ8TqEiDrcHkMLKI6fiB/Z",
    },
    Bundle {
        name: "react-dom.js",
        package: "react-dom",
        version: "18.3.1",
        file: "umd/react-dom.production.min.js",
        integrity: "sha384-gTGxhz21lVGYNMcdJOyq01Edg0jhn/c22nsx0kyqP0TxaV5WVdsSH1fSDUf5YJj1",
    },
    Bundle {
        name: "graphql-ws.js",
        package: "graphql-ws",
        version: "6.4.2",
        file: "umd/graphql-ws.min.js",
        integrity: "sha384-mxvR4Mzbsb6QVx/9xI2gtQikQA6m8zMDBFnu3l//4/ROsWt7y2sUGWd+/tYQqDm7",
    },
    Bundle {
        name: "graphiql.js",
        package: "graphiql",
        version: "4.1.2",
        file: "graphiql.min.js",
        integrity: "sha384-9XdHu7ajgGJziD4J1zNBKQ842Q/+zZfDv+ib1eMhZWBH6hPAs806x+Jbcf0yNO6B",
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    for input in ["package.json", "package-lock.json", "compress.mjs"] {
        println!("cargo::rerun-if-changed={SOURCE}/{input}");
    }
    println!("cargo::rerun-if-env-changed={CHOICE}");

    let out = PathBuf::from(env::var("OUT_DIR")?);
    let choice = env::var(CHOICE).ok();
    let embedded = match choice.as_deref() {
        Some("npm") => {
            fetch(&out)?;
            true
        }
        Some("cdn") => false,
        None | Some("") => fetch(&out).inspect_err(|why| warn_of_cdn(&why.to_string())).is_ok(),
        Some(other) => return Err(format!("{CHOICE} is `npm` or `cdn`, not `{other}`").into()),
    };
    if choice.as_deref() == Some("cdn") {
        warn_of_cdn(&format!("{CHOICE}=cdn"));
    }
    fs::write(out.join("playground_bundles.rs"), table(&out, embedded)?)?;
    Ok(())
}

fn warn_of_cdn(why: &str) {
    let why = why.lines().next().unwrap_or_default();
    println!(
        "cargo::warning=the playground loads its code from cdn.jsdelivr.net ({why}); \
         {CHOICE}=npm builds it in"
    );
}

/// Installs the locked packages beside the build's other output and compresses what is served.
fn fetch(out: &Path) -> Result<(), Box<dyn Error>> {
    let source = env::current_dir()?.join(SOURCE);
    let folder = out.join("playground");
    fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(source.join(file), folder.join(file))?;
    }
    // An unreachable registry must delay an offline build by seconds only.
    let patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"];
    run(Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .args(patience)
        .current_dir(&folder))?;
    for bundle in &BUNDLES {
        run(Command::new("node")
            .arg(source.join("compress.mjs"))
            .arg(folder.join("node_modules").join(bundle.package).join(bundle.file))
            .arg(out.join(bundle.name))
            .arg(bundle.integrity))?;
    }
    fs::remove_dir_all(folder)?;
    Ok(())
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let program = command.get_program().display().to_string();
    let output = command.output().map_err(|why| format!("{program} cannot be started: {why}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let reason = said.lines().find(|line| line.contains("rror")).unwrap_or("no reason given");
    Err(format!("{program} failed: {}", reason.trim()).into())
}

/// The Rust expression that `assets.rs` includes.
fn table(out: &Path, embedded: bool) -> Result<String, Box<dyn Error>> {
    let mut table = String::from("[\n");
    for Bundle { name, package, version, file, integrity } in &BUNDLES {
        let url = format!("https://cdn.jsdelivr.net/npm/{package}@{version}/{file}");
        let bytes = |suffix| format!("include_bytes!({:?})", out.join(format!("{name}{suffix}")));
        let forms = if embedded {
            let (plain, gzip, brotli) = (bytes(""), bytes(".gz"), bytes(".br"));
            format!("Some(Forms {{ plain: {plain}, gzip: Some({gzip}), brotli: Some({brotli}) }})")
        } else {
            "None".to_owned()
        };
        writeln!(
            table,
            "Bundle {{ name: {name:?}, url: {url:?}, integrity: {integrity:?}, forms: {forms} }},"
        )?;
    }
    table.push(']');
    Ok(table)
}
