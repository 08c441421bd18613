// urql's client with its exchanges for logins and for a normalised cache that works offline.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { Client, fetchExchange, gql, subscriptionExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { offlineExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { minifyIntrospectionQuery } from "@urql/introspection";
import { getIntrospectionQuery } from "graphql";
import { createClient } from "graphql-ws";
import { pipe, subscribe } from "wonka";
import { WebSocket } from "ws";

import { newcomer, write } from "./people.mjs";
import { pngFile, served } from "./picture.mjs";
import { endpoint } from "./server.mjs";
import { sessionOf } from "./session.mjs";

const FEED = gql`
  query Feed($first: Int!, $after: String) {
    feed(first: $first, after: $after) {
      edges { cursor node { id title score viewerVote } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`;
const ME = gql`query Me { me { id username } }`;
const COUNT = gql`query Count { feed(first: 1) { totalCount } }`;
const VOTE = gql`
  mutation Vote($input: VoteInput!) {
    vote(input: $input) { post { id score viewerVote } userErrors { code } }
  }
`;
const CREATE = gql`
  mutation Create($input: CreatePostInput!) {
    createPost(input: $input) { post { id imageUrl } userErrors { message } }
  }
`;
const CHANGED = gql`subscription Changed($id: ID!) { postChanged(postId: $id) { id score } }`;

/** By urql's own example, which refreshes for each query that was refused. */
const auth = (session) =>
  authExchange(async (utils) => ({
    addAuthToOperation: (operation) =>
      utils.appendHeaders(operation, { Authorization: `Bearer ${session.accessToken}` }),
    didAuthError: ({ response, graphQLErrors }) =>
      response?.status === 401 || graphQLErrors.some(({ extensions }) => extensions.code === "UNAUTHENTICATED"),
    refreshAuth: () => session.refresh(),
  }));

/** The little of a browser's storage that the cache needs. */
function storage() {
  const kept = { data: {}, metadata: null, online: () => {} };
  return {
    kept,
    onOnline: (callback) => (kept.online = callback),
    writeData: async (delta) => void Object.assign(kept.data, delta),
    readData: async () => kept.data,
    writeMetadata: async (requests) => void (kept.metadata = requests),
    readMetadata: async () => kept.metadata,
  };
}

describe("@urql/core", () => {
  let ada, schema;

  before(async () => {
    ada = await newcomer();
    for (let n = 1; n <= 5; n++) await write(ada, `Post ${n}`);
    schema = minifyIntrospectionQuery(await ada.ask(getIntrospectionQuery()));
  });

  const cache = (store = storage()) =>
    offlineExchange({
      schema,
      storage: store,
      resolvers: { Query: { feed: relayPagination() } },
      optimistic: {
        vote: ({ input }, cache) => ({
          __typename: "VotePayload",
          post: {
            __typename: "Post",
            id: input.postId,
            score: cache.resolve({ __typename: "Post", id: input.postId }, "score") + 1,
            viewerVote: input.direction,
          },
          userErrors: [],
        }),
      },
    });

  const clientOf = (exchanges, options) =>
    new Client({ url: endpoint, preferGetMethod: false, exchanges: [...exchanges, fetchExchange], ...options });

  it("scrolls a list by relayPagination", async () => {
    const session = sessionOf(ada.tokens);
    const client = clientOf([cache(), auth(session)]);
    let page, after = null;
    do {
      const { data, error } = await client.query(FEED, { first: 2, after }).toPromise();
      assert.equal(error, undefined);
      page = data.feed;
      after = page.pageInfo.endCursor;
    } while (page.pageInfo.hasNextPage);
    assert.deepEqual(page.edges.map(({ node }) => node.title), ["Post 5", "Post 4", "Post 3", "Post 2", "Post 1"]);
  });

  it("shows a vote before the server has heard of it, and then what the server says", async () => {
    const id = await write(ada, "Vote on me");
    const client = clientOf([cache(), auth(sessionOf(ada.tokens))]);
    const seen = [];
    const watched = pipe(
      client.query(FEED, { first: 1 }),
      subscribe(({ data }) => data && seen.push(`${data.feed.edges[0].node.score} ${data.feed.edges[0].node.viewerVote}`)),
    );
    await client.query(FEED, { first: 1 }).toPromise();
    const { data } = await client.mutation(VOTE, { input: { postId: id, direction: "UP" } }).toPromise();
    assert.deepEqual(data.vote.userErrors, []);
    watched.unsubscribe();
    assert.deepEqual([...new Set(seen)], ["0 NONE", "1 UP"]);
  });

  it("keeps a vote that was made offline, and sends it when the network is back", async () => {
    const id = await write(ada, "Vote on me offline");
    const score = async () => {
      const { post } = await ada.ask("query ($id: ID!) { post(id: $id) { score } }", { id });
      return post.score;
    };
    const store = storage();
    let online = true;
    const network = (...request) => (online ? fetch(...request) : Promise.reject(new TypeError("Failed to fetch")));
    const client = clientOf([cache(store), auth(sessionOf(ada.tokens))], { fetch: network });
    await client.query(FEED, { first: 1 }).toPromise();
    online = false;
    const voting = pipe(client.mutation(VOTE, { input: { postId: id, direction: "UP" } }), subscribe(() => {}));
    const { data } = await client.query(FEED, { first: 1 }, { requestPolicy: "cache-only" }).toPromise();
    assert.equal(data.feed.edges[0].node.score, 1, "shown at once");
    await until(() => store.kept.metadata?.length === 1);
    assert.equal(await score(), 0);
    online = true;
    store.kept.online();
    await until(async () => (await score()) === 1);
    voting.unsubscribe();
  });

  it("renews an expired token for all queries that wait for it", async () => {
    const session = sessionOf((await newcomer()).tokens);
    const client = clientOf([auth(session)]);
    session.expire();
    const answers = await Promise.all([client.query(ME, {}).toPromise(), client.query(COUNT, {}).toPromise()]);
    for (const { error } of answers) assert.equal(error, undefined);
    assert.equal(session.ended, false);
  });

  it("logs nobody out when two refresh at once with the same token", async () => {
    const person = await newcomer();
    // Two parts of an app, such as two tabs: one session, and nobody who makes them take turns.
    const [first, second] = [sessionOf(person.tokens), sessionOf(person.tokens)];
    for (const session of [first, second]) session.expire();
    const clients = [first, second].map((session) => clientOf([auth(session)]));
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all(clients.map((client) => client.query(ME, {}).toPromise()));
      for (const { data, error } of answers) assert.equal(data?.me.username, person.username, String(error));
      for (const session of [first, second]) session.expire();
    }
    assert.deepEqual([first.refreshes, second.refreshes, first.ended, second.ended], [2, 2, false, false]);
  });

  it("uploads a picture where a variable holds a file", async () => {
    const fetchOptions = { headers: { "apollo-require-preflight": "true" } };
    const client = clientOf([cache(), auth(sessionOf(ada.tokens))], { fetchOptions });
    const input = { title: "Look", content: "The sun.", image: pngFile() };
    const { data, error } = await client.mutation(CREATE, { input }).toPromise();
    assert.equal(error, undefined);
    assert.deepEqual(data.createPost.userErrors, []);
    assert.equal((await served(data.createPost.post.imageUrl)).type, "image/jpeg");
  });

  it("hears of changes, and shows them in its cache", async () => {
    const id = await write(ada, "Follow me");
    const socket = createClient({ url: endpoint.replace(/^http/, "ws"), webSocketImpl: WebSocket });
    const live = subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? "" }, sink) }),
      }),
    });
    const client = clientOf([cache(), live]);
    const bob = await newcomer();
    const query = gql`query ($id: ID!) { post(id: $id) { id score } }`;
    assert.equal((await client.query(query, { id }).toPromise()).data.post.score, 0);
    let direction = "DOWN";
    const vote = "mutation ($input: VoteInput!) { vote(input: $input) { post { id } } }";
    const voting = setInterval(() => {
      bob.ask(vote, { input: { postId: id, direction } }).catch(() => {});
      direction = direction === "UP" ? "DOWN" : "UP";
    }, 100);
    const heard = await new Promise((resolve) => {
      const events = pipe(client.subscription(CHANGED, { id }), subscribe((event) => {
        if (event.data?.postChanged.score === 0) return;
        setImmediate(() => events.unsubscribe());
        resolve(event);
      }));
    }).finally(() => clearInterval(voting));
    assert.equal(heard.error, undefined);
    const kept = await client.query(query, { id }, { requestPolicy: "cache-only" }).toPromise();
    assert.notEqual(kept.data.post.score, 0);
    await socket.dispose();
  });
});

async function until(isSo) {
  for (let tries = 0; tries < 100; tries++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not come to that");
}
