//! Files that came with a request: the scalar that stands for one, and what becomes of a picture.

use std::{
    fs::File,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{Context, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use bytes::Bytes;

use super::{
    context::ContextExt,
    error::{Problems, UserError, UserErrorCode},
};
use crate::{
    error::{Error, Result},
    media::{Finished, Unreadable},
    text,
};

/// A file, sent along by the GraphQL multipart request convention, whose variable this is.
///
/// Only a variable can be one, since the value that it is given is none that JSON can write: so
/// nobody can name a file that did not come with the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload(u8);

impl Upload {
    /// What a variable is set to that the file of this number belongs to.
    #[must_use]
    pub fn marker(number: u8) -> Value {
        Value::Binary(Bytes::copy_from_slice(&[number]))
    }
}

/// A file that is sent along with the request, by the GraphQL multipart request convention: see
/// <https://github.com/jaydenseric/graphql-multipart-request-spec>. Apollo's and urql's clients do
/// so where a variable holds a browser's `File`. Such a request needs the header
/// `apollo-require-preflight: true` and somebody who is logged in.
#[Scalar(specified_by_url = "https://github.com/jaydenseric/graphql-multipart-request-spec")]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Binary(bytes) if bytes.len() == 1 => Ok(Self(bytes[0])),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Null
    }
}

/// A file that came with a request.
#[derive(Debug)]
pub enum Uploaded {
    /// All of it, on disk under no name.
    Whole(Mutex<File>),
    /// More than this many bytes, which were not kept.
    TooLarge(usize),
}

/// The files that came with a request, by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Uploads(Option<Arc<Vec<Uploaded>>>);

impl Uploads {
    /// These files.
    #[must_use]
    pub fn new(files: Vec<Uploaded>) -> Self {
        Self(Some(Arc::new(files)))
    }

    fn get(&self, upload: Upload) -> Option<&Uploaded> {
        self.0.as_ref()?.get(usize::from(upload.0))
    }
}

/// A picture out of a file; `None` where it was not accepted, which is noted under the field's name.
///
/// # Errors
/// When the machine is in trouble.
pub async fn develop(
    ctx: &Context<'_>,
    problems: &mut Problems,
    field: &str,
    upload: Upload,
) -> Result<Option<Finished>> {
    let file = match ctx.request().uploads.get(upload) {
        Some(Uploaded::Whole(file)) => {
            let file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.try_clone().map_err(Error::internal)?
        }
        Some(Uploaded::TooLarge(max)) => {
            let message = format!("The file is larger than {}.", text::bytes(*max));
            problems.push(UserError::field(field, UserErrorCode::TooLarge, message));
            return Ok(None);
        }
        None => return Err(Error::bad_input("An upload has no file.")),
    };
    // Boxed, since few requests have files, and every mutation of a picture would hold it.
    match Box::pin(ctx.app().media.develop(file)).await? {
        Ok(finished) => Ok(Some(finished)),
        Err(unreadable) => {
            problems.push(UserError::field(field, code(unreadable), unreadable.to_string()));
            Ok(None)
        }
    }
}

fn code(unreadable: Unreadable) -> UserErrorCode {
    match unreadable {
        Unreadable::TooManyPixels | Unreadable::TooMuchMemory { .. } => UserErrorCode::TooLarge,
        Unreadable::Empty => UserErrorCode::Required,
        _ => UserErrorCode::Invalid,
    }
}
