// The tabs that a newcomer finds, in the order in which one runs them. The account in them is made
// up anew for each browser, so that the first click of everyone works.

import { LAST_POST } from "./transport.js";

const letters = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => "abcdefghijklmnopqrstuvwxyz"[byte % 26]);
const username = `rook_${letters.join("")}`;
// Not a secret: GraphiQL remembers its tabs on this device, so nobody's real password belongs here.
const password = "correct horse battery staple";

const tab = (query, variables) => ({ query, variables: variables && JSON.stringify(variables, null, 2) });

export const tabs = [
  tab(
    `# Welcome to Rookery. These tabs are your first six steps: run each with ▶ or Ctrl-Enter, from left to right.

# 1. REGISTER. The account in the variables is made up for you. Change it as you like, but use no real password: this page remembers its tabs on this device. The token in the answer is used from here on.

mutation Register($input: RegisterInput!) {
  register(input: $input) {
    user {
      id
      username
      displayName
    }
    tokens {
      accessToken
      refreshToken
      expiresIn
    }
    userErrors {
      code
      message
      path
    }
  }
}
`,
    { input: { username, email: `${username}@example.com`, password, displayName: "A young rook" } },
  ),
  tab(
    `# 2. LOG IN. Registering has signed you in already; this is for next time. The identifier is a username or an email address.

mutation LogIn($input: LoginInput!) {
  login(input: $input) {
    user {
      id
      username
    }
    tokens {
      accessToken
      refreshToken
      expiresIn
    }
    userErrors {
      code
      message
      path
    }
  }
}
`,
    { input: { identifier: username, password } },
  ),
  tab(
    `# 3. CREATE A POST, as whoever the bar on top says you are. The page remembers its id for the next steps.

mutation CreatePost($input: CreatePostInput!) {
  createPost(input: $input) {
    post {
      id
      title
      content
      createdAt
      owner {
        username
      }
    }
    userErrors {
      code
      message
      path
    }
  }
}
`,
    { input: { title: "Hello, rookery", content: "First light, first post." } },
  ),
  tab(
    `# 4. VOTE. ${LAST_POST} in the variables is sent as the id of the post that you created last; you can write any other id in its place. Try DOWN, or NONE to take the vote back.

mutation Vote($input: VoteInput!) {
  vote(input: $input) {
    post {
      id
      title
      score
      upvotes
      downvotes
      viewerVote
    }
    userErrors {
      code
      message
      path
    }
  }
}
`,
    { input: { postId: LAST_POST, direction: "UP" } },
  ),
  tab(
    `# 5. READ THE FEED: your own posts and those of the people you follow. For the next page, send endCursor as "after".

query ReadFeed($first: Int, $after: String) {
  feed(first: $first, after: $after) {
    nodes {
      id
      title
      score
      commentCount
      createdAt
      owner {
        username
        displayName
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
    { first: 10, after: null },
  ),
  tab(
    `# 6. FOLLOW ALONG LIVE. Run this, then go back to Vote and vote DOWN. It runs on while you are in other tabs: "Live" in the bar on top counts the events, shows them and stops it.

subscription FollowLive($postId: ID!) {
  postChanged(postId: $postId) {
    id
    title
    score
    upvotes
    downvotes
    commentCount
  }
}
`,
    { postId: LAST_POST },
  ),
];

export const blank = `# Type a query here. Ctrl-Space completes it, and the book in the sidebar explains every type and field.

{
  __typename
}
`;
