//! Posts in tests.

use rookery::{
    db::{
        Connection,
        post::{PostRow, Visibility},
        post_write::{self, NewPost},
    },
    id::{Id, PostKind},
    post_text::{PostContent, PostTitle},
};
use uuid::Uuid;

use super::app::TestApp;

/// The id in the API of the post with this key.
pub fn post_id(key: Uuid) -> String {
    Id::<PostKind>::from(key).to_string()
}

impl TestApp {
    /// Writes a public post of this title.
    pub async fn write_post(&self, owner: Uuid, title: &str) -> PostRow {
        self.write_post_for(owner, title, true, Visibility::Public).await
    }

    /// Writes a post for some to see.
    pub async fn write_post_for(
        &self,
        owner: Uuid,
        title: &str,
        published: bool,
        visibility: Visibility,
    ) -> PostRow {
        let title = PostTitle::new(title).unwrap();
        let content = PostContent::new("What there is to say.").unwrap();
        let new = NewPost { owner, title, content, published, visibility, image: None };
        self.write(async move |mut conn: Connection| {
            post_write::insert(&mut conn, &new).await.unwrap()
        })
        .await
    }
}
