//! Pictures: the type, and the addresses under which they are.

use async_graphql::{
    Context, Enum, InputValueError, InputValueResult, Object, Scalar, ScalarType, Value,
};

use super::context::ContextExt;
use crate::{
    db::image::ImageText,
    error::{Error, Result},
    media::{self, ImageFile, StoredImage},
};

/// An address in the web.
pub struct Url(String);

/// An address in the web, as browsers understand it.
#[Scalar(name = "URL", specified_by_url = "https://url.spec.whatwg.org/")]
impl ScalarType for Url {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

impl Url {
    /// Where this server has a file: under the address that is set, or else under the one that the
    /// request was sent to.
    fn of(ctx: &Context<'_>, file: &ImageFile) -> Self {
        let request = ctx.request();
        Self(match (&ctx.app().config.public_url, &request.host) {
            (Some(base), _) => format!("{}/media/{file}", base.0),
            (None, Some(host)) => {
                let scheme = if request.secure { "https" } else { "http" };
                format!("{scheme}://{host}/media/{file}")
            }
            (None, None) => format!("/media/{file}"),
        })
    }
}

/// How large a picture is wanted. None is made larger than it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "media::ImageSize")]
pub enum ImageSize {
    /// At most 1600 pixels on the longer side: for a page of its own.
    Large,
    /// At most 640 pixels on the longer side: for lists.
    Medium,
    /// At most 160 pixels on the longer side: for thumbnails.
    Small,
}

/// A picture that somebody uploaded, as JPEG, or as WebP where something shines through.
pub struct Image {
    stored: StoredImage,
    alt: Option<String>,
}

impl Image {
    /// The picture that stands in a row like this; `None` where the row has none.
    ///
    /// # Errors
    /// When what stands there is no picture.
    pub fn read(stored: Option<&ImageText>, alt: Option<&str>) -> Result<Option<Self>> {
        let Some(text) = stored.map(ImageText::as_str) else { return Ok(None) };
        let stored = text.parse().map_err(|error| Error::internal(format!("{error}: {text:?}")))?;
        Ok(Some(Self { stored, alt: alt.map(str::to_owned) }))
    }

    /// Where its largest file is.
    pub fn large(&self, ctx: &Context<'_>) -> Url {
        Url::of(ctx, &self.stored.file(media::ImageSize::Large))
    }
}

/// A picture that somebody uploaded, as JPEG, or as WebP where something shines through.
#[Object]
impl Image {
    /// Where the picture is, in this size or in the largest that there is. The address never shows
    /// another picture, and shows none any more when what the picture belongs to is gone.
    async fn url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In which size.", default_with = "ImageSize::Large")] size: ImageSize,
    ) -> Url {
        Url::of(ctx, &self.stored.file(size.into()))
    }

    /// How wide it is in its large size, in pixels.
    async fn width(&self) -> u32 {
        self.stored.width
    }

    /// How high it is in its large size, in pixels. All sizes have the same shape.
    async fn height(&self) -> u32 {
        self.stored.height
    }

    /// What can be seen in it, for those who cannot; null when nobody said.
    async fn alt_text(&self) -> Option<&str> {
        self.alt.as_deref()
    }

    /// A ThumbHash in base 64: some 25 bytes from which a frontend paints a blurred picture until the
    /// picture itself is there.
    async fn placeholder(&self) -> Option<String> {
        Some(self.stored.placeholder_text())
    }
}
