//! Pictures of posts and people: told, set and taken away.

use super::{
    Effect::{Shows, Sql},
    Outcome::{self, Done, Hidden, LogIn, NotAllowed, NotFound},
    Row, Thing, assert_all,
};

const IMAGE_URL: &str = "query ($id: ID!) { it: post(id: $id) { imageUrl } }";
const IMAGE: &str = "query ($id: ID!) { it: post(id: $id) { image { url(size: SMALL) } } }";
const AVATAR_URL: &str = "query ($id: ID!) { it: user(by: { id: $id }) { avatarUrl } }";
const AVATAR: &str = "query ($id: ID!) { it: user(by: { id: $id }) { avatar { url } } }";
/// Its text is the id.
const CREATE: &str = "mutation ($id: String!, $file: Upload) { it: createPost(
    input: { title: \"Look\", content: $id, image: $file }) { userErrors { code } } }";
const UPDATE: &str = "mutation ($id: ID!, $file: Upload) {
    it: updatePost(input: { id: $id, image: $file }) { userErrors { code } } }";
const TAKE_AWAY: &str = "mutation ($id: ID!) {
    it: updatePost(input: { id: $id, image: null }) { userErrors { code } } }";
const DESCRIBE: &str = "mutation ($id: ID!) {
    it: updatePost(input: { id: $id, imageAltText: \"Two herons\" }) { userErrors { code } } }";
const SET_AVATAR: &str = "mutation ($file: Upload) {
    it: updateProfile(input: { avatar: $file }) { userErrors { code } } }";

const ADMINS: [Outcome; 6] = [Hidden, Hidden, Hidden, Hidden, Done, Hidden];

#[tokio::test]
async fn addresses_of_pictures_are_told_to_whom_the_table_says() {
    let mut rows = Vec::new();
    // Anonymous, stranger, follower, owner, admin, suspended.
    for (about, outcomes) in [
        (Thing::Open, [Done; 6]),
        (Thing::Followers, [Hidden, Hidden, Done, Done, Done, Hidden]),
        (Thing::Private, [Hidden, Hidden, Hidden, Done, Hidden, Hidden]),
        (Thing::Draft, [Hidden, Hidden, Hidden, Done, Hidden, Hidden]),
        (Thing::Enmity, [Done, Hidden, Hidden, Hidden, Done, Hidden]),
        (Thing::Silenced, ADMINS),
    ] {
        for (document, path) in [(IMAGE_URL, "/it/imageUrl"), (IMAGE, "/it/image/url")] {
            rows.push(Row { document, about, effect: Shows(path), outcomes });
        }
    }
    for (about, outcomes) in [
        (Thing::Target, [Done; 6]),
        (Thing::Foe, [Done, Hidden, Hidden, Hidden, Done, Hidden]),
        (Thing::Gone, ADMINS),
    ] {
        for (document, path) in [(AVATAR_URL, "/it/avatarUrl"), (AVATAR, "/it/avatar/url")] {
            rows.push(Row { document, about, effect: Shows(path), outcomes });
        }
    }
    assert_all(&rows).await;
}

#[tokio::test]
async fn pictures_are_set_and_taken_away_by_whom_the_table_says() {
    let row = |document, about, condition, outcomes| Row {
        document,
        about,
        effect: Sql(condition),
        outcomes,
    };
    let everybody_logged_in = [LogIn, Done, Done, Done, Done, LogIn];
    let owner_of_open = [LogIn, NotAllowed, NotAllowed, Done, NotAllowed, LogIn];
    let owner_of_hidden = [LogIn, NotFound, NotFound, Done, NotFound, LogIn];
    assert_all(&[
        row(
            CREATE,
            Thing::Target,
            "EXISTS (SELECT FROM posts WHERE title = 'Look' AND owner_id = {me} AND image IS NOT NULL)",
            everybody_logged_in,
        ),
        row(
            UPDATE,
            Thing::Open,
            "(SELECT image NOT LIKE '% AAAA' FROM posts WHERE id = {open})",
            owner_of_open,
        ),
        row(
            UPDATE,
            Thing::Followers,
            "(SELECT image NOT LIKE '% AAAA' FROM posts WHERE id = {followers})",
            [LogIn, NotFound, NotAllowed, Done, NotAllowed, LogIn],
        ),
        row(
            UPDATE,
            Thing::Private,
            "(SELECT image NOT LIKE '% AAAA' FROM posts WHERE id = {private})",
            owner_of_hidden,
        ),
        row(
            TAKE_AWAY,
            Thing::Open,
            "(SELECT image IS NULL FROM posts WHERE id = {open})",
            owner_of_open,
        ),
        row(
            TAKE_AWAY,
            Thing::Draft,
            "(SELECT image IS NULL FROM posts WHERE id = {draft})",
            owner_of_hidden,
        ),
        row(
            DESCRIBE,
            Thing::Open,
            "(SELECT image_alt IS NOT NULL FROM posts WHERE id = {open})",
            owner_of_open,
        ),
        row(
            SET_AVATAR,
            Thing::Target,
            "EXISTS (SELECT FROM users WHERE id = {me} AND avatar IS NOT NULL)",
            everybody_logged_in,
        ),
    ])
    .await;
}
