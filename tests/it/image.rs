//! Pictures of posts and people: sent, made anew, shown, served, removed.

mod bombs;
mod bucket;
mod crash;
mod hostile;
mod load;
mod multipart;
mod served;
mod swept;
mod variables;

use image::{GenericImageView, ImageFormat};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    client::{Answer, Client},
    picture::{disc, encoded, files, gradient, png},
};

pub const CREATE: &str = "mutation ($input: CreatePostInput!) { createPost(input: $input) {
    post { id imageUrl image { large: url medium: url(size: MEDIUM) small: url(size: SMALL)
           width height altText placeholder } editedAt }
    userErrors { code message path } } }";
const UPDATE: &str = "mutation ($input: UpdatePostInput!) { updatePost(input: $input) {
    post { id imageUrl image { altText } editedAt updatedAt } userErrors { code path } } }";
const PROFILE: &str = "mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) {
    user { id avatarUrl avatar { url(size: SMALL) width height altText placeholder } }
    userErrors { code path } } }";
const DELETE: &str =
    "mutation ($input: DeletePostInput!) { deletePost(input: $input) { deletedPostId } }";

fn post(title: &str) -> Value {
    json!({ "input": { "title": title, "content": "With a picture.", "image": null } })
}

/// Writes a post with this file.
pub async fn create(client: &Client, file: Vec<u8>) -> Answer {
    client.upload(CREATE, post("A post"), &[("variables.input.image", file)]).await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn a_picture_is_made_anew_in_three_sizes_and_served() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    let mut variables = post("Large");
    variables["input"]["imageAltText"] = json!(" A gradient. ");
    let file = encoded(&gradient(2000, 1000), ImageFormat::Jpeg);
    let answer = ada.upload(CREATE, variables, &[("variables.input.image", file)]).await;
    assert_eq!(answer.data("/createPost/userErrors"), &json!([]), "{}", answer.text);
    let image = answer.data("/createPost/post/image");
    assert_eq!((&image["width"], &image["height"]), (&json!(1600), &json!(800)));
    assert_eq!(image["altText"], "A gradient.");
    assert!((20..60).contains(&text(&image["placeholder"]).len()));
    assert_eq!(answer.data("/createPost/post/imageUrl"), &image["large"]);
    for (size, width, height) in [("large", 1600, 800), ("medium", 640, 320), ("small", 160, 80)] {
        let (status, headers, bytes) = stranger.fetch(text(&image[size])).await;
        assert_eq!(status, 200);
        assert_eq!(headers["content-type"], "image/jpeg");
        assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["content-security-policy"], "default-src 'none'; sandbox");
        let picture = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap();
        assert_eq!(picture.dimensions(), (width, height));
        let corner = picture.to_rgb8().get_pixel(width - 2, 1).0;
        assert!(corner[0] > 240 && corner[1] < 15, "{corner:?}");
    }
    assert_eq!(files(app.uploads()).len(), 3);
}

#[tokio::test]
async fn what_shines_through_stays_so_and_nothing_is_enlarged() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let answer = create(&ada, encoded(&disc(200), format)).await;
        assert_eq!(answer.data("/createPost/userErrors"), &json!([]), "{}", answer.text);
        let image = answer.data("/createPost/post/image");
        assert_eq!((&image["width"], &image["altText"]), (&json!(200), &Value::Null));
        assert_eq!(image["medium"], image["large"]);
        assert_ne!(image["small"], image["large"]);
        let (_, headers, bytes) = stranger.fetch(text(&image["large"])).await;
        assert_eq!(headers["content-type"], "image/webp");
        let picture = image::load_from_memory_with_format(&bytes, ImageFormat::WebP).unwrap();
        let picture = picture.to_rgba8();
        assert_eq!(picture.get_pixel(0, 0).0[3], 0);
        assert_eq!(picture.get_pixel(100, 100).0, [200, 40, 90, 255]);
    }
}

#[tokio::test]
async fn a_picture_is_changed_described_and_taken_away() {
    let (app, stranger) = TestApp::alone().await;
    let ada = app.user("ada").await;
    let written = create(&ada, png(20, 10)).await;
    let id = written.data("/createPost/post/id").clone();
    let first = text(written.data("/createPost/post/imageUrl")).to_owned();
    assert_eq!(written.data("/createPost/post/editedAt"), &Value::Null);

    let change = json!({ "input": { "id": id, "imageAltText": "Small." } });
    let described = ada.query(UPDATE, change).await;
    assert_eq!(described.data("/updatePost/post/image/altText"), "Small.");
    assert_eq!(described.data("/updatePost/post/imageUrl"), first.as_str());

    let change = json!({ "input": { "id": id, "image": null } });
    let image = [("variables.input.image", png(30, 10))];
    let changed = ada.upload(UPDATE, change.clone(), &image).await;
    let second = text(changed.data("/updatePost/post/imageUrl")).to_owned();
    assert_ne!(second, first);
    assert_eq!(changed.data("/updatePost/post/image/altText"), &Value::Null);
    assert_ne!(changed.data("/updatePost/post/editedAt"), &Value::Null);
    assert_eq!(stranger.fetch(&first).await.0, 404, "at once");
    assert_eq!(stranger.fetch(&second).await.0, 200);

    let removed = ada.query(UPDATE, change).await;
    assert_eq!(removed.data("/updatePost/post/image"), &Value::Null);
    assert_eq!(stranger.fetch(&second).await.0, 404);
    app.parts().media.remove_due().await.unwrap();
    assert_eq!(files(app.uploads()), Vec::<String>::new());
}

#[tokio::test]
async fn a_person_has_a_picture() {
    let (app, stranger) = TestApp::init().await;
    let ada = app.user("ada").await;
    let nothing = json!({ "input": { "avatar": null } });
    let avatar = [("variables.input.avatar", png(300, 300))];
    let changed = ada.upload(PROFILE, nothing.clone(), &avatar).await;
    assert_eq!(changed.data("/updateProfile/userErrors"), &json!([]), "{}", changed.text);
    let user = changed.data("/updateProfile/user");
    assert_eq!((&user["avatar"]["width"], &user["avatar"]["altText"]), (&json!(300), &Value::Null));
    let url = text(&user["avatarUrl"]).to_owned();
    assert_eq!(stranger.fetch(&url).await.0, 200);
    assert_eq!(stranger.fetch(text(&user["avatar"]["url"])).await.0, 200);
    let kept = ada.query(PROFILE, json!({ "input": { "bio": "Else." } })).await;
    assert_eq!(kept.data("/updateProfile/user/avatarUrl"), url.as_str());
    let removed = ada.query(PROFILE, nothing).await;
    assert_eq!(removed.data("/updateProfile/user/avatarUrl"), &Value::Null);
    assert_eq!(stranger.fetch(&url).await.0, 404);
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_with_all_else_and_nothing_is_kept() {
    let (app, _) = TestApp::with_settings(&[("MAX_UPLOAD_BYTES", "100000")]).await;
    let ada = app.user("ada").await;
    let cases = [
        (Vec::new(), "REQUIRED"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "INVALID"),
        (vec![0; 200_000], "TOO_LARGE"),
        (png(100, 100)[..500].to_vec(), "INVALID"),
    ];
    for (file, code) in cases {
        let variables = json!({ "input": { "title": " ", "content": "Else.", "image": null } });
        let image = [("variables.input.image", file)];
        let answer = ada.upload(CREATE, variables, &image).await;
        let errors = answer.data("/createPost/userErrors").as_array().unwrap();
        assert_eq!(errors.len(), 2, "{}", answer.text);
        assert_eq!(errors[0]["path"], json!(["input", "title"]));
        assert_eq!(errors[1]["path"], json!(["input", "image"]));
        assert_eq!(errors[1]["code"], code, "{}", answer.text);
        assert_eq!(answer.data("/createPost/post"), &Value::Null);
    }
    assert_eq!(files(app.uploads()), Vec::<String>::new());
}

#[tokio::test]
async fn who_sees_a_suspended_person_sees_their_pictures() {
    let (app, stranger) = TestApp::init().await;
    let (ada, admin) = (app.user("ada").await, app.admin("root").await);
    let written = create(&ada, png(700, 300)).await;
    let id = written.data("/createPost/post/id").clone();
    let plain = text(written.data("/createPost/post/image/small")).to_owned();
    let read = "query ($id: ID!) { post(id: $id) { imageUrl image { url(size: SMALL) } } }";
    let shown = async || {
        let answer = admin.query(read, json!({ "id": id })).await;
        text(answer.data("/post/image/url")).to_owned()
    };
    assert_eq!(shown().await, plain);
    app.suspend(&ada).await;
    let passed = shown().await;
    assert!(passed.starts_with(&format!("{plain}?until=")), "{passed}");
    // An <img> sends no token.
    let (status, headers, _) = stranger.fetch(&passed).await;
    assert_eq!(
        (status.as_u16(), &headers["cache-control"]),
        (200, &"private, no-cache".parse().unwrap())
    );
    let (_, query) = passed.split_once('?').unwrap();
    let other = plain.replace("_160.", "_640.");
    for forged in [
        plain.clone(),
        format!("{plain}?"),
        format!("{plain}?until=99999999999&proof="),
        passed.replace("until=", "until=1"),
        format!("{other}?{query}"),
    ] {
        assert_eq!(stranger.fetch(&forged).await.0, 404, "{forged}");
    }
    admin.query(DELETE, json!({ "input": { "id": id } })).await;
    assert_eq!(stranger.fetch(&passed).await.0, 404, "deleted");
}

#[tokio::test]
async fn a_picture_goes_with_its_post_and_its_owner() {
    let (app, stranger) = TestApp::alone().await;
    let ada = app.user("ada").await;
    let mut urls = Vec::new();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let written = create(&ada, png(20, 10)).await;
        urls.push(text(written.data("/createPost/post/imageUrl")).to_owned());
        ids.push(written.data("/createPost/post/id").clone());
    }
    ada.query(DELETE, json!({ "input": { "id": ids[0] } })).await;
    let sql = app.shared().await;
    app.suspend(&ada).await;
    assert_eq!(stranger.fetch(&urls[1]).await.0, 404, "hidden by a moderator");
    sql.batch_execute("UPDATE users SET suspended_at = NULL").await.unwrap();
    let mut seen = Vec::new();
    for url in &urls {
        seen.push(stranger.fetch(url).await.0.as_u16());
    }
    assert_eq!(seen, [404, 200, 200]);
    sql.batch_execute("DELETE FROM users").await.unwrap();
    assert_eq!(stranger.fetch(&urls[1]).await.0, 404);
    assert_eq!(app.parts().media.remove_due().await.unwrap(), 3);
    assert_eq!(files(app.uploads()), Vec::<String>::new());
    assert_eq!(sql.query("SELECT FROM images", &[]).await.unwrap().len(), 0);
}
