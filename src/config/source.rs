//! Where settings come from: the environment first, then a `.env` file of the current folder.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    io::ErrorKind,
};

use super::{ConfigError, SETTINGS, Setting};

/// The variables that a configuration is read from.
#[derive(Debug, Default)]
pub struct Source {
    environment: HashMap<String, String>,
    file: HashMap<String, String>,
}

/// Which place gave a setting its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origination {
    /// An environment variable.
    Environment,
    /// The `.env` file.
    File,
}

impl Source {
    /// The process's environment, with `.env` of the current folder behind it.
    ///
    /// # Errors
    /// When `.env` is there but cannot be read as one, or a setting is no text.
    pub fn from_process() -> Result<Self, ConfigError> {
        let environment = read_environment(std::env::vars_os())?;
        let file = read_file(&environment)?;
        Ok(Self { environment, file })
    }

    /// Just these variables: for tests and for programs that embed the server.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self { environment: pairs.into_iter().map(own).collect(), file: HashMap::new() }
    }

    /// The text of one variable and where it came from. An empty variable counts as unset, also
    /// where the file has a line for it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<(&str, Origination)> {
        [(&self.environment, Origination::Environment), (&self.file, Origination::File)]
            .into_iter()
            .find_map(|(map, origin)| Some((map.get(name)?.as_str(), origin)))
            .filter(|(text, _)| !text.is_empty())
    }

    /// The variables that are no settings, each with the setting that was perhaps meant.
    #[must_use]
    pub fn misspelt(&self) -> Vec<(&str, &'static str)> {
        let is_setting = |name: &str| SETTINGS.iter().any(|setting| setting.name == name);
        let strangers = self.environment.keys().chain(self.file.keys());
        let meant = strangers.filter(|name| !is_setting(name)).filter_map(|name| {
            let is_near = |setting: &&Setting| is_near(name, setting.name);
            Some((name.as_str(), SETTINGS.iter().find(is_near)?.name))
        });
        let mut meant: Vec<_> = meant.collect();
        meant.sort_unstable();
        meant.dedup();
        meant
    }
}

/// Whether somebody who writes the one may mean the other. Short names are like many others.
fn is_near(name: &str, setting: &str) -> bool {
    let is_abbreviated = setting.strip_prefix(name).is_some_and(|rest| !rest.starts_with('_'));
    name.len() >= 8 && (is_abbreviated || strsim::osa_distance(name, setting) <= 2)
}

/// Variables of others may be what they like.
fn read_environment(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<HashMap<String, String>, ConfigError> {
    let (mut environment, mut problems) = (HashMap::new(), Vec::new());
    for (name, value) in variables {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => {
                environment.insert(name, value);
            }
            Err(_bytes) if SETTINGS.iter().any(|setting| setting.name == name) => {
                problems.push(format!("{name}: not readable, it must be text in UTF-8"));
            }
            Err(_bytes) => {}
        }
    }
    if problems.is_empty() { Ok(environment) } else { Err(ConfigError(problems)) }
}

fn read_file(
    environment: &HashMap<String, String>,
) -> Result<HashMap<String, String>, ConfigError> {
    match std::fs::read_to_string(".env") {
        Ok(text) => read_text(&text, environment),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(HashMap::new()),
        Err(error) => Err(ConfigError(vec![format!(".env: {error}")])),
    }
}

fn read_text(
    text: &str,
    environment: &HashMap<String, String>,
) -> Result<HashMap<String, String>, ConfigError> {
    // What some editors put before a text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match cut_short(text, environment) {
        Some(problem) => Err(ConfigError(vec![problem])),
        None => collect(dotenvy::from_read_iter(text.as_bytes())),
    }
}

/// A `$` in a value stands for another variable there, and for nothing where there is no such
/// variable: most likely it is part of a password.
fn cut_short(text: &str, environment: &HashMap<String, String>) -> Option<String> {
    let mut known: HashSet<&str> = environment.keys().map(String::as_str).collect();
    for line in text.lines() {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else { continue };
        let (name, value) = (name.trim(), value.trim_start());
        let is_literal = name.starts_with('#') || value.starts_with(['\'', '#']);
        let missing = value.match_indices('$').filter(|_| !is_literal).any(|(at, _)| {
            let named = value[at + 1..].trim_start_matches('{');
            let end = named.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let named = &named[..end.unwrap_or(named.len())];
            !value[..at].ends_with('\\') && !named.is_empty() && !known.contains(named)
        });
        if missing {
            return Some(format!(
                ".env: {name} has a $ that stands for a variable which there is not; put single \
                 quotes around a value that holds a $"
            ));
        }
        known.insert(name);
    }
    None
}

fn collect(
    entries: impl Iterator<Item = dotenvy::Result<(String, String)>>,
) -> Result<HashMap<String, String>, ConfigError> {
    let mut all = HashMap::new();
    let mut place = "the first line that is no comment".to_owned();
    for entry in entries {
        // The parser's own words would repeat the line, which may hold a secret.
        let (name, value) = entry.map_err(|error| match error {
            dotenvy::Error::LineParse(..) => ConfigError(vec![format!(
                ".env: {place} cannot be read; it must be NAME=value, with single quotes around a \
                 value that holds spaces or signs such as # and $"
            )]),
            other => ConfigError(vec![format!(".env: {other}")]),
        })?;
        place = format!("the line after {name}");
        all.insert(name, value);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(content: &str) -> String {
        read_text(content, &HashMap::new()).unwrap_err().to_string()
    }

    #[test]
    fn a_value_is_not_cut_at_a_dollar() {
        for cut in ["SECRET_KEY=pa$word", "A=1\nSECRET_KEY=\"x${B}y\""] {
            let said = problem(cut);
            assert!(said.contains("SECRET_KEY has a $") && !said.contains("word"), "{said}");
        }
        let value = |content: &str| {
            let environment = HashMap::from([("HOME".to_owned(), "/home/x".to_owned())]);
            read_text(content, &environment).unwrap().remove("A").unwrap()
        };
        assert_eq!(value("A='pa$word'"), "pa$word");
        assert_eq!(value("A=pa\\$word"), "pa$word");
        assert_eq!(value("\u{feff}B=b\nexport A=$B"), "b");
    }

    #[test]
    fn a_setting_that_is_no_text_is_a_problem_and_others_variables_are_none() {
        use std::os::unix::ffi::OsStringExt;

        let read = |name: &str| {
            let value = OsString::from_vec(b"80\xff".to_vec());
            read_environment([(name.into(), value)].into_iter())
        };
        assert!(read("PORT").unwrap_err().to_string().contains("PORT: not readable"));
        assert!(read("SOMEBODYS_OWN").unwrap().is_empty());
    }

    #[test]
    fn a_name_with_an_error_in_it_is_noticed() {
        let names =
            ["DATABSE_URL", "DATABASE_HOST", "SECRET_KEYS", "DATABASE_URL", "HOSTS", "LANG"];
        let source = Source::from_pairs(names.map(|name| (name, "x")));
        let meant = [
            ("DATABASE_HOST", "DATABASE_HOSTNAME"),
            ("DATABSE_URL", "DATABASE_URL"),
            ("SECRET_KEYS", "SECRET_KEY"),
        ];
        assert_eq!(source.misspelt(), meant);
    }

    #[test]
    fn an_empty_variable_comes_before_the_file() {
        let pairs = |value: &str| HashMap::from([("PORT".to_owned(), value.to_owned())]);
        let source = Source { environment: pairs(""), file: pairs("9000") };
        assert_eq!(source.get("PORT"), None);
        let source = Source { environment: HashMap::new(), file: pairs("9000") };
        assert_eq!(source.get("PORT"), Some(("9000", Origination::File)));
    }

    #[test]
    fn a_broken_line_is_found_without_showing_it() {
        let after = problem("PORT=1\nSECRET_KEY=correct horse");
        assert!(after.contains("the line after PORT") && !after.contains("horse"), "{after}");
        let first = problem("# settings\nSECRET_KEY correct");
        assert!(first.contains("the first line") && !first.contains("correct"), "{first}");
    }
}
