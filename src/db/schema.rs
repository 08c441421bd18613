//! The tables as diesel sees them. Generated from the migrations; a test holds it against them.
//!
//! Columns of type `tsvector` are left out: only SQL reads them.

diesel::table! {
    blocks (blocker_id, blocked_id) {
        blocker_id -> Uuid,
        blocked_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    comments (id) {
        id -> Uuid,
        post_id -> Uuid,
        author_id -> Nullable<Uuid>,
        reply_to -> Nullable<Uuid>,
        content -> Text,
        author_suspended -> Bool,
        created_at -> Timestamptz,
        edited_at -> Nullable<Timestamptz>,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    feed_heads (followee_id, follower_id) {
        follower_id -> Uuid,
        followee_id -> Uuid,
        latest -> Uuid,
        second -> Uuid,
    }
}

diesel::table! {
    follows (follower_id, followee_id) {
        follower_id -> Uuid,
        followee_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    images (name) {
        name -> Text,
        owner_id -> Uuid,
        created_at -> Timestamptz,
        due_at -> Nullable<Timestamptz>,
        condemned -> Bool,
    }
}

diesel::table! {
    moderation_log (id) {
        id -> Uuid,
        actor_id -> Nullable<Uuid>,
        action -> Text,
        target_kind -> Text,
        target_id -> Uuid,
        reason -> Nullable<Text>,
        created_at -> Timestamptz,
        role -> Nullable<Text>,
    }
}

diesel::table! {
    mutes (muter_id, muted_id) {
        muter_id -> Uuid,
        muted_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    post_stats (post_id) {
        post_id -> Uuid,
        owner_id -> Uuid,
        open_to_followers -> Bool,
        created_epoch -> Float8,
        upvotes -> Int4,
        downvotes -> Int4,
        comment_count -> Int4,
        score -> Int4,
        hot -> Float8,
        listed -> Bool,
        shared -> Bool,
    }
}

diesel::table! {
    posts (id) {
        id -> Uuid,
        owner_id -> Uuid,
        title -> Text,
        content -> Text,
        published -> Bool,
        visibility -> Text,
        owner_suspended -> Bool,
        listed -> Bool,
        open_to_followers -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        edited_at -> Nullable<Timestamptz>,
        image -> Nullable<Text>,
        image_alt -> Nullable<Text>,
        published_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    refresh_tokens (hash) {
        hash -> Bytea,
        session_id -> Uuid,
        issued_at -> Timestamptz,
        spent_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    reports (id) {
        id -> Uuid,
        reporter_id -> Nullable<Uuid>,
        user_id -> Nullable<Uuid>,
        post_id -> Nullable<Uuid>,
        comment_id -> Nullable<Uuid>,
        reason -> Text,
        created_at -> Timestamptz,
        resolved_at -> Nullable<Timestamptz>,
        resolved_by -> Nullable<Uuid>,
        author_id -> Nullable<Uuid>,
        quote -> Nullable<Text>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        user_agent -> Nullable<Text>,
        address_hash -> Nullable<Bytea>,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
        idle_expires_at -> Timestamptz,
        expires_at -> Timestamptz,
        refreshes -> Int4,
    }
}

diesel::table! {
    throttles (key) {
        key -> Text,
        failures -> Int4,
        blocked_until -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    user_stats (user_id) {
        user_id -> Uuid,
        follower_count -> Int4,
        following_count -> Int4,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        username -> Text,
        email -> Text,
        display_name -> Nullable<Text>,
        bio -> Nullable<Text>,
        phone_number -> Nullable<Text>,
        password_hash -> Text,
        role -> Text,
        suspended_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        avatar -> Nullable<Text>,
        leaving_since -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    votes (user_id, post_id) {
        post_id -> Uuid,
        user_id -> Uuid,
        value -> Int2,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    watches (kind, key, listener) {
        kind -> Text,
        key -> Uuid,
        listener -> Int4,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    blocks,
    comments,
    feed_heads,
    follows,
    images,
    moderation_log,
    mutes,
    post_stats,
    posts,
    refresh_tokens,
    reports,
    sessions,
    throttles,
    user_stats,
    users,
    votes,
    watches,
);
