//! Requests with files, by the GraphQL multipart request convention: `operations`, then `map`, then
//! the files that it names.
//!
//! The operation is judged before the first byte of a file is read. Files go to disk as they come, to
//! files without a name, so that nothing of them outlives the request, whatever ends it. A file that
//! is too large is not kept, and the rest of it is let pass for a while, since most clients read an
//! answer only when they have sent everything.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Mutex,
};

use async_graphql::{Name, Value, Variables};
use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use multer::Field;
use tokio::io::AsyncWriteExt;

use super::{
    Parameters, Refusal,
    arrival::{Allowance, Arrival, HEAD_MAX, HeadTooLong},
    body::PASSED_OVER_BYTES,
};
use crate::{
    error::{Error, Result as Outcome},
    graphql::upload::{Upload, Uploaded, Uploads},
};

/// A form of another site can send multipart, but it cannot set one of these without asking first.
const PREFLIGHT: [&str; 3] =
    ["apollo-require-preflight", "x-apollo-operation-name", "graphql-require-preflight"];
/// As many as make sense: an operation has few mutations.
const MAX_FILES: usize = 4;
const MAP_MAX_BYTES: usize = 8 * 1024;

/// Whether a request says that it has files.
pub(super) fn is_sent(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let name = value.unwrap_or_default().split(';').next().unwrap_or_default();
    name.trim().eq_ignore_ascii_case("multipart/form-data")
}

/// The parts of a body, one after the other.
struct Parts {
    parser: multer::Multipart<'static>,
    allowance: Allowance,
}

impl Parts {
    fn new(headers: &HeaderMap, body: Body) -> Result<Self, Refusal> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(kind.unwrap_or_default())
            .map_err(|_missing| Refusal::bad_request("The multipart request has no boundary."))?;
        let (arrival, allowance) = Arrival::new(body.into_data_stream());
        Ok(Self { parser: multer::Multipart::new(arrival, boundary), allowance })
    }

    async fn next(&mut self) -> Result<Option<Field<'static>>, Refusal> {
        self.allowance.for_a_head();
        let field = self.parser.next_field().await.map_err(broken)?;
        self.allowance.for_content();
        Ok(field)
    }
}

/// A request with files, of which only the operation has been read.
pub(super) struct Form {
    parts: Parts,
    /// The number of each file under the name of its part.
    numbers: BTreeMap<String, usize>,
    max_file_bytes: usize,
}

impl Form {
    /// Reads the operation, and puts markers of the files that will come in their places.
    pub async fn open(
        headers: &HeaderMap,
        body: Body,
        max_body_bytes: usize,
        max_file_bytes: usize,
    ) -> Result<(Self, Parameters), Refusal> {
        let is_asked_for = |name: &&str| headers.get(*name).is_some_and(|value| !value.is_empty());
        if !PREFLIGHT.iter().any(is_asked_for) {
            return Err(Refusal::no_preflight());
        }
        let mut parts = Parts::new(headers, body)?;
        let operations = part(&mut parts, "operations", max_body_bytes).await?;
        let mut parameters = Parameters::from_json(&operations)?;
        let map = part(&mut parts, "map", MAP_MAX_BYTES).await?;
        let numbers = mark(&map, parameters.variables_mut())?;
        Ok((Self { parts, numbers, max_file_bytes }, parameters))
    }

    /// Reads the files.
    pub async fn files(mut self, request_id: &str) -> Result<Uploads, Refusal> {
        let mut files: BTreeMap<usize, Uploaded> = BTreeMap::new();
        while let Some(field) = self.parts.next().await? {
            let number = field.name().and_then(|name| self.numbers.get(name)).copied();
            let number = number.ok_or_else(|| {
                Refusal::bad_request("The multipart request has a part that `map` does not name.")
            })?;
            let Entry::Vacant(place) = files.entry(number) else {
                return Err(Refusal::bad_request(
                    "The multipart request has two files of one name.",
                ));
            };
            let (file, is_over) = receive(field, self.max_file_bytes, request_id).await?;
            place.insert(file);
            if is_over {
                // Nobody looks at what was not read.
                for number in self.numbers.values() {
                    files.entry(*number).or_insert(Uploaded::TooLarge(self.max_file_bytes));
                }
                break;
            }
        }
        if let Some((name, _)) = self.numbers.iter().find(|(_, number)| !files.contains_key(number))
        {
            let name: String = name.chars().take(40).collect();
            let message =
                format!("`map` names the part {name:?}, which the request does not have.");
            return Err(Refusal::bad_request(message));
        }
        Ok(Uploads::new(files.into_values().collect()))
    }
}

/// The whole of the next part, which must be this one.
async fn part(parts: &mut Parts, name: &'static str, max: usize) -> Result<Vec<u8>, Refusal> {
    let field = parts.next().await?;
    let Some(mut field) = field.filter(|field| field.name() == Some(name)) else {
        let message = "A multipart request begins with the parts `operations` and `map`.";
        return Err(Refusal::bad_request(message));
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > max {
            return Err(Refusal::part_too_large(name, max));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Puts the marker of each file where `map` says that it belongs.
fn mark(map: &[u8], variables: &mut Variables) -> Result<BTreeMap<String, usize>, Refusal> {
    let map: BTreeMap<String, Vec<String>> =
        serde_json::from_slice(map).map_err(|_unreadable| {
            Refusal::bad_request(
                "`map` must be a JSON object with a list of paths for each file, such as \
             {\"0\": [\"variables.input.image\"]}.",
            )
        })?;
    if map.len() > MAX_FILES {
        let message = format!("A request may have at most {MAX_FILES} files.");
        return Err(Refusal::bad_request(message));
    }
    let mut numbers = BTreeMap::new();
    for (number, (name, paths)) in map.into_iter().enumerate() {
        if paths.is_empty() {
            return Err(Refusal::bad_request("`map` has a file that belongs to no variable."));
        }
        for path in &paths {
            let place = place(variables, path).ok_or_else(|| {
                let path: String = path.chars().take(100).collect();
                Refusal::bad_request(format!("`map` names {path:?}, which is no variable."))
            })?;
            match place {
                Value::Null => *place = Upload::marker(number as u8),
                Value::Binary(_) => {
                    return Err(Refusal::bad_request("`map` has two files for one variable."));
                }
                _ => {
                    return Err(Refusal::bad_request(
                        "`map` names a variable that has a value already; it must be null.",
                    ));
                }
            }
        }
        numbers.insert(name, number);
    }
    Ok(numbers)
}

/// The value at a path such as `variables.input.image`.
fn place<'v>(variables: &'v mut Variables, path: &str) -> Option<&'v mut Value> {
    let mut steps = path.strip_prefix("variables.")?.split('.');
    let first = variables.get_mut(&Name::new(steps.next()?))?;
    steps.try_fold(first, |value, step| match value {
        Value::Object(fields) => fields.get_mut(step),
        Value::List(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Writes a file to disk as it comes; also says whether there was no end to it.
async fn receive(
    mut field: Field<'static>,
    max: usize,
    request_id: &str,
) -> Result<(Uploaded, bool), Refusal> {
    let failed = |error: Error| {
        let folder = std::env::temp_dir();
        tracing::error!(request_id, %error, folder = %folder.display(), "a file could not be received");
        Refusal::panicked(request_id)
    };
    let mut file = nameless().await.map_err(failed)?;
    let mut length = 0;
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        length += chunk.len();
        if length <= max {
            file.write_all(&chunk).await.map_err(|error| failed(Error::internal(error)))?;
        } else if length > max.saturating_add(PASSED_OVER_BYTES) {
            return Ok((Uploaded::TooLarge(max), true));
        }
    }
    if length > max {
        return Ok((Uploaded::TooLarge(max), false));
    }
    file.flush().await.map_err(|error| failed(Error::internal(error)))?;
    Ok((Uploaded::Whole(Mutex::new(file.into_std().await)), false))
}

/// A file that is gone when it is closed, also where the program is killed.
async fn nameless() -> Outcome<tokio::fs::File> {
    let made = tokio::task::spawn_blocking(tempfile::tempfile).await;
    Ok(tokio::fs::File::from_std(made.map_err(Error::internal)?.map_err(Error::internal)?))
}

fn broken(error: multer::Error) -> Refusal {
    match error {
        multer::Error::StreamReadFailed(error) if error.is::<HeadTooLong>() => {
            let message = format!("A part's head may have at most {HEAD_MAX} bytes.");
            Refusal::bad_request(message)
        }
        multer::Error::StreamReadFailed(_) | multer::Error::IncompleteStream => Refusal::cut_off(),
        multer::Error::IncompleteFieldData { .. } | multer::Error::IncompleteHeaders => {
            Refusal::cut_off()
        }
        _ => Refusal::bad_request("The multipart request is malformed."),
    }
}
