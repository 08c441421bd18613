//! Pictures: whose address is told to whom, and where it leads.

use std::fs;

use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    model::{Viewer, World},
    paths::{post_id, user_id},
};
use crate::support::{app::TestApp, client::Client};

/// What lies in the file of a picture.
const BYTES: &str = "a picture";

fn path(name: &str) -> String {
    format!("/media/{name}_1600.jpg")
}

/// Puts a file there for every picture that ever was: what is shown is not for the folder to say.
fn put_files(app: &TestApp, world: &World) {
    for name in world.pictures.values().chain(&world.gone_pictures) {
        let folder = app.uploads().join(&name[..2]).join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("1600.jpg"), BYTES).unwrap();
    }
}

/// The addresses that a viewer is told of everybody's and every post's picture.
async fn told(world: &World, client: &Client) -> Vec<(Uuid, Value)> {
    let users = world
        .users
        .keys()
        .map(|id| (*id, format!("user(by: {{ id: \"{}\" }}) {{ url: avatarUrl }}", user_id(*id))));
    let posts = world
        .posts
        .keys()
        .map(|id| (*id, format!("post(id: \"{}\") {{ url: imageUrl }}", post_id(*id))));
    let all: Vec<_> = users.chain(posts).collect();
    let aliased = all.iter().enumerate().map(|(n, (_, select))| format!("p{n}: {select}\n"));
    let document = format!("{{ {} }}", aliased.collect::<String>());
    let answer = client.query(&document, json!({})).await;
    let url = |n| answer.data(&format!("/p{n}")).pointer("/url").cloned().unwrap_or_default();
    all.iter().enumerate().map(|(n, (id, _))| (*id, url(n))).collect()
}

async fn status(client: &Client, path: &str) -> StatusCode {
    client.get(path).await.status
}

pub async fn check(app: &TestApp, world: &World, viewers: &[(Viewer, Client)], seed: u64) {
    put_files(app, world);
    let base = format!("http://{}", app.address);
    for (viewer, client) in viewers {
        for (shown, url) in told(world, client).await {
            let what = format!("WORLD_SEED={seed}, viewer {viewer:?}, picture of {shown}: {url}");
            let sees = match world.posts.contains_key(&shown) {
                true => world.sees_post(*viewer, shown),
                false => world.sees_user(*viewer, shown),
            };
            let Some(name) = world.pictures.get(&shown).filter(|_| sees) else {
                assert_eq!(url, Value::Null, "{what}");
                continue;
            };
            let address = url.as_str().unwrap_or_else(|| panic!("{what}")).strip_prefix(&base);
            let (path_told, pass) = match address.unwrap().split_once('?') {
                Some((path, pass)) => (path, Some(pass)),
                None => (address.unwrap(), None),
            };
            assert_eq!(path_told, path(name), "{what}");
            let hidden = world.users[&world.shown_by(shown)].suspended;
            assert_eq!(pass.is_some(), hidden && world.is_admin(*viewer), "{what}");
            if hidden && pass.is_none() {
                // The suspended see their rows, and their pictures no more than others do.
                assert_eq!(status(client, path_told).await, StatusCode::NOT_FOUND, "{what}");
                continue;
            }
            // Whatever else is told can be seen.
            let (status, _, bytes) = client.fetch(url.as_str().unwrap()).await;
            assert_eq!((status, &*bytes), (StatusCode::OK, BYTES.as_bytes()), "{what}");
        }
    }
    let (_, anybody) = &viewers[viewers.len() - 1];
    for (shown, name) in &world.pictures {
        // Its address alone opens a picture, since nobody guesses it; a suspension closes it.
        let suspended = world.users[&world.shown_by(*shown)].suspended;
        let expected = if suspended { StatusCode::NOT_FOUND } else { StatusCode::OK };
        let found = status(anybody, &path(name)).await;
        assert_eq!(found, expected, "WORLD_SEED={seed}, picture of {shown}");
    }
    for name in &world.gone_pictures {
        assert_eq!(status(anybody, &path(name)).await, StatusCode::NOT_FOUND, "WORLD_SEED={seed}");
    }
}
