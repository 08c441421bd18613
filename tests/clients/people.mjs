// People with accounts on the server under test, and what they do by plain requests.

import { randomBytes } from "node:crypto";

import { endpoint } from "./server.mjs";

export const PASSWORD = "correct horse battery";

async function ask(query, variables, token) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(endpoint, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** Registers somebody new; gives their token and a way to ask as them. */
export async function newcomer() {
  const username = `rook_${randomBytes(6).toString("hex")}`;
  const input = { username, email: `${username}@example.com`, password: PASSWORD };
  const { register } = await ask(
    `mutation ($input: RegisterInput!) {
      register(input: $input) { tokens { accessToken refreshToken } userErrors { message } }
    }`,
    { input },
  );
  const token = register.tokens.accessToken;
  return { username, token, tokens: register.tokens, ask: (query, variables) => ask(query, variables, token) };
}

/** Writes a post; gives its id. */
export async function write(person, title) {
  const { createPost } = await person.ask(
    "mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }",
    { input: { title, content: "What there is to say." } },
  );
  return createPost.post.id;
}

export const COMMENT = "mutation ($input: CommentInput!) { comment(input: $input) { comment { id } } }";

/** One person follows another. */
export async function follow(person, other) {
  const { me } = await other.ask("{ me { id } }");
  await person.ask("mutation ($input: FollowInput!) { follow(input: $input) { user { id } } }", {
    input: { userId: me.id },
  });
}

/** Renames a post again and again, since nobody tells when a subscription is in place. */
export function keepRenaming(person, id) {
  let count = 0;
  const rename = () =>
    person.ask("mutation ($input: UpdatePostInput!) { updatePost(input: $input) { post { id } } }", {
      input: { id, title: `Title ${(count += 1)}` },
    });
  const timer = setInterval(() => rename().catch(() => {}), 100);
  return () => clearInterval(timer);
}
