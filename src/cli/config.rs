//! `rookery config`: every setting, for people and for files.
//!
//! The files that repeat the settings are printed here too (`--format env` is `.env.example`,
//! `--format markdown` the README's table), so that there is one description of each.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Outcome, output, tell_misspelt, worker_threads};
use crate::config::{Config, Origination, SETTINGS, Setting, Source};

/// How wide the texts under the settings are.
const WIDTH: usize = 92;

/// What to show.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rookery config
  rookery config --format json | jq '.[] | select(.source != \"default\")'
  rookery config --format env > .env")]
pub(super) struct Arguments {
    /// How to print the settings
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The forms in which the settings can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Every setting with its value, source and meaning
    Text,
    /// The same for programs
    Json,
    /// A .env file with every default, commented out
    Env,
    /// A table of variables, defaults and meanings
    Markdown,
}

/// Prints the settings; then says what is wrong with them, if anything is.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    let source = Source::from_process()?;
    output::print(&arguments.format.render(&source))?;
    tell_misspelt(&source);
    if matches!(arguments.format, Format::Text | Format::Json) {
        Config::read(&source)?;
    }
    Ok(())
}

impl Format {
    /// The settings in this form, with the values that `source` gives them.
    #[must_use]
    pub fn render(self, source: &Source) -> String {
        // Where something is wrong with them, nothing follows from them.
        let config = Config::read(source).ok();
        let shown = |setting| Shown::new(setting, source, config.as_ref());
        match self {
            Self::Text => SETTINGS.iter().map(|it| text(it, &shown(it))).collect(),
            Self::Json => {
                let all: Vec<_> = SETTINGS.iter().map(|it| json(it, shown(it))).collect();
                format!("{:#}\n", serde_json::Value::from(all))
            }
            Self::Env => env(),
            Self::Markdown => markdown(),
        }
    }
}

/// A setting as it may be shown.
struct Shown {
    /// Empty when there is none.
    value: String,
    source: &'static str,
    /// What holds, where that is not the value itself.
    in_force: Option<String>,
}

impl Shown {
    fn new(setting: &Setting, source: &Source, config: Option<&Config>) -> Self {
        let (value, source) = match source.get(setting.name) {
            Some((value, Origination::Environment)) => (value, "environment"),
            Some((value, Origination::File)) => (value, ".env"),
            None => (setting.default, "default"),
        };
        let value = if setting.secret && !value.is_empty() { "(hidden)" } else { value };
        let in_force = config.and_then(|config| in_force(setting.name, config));
        let in_force = in_force.filter(|it| it != value);
        Self { value: value.to_owned(), source, in_force }
    }
}

/// What the settings come to whose default depends on others, or on the machine.
fn in_force(name: &str, config: &Config) -> Option<String> {
    match name {
        "PLAYGROUND" => Some(config.playground().to_string()),
        "INTROSPECTION" => Some(config.introspection().to_string()),
        "UPLOAD_DIR" if config.s3_bucket.is_none() => Some(config.uploads().display().to_string()),
        "WORKER_THREADS" => Some(worker_threads(config.worker_threads).to_string()),
        _ => None,
    }
}

fn text(setting: &Setting, Shown { value, source, in_force }: &Shown) -> String {
    let value = if value.is_empty() { "(unset)" } else { value };
    let comes_to = in_force.as_ref().map_or_else(String::new, |it| format!(", which means {it}"));
    let mut text = format!("{} = {value}{comes_to}  [{source}]\n", setting.name);
    for line in wrap(setting.meaning.trim()) {
        // Writing to a string does not fail, here and below.
        let _written = writeln!(text, "    {line}");
    }
    text
}

fn json(setting: &Setting, Shown { value, source, in_force }: Shown) -> serde_json::Value {
    let or_null = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "name": setting.name,
        "value": or_null(&value),
        "in_force": in_force.as_deref().or_else(|| Some(&value)).and_then(or_null),
        "source": source,
        "default": or_null(setting.default),
        "secret": setting.secret,
        "meaning": setting.meaning.trim(),
    })
}

fn env() -> String {
    let mut text = "\
# The settings of Rookery. Copy this file to `.env` and change what you need; a variable of the
# environment comes before a line here. What is commented out shows the default.
"
    .to_owned();
    for setting in SETTINGS {
        text.push('\n');
        for line in wrap(setting.meaning.trim()) {
            let _written = writeln!(text, "# {line}");
        }
        let _written = writeln!(text, "#{}={}", setting.name, setting.default);
    }
    text
}

fn markdown() -> String {
    let mut text = "| Variable | Default | Meaning |\n|---|---|---|\n".to_owned();
    for setting in SETTINGS {
        let default = if setting.default.is_empty() {
            String::new()
        } else {
            format!("`{}`", setting.default)
        };
        let meaning = setting.meaning.trim().replace('|', "\\|");
        let _written = writeln!(text, "| `{}` | {default} | {meaning} |", setting.name);
    }
    text
}

/// Breaks a text into lines at its spaces.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + word.len() < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_in_every_form() {
        let source = Source::from_pairs([
            ("SECRET_KEY", "correct-horse-battery"),
            ("DATABASE_URL", "postgres://me:correct-horse@db/x"),
            ("PORT", "9000"),
        ]);
        for format in [Format::Text, Format::Json, Format::Env, Format::Markdown] {
            assert!(!format.render(&source).contains("correct-horse"), "{format:?}");
        }
        let text = Format::Text.render(&source);
        assert!(text.contains("SECRET_KEY = (hidden)  [environment]"));
        assert!(text.contains("PORT = 9000  [environment]"));
        assert!(text.contains("DATABASE_PASSWORD = (unset)  [default]"));
    }

    #[test]
    fn json_tells_values_from_defaults() {
        let text = Format::Json.render(&Source::from_pairs([("PORT", "9000")]));
        let all: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let port = all.iter().find(|setting| setting["name"] == "PORT").unwrap();
        assert_eq!((&port["value"], &port["default"]), (&"9000".into(), &"8000".into()));
        assert_eq!(port["source"], "environment");
        let of = |name: &str| all.iter().find(|setting| setting["name"] == name).unwrap();
        assert_eq!(
            (&of("PLAYGROUND")["value"], &of("PLAYGROUND")["in_force"]),
            (&None::<()>.into(), &"true".into())
        );
        assert_eq!(of("UPLOAD_DIR")["in_force"], "data/uploads");
        assert_eq!(port["in_force"], "9000");
    }
}
