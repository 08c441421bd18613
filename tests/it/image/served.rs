//! Pictures over HTTP: parts, tags, and what is not there.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use sha2::{Digest, Sha256};

use super::{create, text};
use crate::support::{app::TestApp, client::Client, picture::png};

async fn get(client: &Client, path: &str, header: (&str, &str)) -> (StatusCode, String, Vec<u8>) {
    let request = client.request(Method::GET, path).header(header.0, header.1);
    let response = request.send().await.unwrap();
    let range = response.headers().get("content-range");
    let range = range.map(|range| range.to_str().unwrap().to_owned()).unwrap_or_default();
    (response.status(), range, response.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn a_part_can_be_had_and_what_is_known_is_not_sent_again() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    let written = create(&ada, png(40, 30)).await;
    let url = text(written.data("/createPost/post/imageUrl")).to_owned();
    assert!(url.starts_with(&format!("http://{}/media/", app.address)), "{url}");
    let (_, headers, whole) = stranger.fetch(&url).await;
    let path = &url[url.find("/media/").unwrap()..];
    let length = whole.len();

    let part = get(&stranger, path, ("range", "bytes=2-5")).await;
    assert_eq!(
        part,
        (StatusCode::PARTIAL_CONTENT, format!("bytes 2-5/{length}"), whole[2..6].into())
    );
    let rest = get(&stranger, path, ("range", "bytes=10-")).await;
    assert_eq!((rest.0, &rest.2[..]), (StatusCode::PARTIAL_CONTENT, &whole[10..]));
    let end = get(&stranger, path, ("range", "bytes=-3")).await;
    assert_eq!((end.0, &end.2[..]), (StatusCode::PARTIAL_CONTENT, &whole[length - 3..]));
    let past = get(&stranger, path, ("range", "bytes=99999999-")).await;
    assert_eq!((past.0, past.1), (StatusCode::RANGE_NOT_SATISFIABLE, format!("bytes */{length}")));
    let several = get(&stranger, path, ("range", "bytes=0-1,4-5")).await;
    assert_eq!((several.0, several.2.len()), (StatusCode::OK, length));

    let tag = headers["etag"].to_str().unwrap();
    let known = get(&stranger, path, ("if-none-match", tag)).await;
    assert_eq!((known.0, known.2.len()), (StatusCode::NOT_MODIFIED, 0));
    let other = get(&stranger, path, ("if-none-match", "\"other\"")).await;
    assert_eq!((other.0, other.2.len()), (StatusCode::OK, length));

    let head = stranger.request(Method::HEAD, path).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], length.to_string().as_str());
    assert_eq!(head.headers()["content-type"], "image/jpeg");
    assert_eq!(head.bytes().await.unwrap().len(), 0);
}

/// The second half of a picture's name, as it follows from its files.
fn digest(files: &[Vec<u8>]) -> String {
    let mut hash = Sha256::new();
    for file in files {
        hash.update((file.len() as u64).to_be_bytes());
        hash.update(file);
    }
    let letter = |byte: u8| char::from(b"0123456789abcdefghjkmnpqrstvwxyz"[usize::from(byte & 31)]);
    hash.finalize().into_iter().take(26).map(letter).collect()
}

#[tokio::test]
async fn a_name_says_what_lies_under_it_and_cannot_be_guessed_from_that() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    let mut secrets = BTreeSet::new();
    let mut contents = BTreeSet::new();
    for picture in [png(700, 300), png(700, 300), png(300, 700)] {
        let written = create(&ada, picture).await;
        let image = written.data("/createPost/post/image");
        let (mut files, mut names) = (Vec::new(), BTreeSet::new());
        for size in ["large", "medium", "small"] {
            let url = text(&image[size]);
            let (_, headers, bytes) = stranger.fetch(url).await;
            let file = &url[url.find("/media/").unwrap() + "/media/".len()..];
            assert_eq!(headers["etag"], format!("\"{file}\"").as_str());
            names.insert(file.split_once('_').unwrap().0.to_owned());
            files.push(bytes);
        }
        let name = names.pop_first().unwrap();
        assert_eq!((names.len(), name.len()), (0, 52));
        assert_eq!(&name[26..], digest(&files), "of {name}");
        secrets.insert(name[..26].to_owned());
        contents.insert(name[26..].to_owned());
    }
    assert_eq!((secrets.len(), contents.len()), (3, 2));
}

#[tokio::test]
async fn nothing_else_is_there() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    let written = create(&ada, png(200, 100)).await;
    let url = text(written.data("/createPost/post/imageUrl"));
    let file = &url[url.find("/media/").unwrap() + "/media/".len()..];
    let name = &file[..52];
    std::fs::write(app.uploads().join("secret.txt"), "secret").unwrap();
    let inside = app.uploads().join(&name[..2]).join(name);
    std::fs::write(inside.join("1600.jpg#1"), "unfinished").unwrap();
    for path in [
        "".to_owned(),
        "secret.txt".to_owned(),
        "../secret.txt".to_owned(),
        "..%2fsecret.txt".to_owned(),
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd".to_owned(),
        format!("{}/{name}/1600.jpg", &name[..2]),
        format!("{name}_1600.webp"),
        format!("{name}_640.jpg"),
        format!("{name}_1600.jpg%231"),
        format!("{name}_1600.jpg%00"),
        format!("{}_1600.jpg", "0".repeat(52)),
        format!("{}{}_1600.jpg", &name[..26], "0".repeat(26)),
        format!("{}_1600.jpg", &name[26..]),
    ] {
        let answer = stranger.get(&format!("/media/{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.text.contains("secret"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
    assert_eq!(stranger.get(&format!("/media/{file}")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn addresses_begin_as_the_settings_say() {
    let settings = [("PUBLIC_URL", "https://pictures.example.com/base/")];
    let (app, _) = TestApp::with_settings(&settings).await;
    let ada = app.user("ada").await;
    let written = create(&ada, png(4, 3)).await;
    let url = text(written.data("/createPost/post/imageUrl"));
    assert!(url.starts_with("https://pictures.example.com/base/media/"), "{url}");
}
