//! The files of the playground: the bundles that the build script brought and our own app, each
//! under a hash of them all, so that a browser may keep them for ever.
//!
//! Nothing is read from disk: a name that is not in the table does not exist.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

use super::encoding::AcceptEncoding;

/// A third-party file: embedded in its forms, or to be fetched from `url` and held to `integrity`.
pub(super) struct Bundle {
    pub(super) name: &'static str,
    pub(super) url: &'static str,
    pub(super) integrity: &'static str,
    pub(super) forms: Option<Forms>,
}

/// The bytes of a file as they are, and compressed where that was done ahead.
#[derive(Clone, Copy)]
pub(super) struct Forms {
    plain: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

static BUNDLES: [Bundle; 5] = include!(concat!(env!("OUT_DIR"), "/playground_bundles.rs"));

/// Our own files, too small to compress ahead.
const OWN: [(&str, &[u8]); 8] = [
    ("playground.css", include_bytes!("playground.css")),
    ("favicon.svg", include_bytes!("favicon.svg")),
    ("main.js", include_bytes!("app/main.js")),
    ("tabs.js", include_bytes!("app/tabs.js")),
    ("session.js", include_bytes!("app/session.js")),
    ("transport.js", include_bytes!("app/transport.js")),
    ("live.js", include_bytes!("app/live.js")),
    ("bar.js", include_bytes!("app/bar.js")),
];

struct Asset {
    name: &'static str,
    etag: HeaderValue,
    forms: Forms,
}

/// Every file that can be served, and the hash of them all.
pub(super) struct Assets {
    version: String,
    files: Vec<Asset>,
}

impl Assets {
    pub(super) fn get() -> &'static Self {
        static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::new);
        &ASSETS
    }

    fn new() -> Self {
        let bundles = BUNDLES.iter().filter_map(|bundle| Some((bundle.name, bundle.forms?)));
        let own =
            OWN.iter().map(|&(name, plain)| (name, Forms { plain, gzip: None, brotli: None }));
        let mut all = Sha256::new();
        let mut files = Vec::new();
        for (name, forms) in bundles.chain(own) {
            let digest = short_hex(&Sha256::digest(forms.plain));
            all.update(&digest);
            // Weak, because the compressed forms of a file share it.
            if let Ok(etag) = HeaderValue::try_from(format!("W/\"{digest}\"")) {
                files.push(Asset { name, etag, forms });
            }
        }
        Self { version: short_hex(&all.finalize()), files }
    }

    /// Where the files are, relative to the page.
    pub(super) fn folder(&self) -> String {
        format!("playground/{}", self.version)
    }

    pub(super) fn bundles(&self) -> &'static [Bundle] {
        &BUNDLES
    }

    pub(super) fn all_embedded(&self) -> bool {
        BUNDLES.iter().all(|bundle| bundle.forms.is_some())
    }

    fn find(&self, version: &str, name: &str) -> Option<&Asset> {
        self.files.iter().find(|file| file.name == name && self.version == version)
    }
}

/// Ninety-six bits are plenty against an accident, and there is no one to fool but oneself.
fn short_hex(digest: &[u8]) -> String {
    digest.iter().take(12).fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

pub(super) async fn serve(
    Path((version, name)): Path<(String, String)>,
    request: HeaderMap,
) -> Response {
    let Some(asset) = Assets::get().find(&version, &name) else {
        return (StatusCode::NOT_FOUND, "The playground has no such file.\n").into_response();
    };
    let headers = [
        (header::ETAG, asset.etag.clone()),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    if is_known_to(&request, &asset.etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let (coding, body) = asset.forms.best_for(&request);
    let mut response = (headers, body).into_response();
    let described = response.headers_mut();
    described.insert(header::CONTENT_TYPE, media_type(asset.name));
    if let Some(coding) = coding {
        described.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

impl Forms {
    fn best_for(&self, request: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
        let accepted = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        let accepted = AcceptEncoding(accepted.unwrap_or_default());
        [("br", self.brotli), ("gzip", self.gzip)]
            .into_iter()
            .find_map(|(coding, bytes)| {
                bytes.filter(|_| accepted.accepts(coding)).map(|b| (Some(coding), b))
            })
            .unwrap_or((None, self.plain))
    }
}

fn is_known_to(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let known =
        request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let etag = etag.to_str().map(opaque).unwrap_or_default();
    known.flat_map(|list| list.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == etag)
}

fn media_type(name: &str) -> HeaderValue {
    HeaderValue::from_static(match name.rsplit_once('.') {
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "application/octet-stream",
    })
}
