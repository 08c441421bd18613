//! What admins do, and what they read.

use super::{
    Effect::{Shows, Sql},
    Outcome::{Done, Forbidden, Hidden, LogIn},
    Row, Thing, assert_all,
};

const ADMINS: [super::Outcome; 6] = [LogIn, Forbidden, Forbidden, Forbidden, Done, LogIn];

#[tokio::test]
async fn moderation_is_read_and_done_by_whom_the_table_says() {
    let row = |document, about, effect| Row { document, about, effect, outcomes: ADMINS };
    assert_all(&[
        row("{ it: reports { totalCount } }", Thing::Complaint, Shows("/it/totalCount")),
        row(
            "{ it: reports(status: RESOLVED) { totalCount } }",
            Thing::Complaint,
            Shows("/it/totalCount"),
        ),
        row("{ it: moderationLog { totalCount } }", Thing::Target, Shows("/it/totalCount")),
        Row {
            document: "query ($id: ID!) { it: node(id: $id) { id } }",
            about: Thing::Complaint,
            effect: Shows("/it/id"),
            outcomes: [Hidden, Hidden, Hidden, Done, Done, LogIn],
        },
        row(
            "mutation ($id: ID!) { it: resolveReport(input: { reportId: $id }) { userErrors { code } } }",
            Thing::Complaint,
            Sql("(SELECT resolved_at IS NOT NULL FROM reports WHERE id = {complaint})
                 AND EXISTS (SELECT FROM moderation_log WHERE target_id = {complaint} AND actor_id = {me})"),
        ),
        row(
            "mutation ($id: ID!) { it: suspendUser(input: { userId: $id }) { userErrors { code } } }",
            Thing::Target,
            Sql("(SELECT suspended_at IS NOT NULL FROM users WHERE id = {target})
                 AND EXISTS (SELECT FROM moderation_log WHERE target_id = {target} AND actor_id = {me})"),
        ),
        row(
            "mutation ($id: ID!) { it: restoreUser(input: { userId: $id }) { userErrors { code } } }",
            Thing::Gone,
            Sql("(SELECT suspended_at IS NULL FROM users WHERE id = {gone})
                 AND EXISTS (SELECT FROM moderation_log WHERE target_id = {gone} AND actor_id = {me})"),
        ),
        row(
            "mutation ($id: ID!) { it: setUserRole(input: { userId: $id, role: ADMIN }) {
                userErrors { code } } }",
            Thing::Target,
            Sql("(SELECT role = 'admin' FROM users WHERE id = {target})
                 AND EXISTS (SELECT FROM moderation_log WHERE target_id = {target} AND actor_id = {me})"),
        ),
    ])
    .await;
}
