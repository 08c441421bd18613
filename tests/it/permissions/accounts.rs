//! Who may come in and leave, and what anybody may read of people.

use super::{
    Effect::{Shows, Sql},
    Operation,
    Outcome::{Done, Hidden, LogIn, Refused},
};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        document: "mutation ($password: String!) { it: register(input: {
            username: \"newcomer\", email: \"new@example.com\", password: $password
        }) { userErrors { code } } }",
        effect: Sql("EXISTS (SELECT FROM users WHERE username = 'newcomer')"),
        anonymous: Done,
        stranger: Done,
        follower: Done,
        owner: Done,
        admin: Done,
        suspended: Done,
    },
    Operation {
        document: "mutation ($password: String!) { it: login(input: {
            identifier: \"target\", password: $password }) { userErrors { code } } }",
        effect: Sql("(SELECT count(*) = 2 FROM sessions JOIN users ON users.id = user_id
            WHERE username = 'target')"),
        anonymous: Done,
        stranger: Done,
        follower: Done,
        owner: Done,
        admin: Done,
        suspended: Done,
    },
    Operation {
        document: "mutation { it: login(input: {
            identifier: \"target\", password: \"not the password\" }) { userErrors { code } } }",
        effect: Sql("(SELECT count(*) = 2 FROM sessions JOIN users ON users.id = user_id
            WHERE username = 'target')"),
        anonymous: Refused("WRONG_CREDENTIALS"),
        stranger: Refused("WRONG_CREDENTIALS"),
        follower: Refused("WRONG_CREDENTIALS"),
        owner: Refused("WRONG_CREDENTIALS"),
        admin: Refused("WRONG_CREDENTIALS"),
        suspended: Refused("WRONG_CREDENTIALS"),
    },
    Operation {
        document: "mutation ($password: String!) { it: login(input: {
            identifier: \"suspended\", password: $password }) { userErrors { code } } }",
        effect: Sql("EXISTS (SELECT FROM sessions JOIN users ON users.id = user_id
            WHERE username = 'suspended')"),
        anonymous: Refused("SUSPENDED"),
        stranger: Refused("SUSPENDED"),
        follower: Refused("SUSPENDED"),
        owner: Refused("SUSPENDED"),
        admin: Refused("SUSPENDED"),
        suspended: Refused("SUSPENDED"),
    },
    Operation {
        // The refresh token is proof enough, whoever sends it.
        document: "mutation ($refreshToken: String!) { it: refresh(input: {
            refreshToken: $refreshToken }) { userErrors { code } } }",
        effect: Sql("(SELECT count(*) = 2 FROM refresh_tokens
            JOIN sessions ON sessions.id = session_id JOIN users ON users.id = user_id
            WHERE username = 'target')"),
        anonymous: Done,
        stranger: Done,
        follower: Done,
        owner: Done,
        admin: Done,
        suspended: Done,
    },
    Operation {
        document: "mutation ($suspendedRefreshToken: String!) { it: refresh(input: {
            refreshToken: $suspendedRefreshToken }) { userErrors { code } } }",
        effect: Sql("EXISTS (SELECT FROM sessions JOIN users ON users.id = user_id
            WHERE username = 'suspended')"),
        anonymous: Refused("INVALID_TOKEN"),
        stranger: Refused("INVALID_TOKEN"),
        follower: Refused("INVALID_TOKEN"),
        owner: Refused("INVALID_TOKEN"),
        admin: Refused("INVALID_TOKEN"),
        suspended: Refused("INVALID_TOKEN"),
    },
    Operation {
        document: "mutation { it: logout(input: {}) { userErrors { code } } }",
        effect: Sql("EXISTS (SELECT FROM users WHERE username = '{who}'
            AND NOT EXISTS (SELECT FROM sessions WHERE user_id = users.id))"),
        anonymous: LogIn,
        stranger: Done,
        follower: Done,
        owner: Done,
        admin: Done,
        suspended: Done,
    },
    Operation {
        document: "{ it: me { sessions { totalCount } } }",
        effect: Shows("/it/sessions/totalCount"),
        anonymous: Hidden,
        stranger: Done,
        follower: Done,
        owner: Done,
        admin: Done,
        suspended: LogIn,
    },
    Operation {
        document: "{ it: users(search: \"target\") { nodes { username } } }",
        effect: Shows("/it/nodes/0/username"),
        anonymous: Done,
        stranger: Done,
        follower: Done,
        owner: Done,
        admin: Done,
        suspended: Done,
    },
    Operation {
        document: "{ it: users(search: \"owner\") { nodes { email } } }",
        effect: Shows("/it/nodes/0/email"),
        anonymous: Hidden,
        stranger: Hidden,
        follower: Hidden,
        owner: Done,
        admin: Done,
        suspended: Hidden,
    },
    Operation {
        document: "{ it: users(search: \"suspended\") { nodes { username } } }",
        effect: Shows("/it/nodes/0/username"),
        anonymous: Hidden,
        stranger: Hidden,
        follower: Hidden,
        owner: Hidden,
        admin: Done,
        suspended: Done,
    },
    Operation {
        document: "query ($suspended: ID!) { it: node(id: $suspended) { id } }",
        effect: Shows("/it/id"),
        anonymous: Hidden,
        stranger: Hidden,
        follower: Hidden,
        owner: Hidden,
        admin: Done,
        suspended: Done,
    },
    Operation {
        document: "query ($suspended: ID!) { it: nodes(ids: [$suspended]) { id } }",
        effect: Shows("/it/0/id"),
        anonymous: Hidden,
        stranger: Hidden,
        follower: Hidden,
        owner: Hidden,
        admin: Done,
        suspended: Done,
    },
    Operation {
        document: "query ($session: ID!) { it: nodes(ids: [$session]) { id } }",
        effect: Shows("/it/0/id"),
        anonymous: Hidden,
        stranger: Hidden,
        follower: Hidden,
        owner: Done,
        admin: Hidden,
        suspended: LogIn,
    },
    Operation {
        document: "query ($owner: ID!) { it: nodes(ids: [$owner]) { ... on User { email } } }",
        effect: Shows("/it/0/email"),
        anonymous: Hidden,
        stranger: Hidden,
        follower: Hidden,
        owner: Done,
        admin: Done,
        suspended: Hidden,
    },
];
