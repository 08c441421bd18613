//! Where settings come from: the environment first, then a `.env` file of the current folder.

use std::collections::HashMap;

use super::ConfigError;

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
    /// When `.env` is there but cannot be read as one.
    pub fn from_process() -> Result<Self, ConfigError> {
        let mut file = HashMap::new();
        if let Ok(entries) = dotenvy::from_filename_iter(".env") {
            for entry in entries {
                let (name, value) =
                    entry.map_err(|error| ConfigError(vec![format!(".env: {error}")]))?;
                file.insert(name, value);
            }
        }
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Ok(Self { environment, file })
    }

    /// Just these variables: for tests and for programs that embed the server.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self { environment: pairs.into_iter().map(own).collect(), file: HashMap::new() }
    }

    /// The text of one variable and where it came from. An empty variable counts as unset.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<(&str, Origination)> {
        [(&self.environment, Origination::Environment), (&self.file, Origination::File)]
            .into_iter()
            .find_map(|(map, origin)| {
                let text = map.get(name).filter(|text| !text.is_empty())?;
                Some((text.as_str(), origin))
            })
    }
}
