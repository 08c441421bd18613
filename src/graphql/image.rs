//! Pictures: the type, and the addresses under which they are.

use async_graphql::{
    Context, Enum, ID, InputValueError, InputValueResult, Object, Scalar, ScalarType, Value,
};

use axum::http::HeaderValue;

use super::{context::ContextExt, json::Written};
use crate::{
    db::image::ImageText,
    error::{Error, Result},
    media::{self, ImageFile, Pass, StoredImage},
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

impl Written for Url {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
}

impl Url {
    /// Where this server has a file: under the address that is set, or else under the one that the
    /// request was sent to.
    fn of(ctx: &Context<'_>, file: &ImageFile) -> Self {
        let request = ctx.request();
        Self(match (&ctx.app().config.public_url, request.host.as_ref().and_then(plain)) {
            (Some(base), _) => format!("{}/media/{file}", base.0),
            (None, Some(host)) => {
                let scheme = if request.secure { "https" } else { "http" };
                format!("{scheme}://{host}/media/{file}")
            }
            (None, None) => format!("/media/{file}"),
        })
    }

    /// The same for a file that is hidden from most: whoever is told this address may see it.
    fn of_hidden(ctx: &Context<'_>, file: &ImageFile) -> Result<Self> {
        let pass = Pass::new(&ctx.app().keys, file)?;
        Ok(Self(format!("{}?{pass}", Self::of(ctx, file).0)))
    }
}

/// A host of nothing but what hosts are made of.
fn plain(host: &HeaderValue) -> Option<&str> {
    let host = host.to_str().ok()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-:[]_".contains(c);
    (!host.is_empty() && host.chars().all(fits)).then_some(host)
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
    /// Whether only few see whose picture it is.
    hidden: bool,
}

impl Image {
    /// The picture that stands in a row like this; `None` where the row has none.
    ///
    /// # Errors
    /// When what stands there is no picture.
    pub fn read(
        stored: Option<&ImageText>,
        alt: Option<&str>,
        hidden: bool,
    ) -> Result<Option<Self>> {
        let Some(text) = stored.map(ImageText::as_str) else { return Ok(None) };
        let stored = text.parse().map_err(|error| Error::internal(format!("{error}: {text:?}")))?;
        Ok(Some(Self { stored, alt: alt.map(str::to_owned), hidden }))
    }

    async fn address(&self, ctx: &Context<'_>, size: media::ImageSize) -> Result<Url> {
        let file = self.stored.file(size);
        // The suspended see their own rows, and may open their pictures to nobody.
        if self.hidden && ctx.viewer_is_admin().await {
            Url::of_hidden(ctx, &file)
        } else {
            Ok(Url::of(ctx, &file))
        }
    }
}

/// Where the largest file of a picture is.
///
/// # Errors
/// When what stands in the row is no picture.
pub async fn largest(ctx: &Context<'_>, picture: Result<Option<Image>>) -> Result<Option<Url>> {
    let Some(picture) = picture? else { return Ok(None) };
    Ok(Some(picture.address(ctx, media::ImageSize::Large).await?))
}

/// The same where nothing has to be waited for.
pub fn largest_at_once(ctx: &Context<'_>, picture: Result<Option<Image>>) -> Option<Option<Url>> {
    let Some(picture) = picture.ok()? else { return Some(None) };
    let file = picture.stored.file(media::ImageSize::Large);
    (!picture.hidden).then(|| Some(Url::of(ctx, &file)))
}

/// A picture that somebody uploaded, as JPEG, or as WebP where something shines through.
#[Object]
impl Image {
    /// The picture's id, for caches; another picture has another one.
    async fn id(&self) -> ID {
        ID(self.stored.name.to_string())
    }

    /// Where the picture is, in this size or in the largest that there is. The address never shows
    /// another picture, and shows none any more when what the picture belongs to is gone. That of a
    /// suspended person's picture, which admins are told, is good for an hour or two.
    async fn url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In which size.", default_with = "ImageSize::Large")] size: ImageSize,
    ) -> Result<Url> {
        self.address(ctx, size.into()).await
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
