//! People: seen, followed, blocked, muted and reported.

use super::{
    Effect::{Shows, Sql},
    Outcome::{Done, Hidden, LogIn, NotAllowed, NotFound},
    Row, Thing, assert_all,
};

const USER: &str = "query ($id: ID!) { it: user(by: { id: $id }) { username } }";
const BLOCKED: &str =
    "query ($id: ID!) { it: user(by: { id: $id }) { blockedUsers { totalCount } } }";
const MUTED: &str = "query ($id: ID!) { it: user(by: { id: $id }) { mutedUsers { totalCount } } }";
const FOLLOW: &str =
    "mutation ($id: ID!) { it: follow(input: { userId: $id }) { userErrors { code } } }";
const UNFOLLOW: &str =
    "mutation ($id: ID!) { it: unfollow(input: { userId: $id }) { userErrors { code } } }";
const BLOCK: &str =
    "mutation ($id: ID!) { it: blockUser(input: { userId: $id }) { userErrors { code } } }";
const UNBLOCK: &str =
    "mutation ($id: ID!) { it: unblockUser(input: { userId: $id }) { userErrors { code } } }";
const MUTE: &str =
    "mutation ($id: ID!) { it: muteUser(input: { userId: $id }) { userErrors { code } } }";
const UNMUTE: &str =
    "mutation ($id: ID!) { it: unmuteUser(input: { userId: $id }) { userErrors { code } } }";
const REPORT: &str = "mutation ($id: ID!) {
    it: report(input: { subjectId: $id, reason: \"spam\" }) { userErrors { code } } }";

const EVERYBODY_LOGGED_IN: [super::Outcome; 6] = [LogIn, Done, Done, Done, Done, LogIn];
/// Of what is hidden from all but admins and strangers.
const ADMINS: [super::Outcome; 6] = [LogIn, NotFound, NotFound, NotFound, Done, LogIn];

#[tokio::test]
async fn people_are_seen_followed_blocked_and_muted_by_whom_the_table_says() {
    let seen =
        |about, outcomes| Row { document: USER, about, effect: Shows("/it/username"), outcomes };
    let row = |document, about, condition, outcomes| Row {
        document,
        about,
        effect: Sql(condition),
        outcomes,
    };
    assert_all(&[
        // Anonymous, stranger, follower, owner, admin, suspended.
        seen(Thing::Target, [Done; 6]),
        seen(Thing::Foe, [Done, Hidden, Hidden, Hidden, Done, Hidden]),
        seen(Thing::Gone, [Hidden, Hidden, Hidden, Hidden, Done, Hidden]),
        Row {
            document: BLOCKED,
            about: Thing::TheOwner,
            effect: Shows("/it/blockedUsers/totalCount"),
            outcomes: [Hidden, Hidden, Hidden, Done, Hidden, Hidden],
        },
        Row {
            document: MUTED,
            about: Thing::TheOwner,
            effect: Shows("/it/mutedUsers/totalCount"),
            outcomes: [Hidden, Hidden, Hidden, Done, Hidden, Hidden],
        },
        row(
            FOLLOW,
            Thing::Target,
            "EXISTS (SELECT FROM follows WHERE (follower_id, followee_id) = ({me}, {target}))",
            EVERYBODY_LOGGED_IN,
        ),
        // Not even an admin follows across a block.
        row(
            FOLLOW,
            Thing::Foe,
            "EXISTS (SELECT FROM follows WHERE followee_id = {foe})",
            [LogIn, NotFound, NotFound, NotFound, NotAllowed, LogIn],
        ),
        row(FOLLOW, Thing::Gone, "EXISTS (SELECT FROM follows WHERE followee_id = {gone})", ADMINS),
        row(
            UNFOLLOW,
            Thing::Friend,
            "NOT EXISTS (SELECT FROM follows WHERE (follower_id, followee_id) = ({me}, {friend}))
             AND {me} <> '00000000-0000-0000-0000-000000000000'",
            EVERYBODY_LOGGED_IN,
        ),
        row(
            BLOCK,
            Thing::Target,
            "EXISTS (SELECT FROM blocks WHERE (blocker_id, blocked_id) = ({me}, {target}))",
            EVERYBODY_LOGGED_IN,
        ),
        row(BLOCK, Thing::Gone, "EXISTS (SELECT FROM blocks WHERE blocked_id = {gone})", ADMINS),
        row(
            UNBLOCK,
            Thing::Foe,
            "NOT EXISTS (SELECT FROM blocks WHERE (blocker_id, blocked_id) = ({me}, {foe}))
             AND {me} <> '00000000-0000-0000-0000-000000000000'",
            EVERYBODY_LOGGED_IN,
        ),
        row(
            MUTE,
            Thing::Target,
            "EXISTS (SELECT FROM mutes WHERE (muter_id, muted_id) = ({me}, {target}))",
            EVERYBODY_LOGGED_IN,
        ),
        row(MUTE, Thing::Foe, "EXISTS (SELECT FROM mutes WHERE muted_id = {foe})", ADMINS),
        row(
            UNMUTE,
            Thing::Bore,
            "NOT EXISTS (SELECT FROM mutes WHERE (muter_id, muted_id) = ({me}, {bore}))
             AND {me} <> '00000000-0000-0000-0000-000000000000'",
            EVERYBODY_LOGGED_IN,
        ),
    ])
    .await;
}

#[tokio::test]
async fn things_are_reported_by_those_who_see_them_and_did_not_make_them() {
    let report = |about, condition, outcomes| Row {
        document: REPORT,
        about,
        effect: Sql(condition),
        outcomes,
    };
    assert_all(&[
        report(
            Thing::Target,
            "EXISTS (SELECT FROM reports WHERE (reporter_id, user_id) = ({me}, {target})
                     AND id <> {complaint})",
            // The owner has done it.
            [LogIn, Done, Done, super::Outcome::AlreadyDone, Done, LogIn],
        ),
        report(Thing::Foe, "EXISTS (SELECT FROM reports WHERE user_id = {foe})", ADMINS),
        report(
            Thing::Open,
            "EXISTS (SELECT FROM reports WHERE post_id = {open})",
            [LogIn, Done, Done, NotAllowed, Done, LogIn],
        ),
        report(
            Thing::Followers,
            "EXISTS (SELECT FROM reports WHERE post_id = {followers})",
            [LogIn, NotFound, Done, NotAllowed, Done, LogIn],
        ),
        report(
            Thing::Private,
            "EXISTS (SELECT FROM reports WHERE post_id = {private})",
            [LogIn, NotFound, NotFound, NotAllowed, NotFound, LogIn],
        ),
        report(
            Thing::Heard,
            "EXISTS (SELECT FROM reports WHERE comment_id = {heard})",
            EVERYBODY_LOGGED_IN,
        ),
        report(
            Thing::Whispered,
            "EXISTS (SELECT FROM reports WHERE comment_id = {whispered})",
            [LogIn, NotFound, NotFound, Done, NotFound, LogIn],
        ),
        report(Thing::Shouted, "EXISTS (SELECT FROM reports WHERE comment_id = {shouted})", ADMINS),
    ])
    .await;
}
