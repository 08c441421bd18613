//! The table: every operation of the API, and what it costs.

/// Who sends it.
#[derive(Clone, Copy)]
pub enum Who {
    Stranger,
    Viewer,
    Admin,
    /// Somebody whose account goes in the end.
    Leaver,
}

/// An operation and the statements that it takes.
pub struct Operation {
    /// What the README calls it.
    pub what: &'static str,
    pub who: Who,
    /// Where it declares `$first`, it is sent for 2 rows and for 100, whose alias is `row`.
    pub document: &'static str,
    pub statements: u32,
}

use Who::{Admin, Leaver, Stranger, Viewer};

const fn op(what: &'static str, who: Who, document: &'static str, statements: u32) -> Operation {
    Operation { what, who, document, statements }
}

/// Those that change something come after those that read, and those that end something last.
pub const OPERATIONS: &[Operation] = &[
    op("`__typename`", Viewer, "{ __typename }", 0),
    op("`me`", Viewer, "{ me { username email role isViewer } }", 1),
    op("`me` with its sessions", Viewer, "{ me { sessions { nodes { id } } } }", 2),
    op("`me` with its sessions and their `totalCount`", Viewer, "{ me { sessions { totalCount nodes { id } } } }", 3),
    op("`user`", Viewer, "query ($user: ID!) { user(by: { id: $user }) { username displayName bio } }", 1),
    op("`user` with counts and relations", Viewer, "query ($user: ID!) { user(by: { id: $user }) {
        username followerCount followingCount postCount viewerIsFollowing isFollowingViewer viewerIsBlocking viewerIsMuting } }", 4),
    op("`user` with private fields", Viewer, "query ($user: ID!) { user(by: { id: $user }) { email phoneNumber } }", 2),
    op("`user` with followers and following", Viewer, "query ($user: ID!, $first: Int) { user(by: { id: $user }) {
        followers(first: $first) { nodes { row: id viewerIsFollowing } } following(first: 1) { nodes { username } } } }", 4),
    op("`user` with posts", Viewer, "query ($user: ID!, $first: Int) { user(by: { id: $user }) {
        posts(first: $first orderBy: TOP) { nodes { row: id title score viewerVote } } } }", 4),
    op("`user` with liked posts and their owners", Viewer, "query ($user: ID!, $first: Int) { user(by: { id: $user }) {
        likedPosts(first: $first) { nodes { row: id owner { username } score } } } }", 4),
    op("`user` with comments and their posts", Viewer, "query ($user: ID!, $first: Int) { user(by: { id: $user }) {
        comments(first: $first) { nodes { row: id content post { title } } } } }", 3),
    op("`me` with blocked and muted users", Viewer, "query ($first: Int) { me {
        blockedUsers(first: $first) { nodes { row: id } } mutedUsers(first: 1) { nodes { username } } } }", 3),
    op("`users`", Viewer, "query ($first: Int) { users(first: $first) { nodes { row: id username } } }", 1),
    op("`users` with counts and relations", Viewer, "query ($first: Int) { users(first: $first) {
        totalCount nodes { row: id followerCount viewerIsFollowing } } }", 4),
    op("`users` with their posts", Viewer, "query ($first: Int) { users(first: $first) {
        nodes { row: id posts(first: 2 orderBy: HOT) { totalCount nodes { title } } } } }", 3),
    op("`users` by search", Viewer, "query ($first: Int) { users(search: \"user\" first: $first) { nodes { row: id } } }", 1),
    op("`post`", Viewer, "query ($post: ID!) { post(id: $post) { title content } }", 1),
    op("`post` with owner, counts and the viewer's vote", Viewer, "query ($post: ID!) { post(id: $post) {
        title owner { username } score upvotes downvotes commentCount viewerVote viewerCanUpdate viewerCanDelete } }", 5),
    op("`post` with voters", Viewer, "query ($post: ID!, $first: Int) { post(id: $post) {
        voters(first: $first) { nodes { row: id username } } } }", 2),
    op("`post` with comments and their authors", Viewer, "query ($post: ID!, $first: Int) { post(id: $post) {
        comments(first: $first) { nodes { row: id content author { username } replyCount viewerCanDelete } } } }", 5),
    op("`post` with comments and replies", Viewer, "query ($post: ID!, $first: Int) { post(id: $post) {
        comments(first: $first) { nodes { row: id author { username }
            replies(first: 2) { nodes { content author { username } } } } } } }", 5),
    op("a comment with replies", Viewer, "query ($comment: ID!, $first: Int) { node(id: $comment) { ... on Comment {
        replies(first: $first) { nodes { row: id author { username } } } } } }", 3),
    op("`posts`, NEWEST", Viewer, "query ($first: Int) { posts(first: $first) { nodes { row: id title } } }", 1),
    op("`posts`, OLDEST", Viewer, "query ($first: Int) { posts(orderBy: OLDEST first: $first) { nodes { row: id title } } }", 1),
    op("`posts`, TOP", Viewer, "query ($first: Int) { posts(orderBy: TOP first: $first) { nodes { row: id title } } }", 1),
    op("`posts`, HOT", Viewer, "query ($first: Int) { posts(orderBy: HOT first: $first) { nodes { row: id title } } }", 1),
    op("`posts` by search, RELEVANCE", Viewer, "query ($first: Int) {
        posts(search: \"heron\" orderBy: RELEVANCE first: $first) { nodes { row: id title } } }", 1),
    op("`posts` of a user", Viewer, "query ($user: ID!, $first: Int) {
        posts(ownedBy: $user first: $first) { nodes { row: id title } } }", 1),
    op("`posts` with `totalCount`", Viewer, "query ($first: Int) { posts(first: $first) { totalCount nodes { row: id } } }", 2),
    op("`posts` with owners, counts and the viewer's votes", Viewer, "query ($first: Int) { posts(first: $first) {
        nodes { row: id title owner { username displayName } score upvotes commentCount viewerVote } } }", 4),
    op("the same for a stranger", Stranger, "query ($first: Int) { posts(first: $first) {
        nodes { row: id title owner { username displayName } score upvotes commentCount viewerVote } } }", 3),
    op("`posts` with pictures, and their owners with theirs", Viewer, "query ($first: Int) { posts(first: $first) {
        nodes { row: id imageUrl image { url(size: SMALL) width height altText placeholder } owner { avatarUrl } } } }", 2),
    op("`posts` with comments, their authors and replies", Viewer, "query ($first: Int) { posts(first: $first) {
        nodes { row: id comments(first: 2) { nodes { author { username } replies(first: 2) { nodes { content } } } } } } }", 4),
    op("`feed`", Viewer, "query ($first: Int) { feed(first: $first) { nodes { row: id title } } }", 2),
    op("`feed`, HOT, with owners, counts and the viewer's votes", Viewer, "query ($first: Int) { feed(orderBy: HOT first: $first) {
        nodes { row: id title owner { username displayName } score upvotes commentCount viewerVote } } }", 5),
    op("`drafts`", Viewer, "query ($first: Int) { drafts(first: $first) { nodes { row: id title } } }", 2),
    op("`node` and `nodes` of one kind", Viewer, "query ($user: ID!) { node(id: $user) { id } nodes(ids: [$user, $user]) { id } }", 1),
    op("`reports` with subjects and reporters", Admin, "query ($first: Int) { reports(first: $first) {
        nodes { row: id reporter { username } subject { ... on User { username } } } } }", 3),
    op("`moderationLog` with actors", Admin, "query ($first: Int) { moderationLog(first: $first) { nodes { row: id actor { username } } } }", 3),
    op("`register`", Stranger, "mutation { register(input: { username: \"new_one\", email: \"new@example.com\", password: \"a new password\" }) {
        user { id } tokens { tokenType } userErrors { code } } }", 8),
    op("`login`", Stranger, "mutation ($password: String!) { login(input: { identifier: \"ada\", password: $password }) {
        user { id } tokens { tokenType } userErrors { code } } }", 10),
    op("`refresh`", Stranger, "mutation ($refresh: String!) { refresh(input: { refreshToken: $refresh }) {
        user { id } tokens { tokenType } userErrors { code } } }", 8),
    op("`updateProfile`", Viewer, "mutation { updateProfile(input: { bio: \"Hello\" }) { user { bio } userErrors { code } } }", 2),
    op("`createPost`", Viewer, "mutation { createPost(input: { title: \"New\", content: \"Content\" }) { post { id title } userErrors { code } } }", 2),
    op("`updatePost`", Viewer, "mutation ($draft: ID!) { updatePost(input: { id: $draft, published: true }) { post { id published } userErrors { code } } }", 2),
    op("`vote`", Viewer, "mutation ($post: ID!) { vote(input: { postId: $post, direction: UP }) { post { id score viewerVote } userErrors { code } } }", 1),
    op("`comment`", Viewer, "mutation ($post: ID!) { comment(input: { postId: $post, content: \"New\" }) {
        comment { id } post { commentCount } userErrors { code } } }", 4),
    op("`comment` as a reply", Viewer, "mutation ($post: ID!, $comment: ID!) { comment(input: { postId: $post, replyTo: $comment, content: \"New\" }) {
        comment { id } userErrors { code } } }", 3),
    op("`updateComment`", Viewer, "mutation ($own: ID!) { updateComment(input: { commentId: $own, content: \"Changed\" }) {
        comment { id editedAt } userErrors { code } } }", 2),
    op("`deleteComment`", Viewer, "mutation ($own: ID!) { deleteComment(input: { commentId: $own }) {
        deletedCommentId post { commentCount } userErrors { code } } }", 10),
    op("`follow`", Viewer, "mutation ($other: ID!) { follow(input: { userId: $other }) { user { id followerCount } viewer { followingCount } userErrors { code } } }", 11),
    op("`unfollow`", Viewer, "mutation ($other: ID!) { unfollow(input: { userId: $other }) { user { id followerCount } viewer { followingCount } userErrors { code } } }", 9),
    op("`muteUser`", Viewer, "mutation ($other: ID!) { muteUser(input: { userId: $other }) { user { id } userErrors { code } } }", 9),
    op("`unmuteUser`", Viewer, "mutation ($other: ID!) { unmuteUser(input: { userId: $other }) { user { id } userErrors { code } } }", 3),
    op("`blockUser`", Viewer, "mutation ($other: ID!) { blockUser(input: { userId: $other }) { blockedUserId viewer { followingCount } userErrors { code } } }", 9),
    op("`unblockUser`", Viewer, "mutation ($other: ID!) { unblockUser(input: { userId: $other }) { user { id } userErrors { code } } }", 3),
    op("`report`", Viewer, "mutation ($user: ID!) { report(input: { subjectId: $user, reason: \"spam\" }) { report { id } userErrors { code } } }", 3),
    op("`resolveReport`", Admin, "mutation ($report: ID!) { resolveReport(input: { reportId: $report }) { report { id } userErrors { code } } }", 7),
    op("`suspendUser`", Admin, "mutation ($blocked: ID!) { suspendUser(input: { userId: $blocked }) { user { isSuspended } userErrors { code } } }", 7),
    op("`restoreUser`", Admin, "mutation ($blocked: ID!) { restoreUser(input: { userId: $blocked }) { user { isSuspended } userErrors { code } } }", 7),
    op("`setUserRole`", Admin, "mutation ($blocked: ID!) { setUserRole(input: { userId: $blocked, role: ADMIN }) { user { role } userErrors { code } } }", 7),
    op("`deletePost` as an admin", Admin, "mutation ($post: ID!) { deletePost(input: { id: $post }) { deletedPostId owner { postCount } userErrors { code } } }", 9),
    op("`changePassword`", Leaver, "mutation ($password: String!) { changePassword(input: { currentPassword: $password, newPassword: $password }) { user { id } userErrors { code } } }", 8),
    op("`deleteAccount`", Leaver, "mutation ($password: String!) { deleteAccount(input: { password: $password }) { userErrors { code } } }", 11),
    op("`revokeSession`", Viewer, "mutation ($session: ID!) { revokeSession(input: { sessionId: $session }) { revokedSessionId userErrors { code } } }", 2),
    op("`logout`", Admin, "mutation { logout(input: { everywhere: true }) { userErrors { code } } }", 1),
];
