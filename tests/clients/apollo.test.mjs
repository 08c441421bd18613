// Apollo's client, set up as its documentation tells, without a word about this server.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, describe, it } from "node:test";

import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, ServerError, gql } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { RetryLink } from "@apollo/client/link/retry";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import UploadHttpLink from "apollo-upload-client/UploadHttpLink.mjs";
import { createClient } from "graphql-ws";
import { from, switchMap } from "rxjs";
import { WebSocket } from "ws";

import { COMMENTS, CREATE, FEED, ME, VOTE } from "./codegen/apollo/documents.mjs";
import { newcomer, write } from "./people.mjs";
import { pngFile, served } from "./picture.mjs";
import { endpoint } from "./server.mjs";
import { sessionOf } from "./session.mjs";

const cache = () =>
  new InMemoryCache({
    possibleTypes: { Node: ["User", "Post", "Comment", "Session"] },
    typePolicies: { Query: { fields: { feed: relayStylePagination() } } },
  });

/** Renews an expired token and tries again, once for all who wait. */
function refreshing(session) {
  let pending;
  const auth = new SetContextLink(({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${session.accessToken}` },
  }));
  const renew = new ErrorLink(({ error, operation, forward }) => {
    const isRefused = ServerError.is(error) && error.statusCode === 401;
    const isUnauthenticated =
      CombinedGraphQLErrors.is(error) && error.errors.some(({ extensions }) => extensions.code === "UNAUTHENTICATED");
    if (!isRefused && !isUnauthenticated) return;
    // Somebody else may have renewed it since this was sent.
    const { authorization } = operation.getContext().headers;
    if (authorization !== `Bearer ${session.accessToken}`) return forward(operation);
    pending ??= session.refresh().finally(() => (pending = undefined));
    return from(pending).pipe(switchMap(() => forward(operation)));
  });
  return ApolloLink.from([renew, auth]);
}

const clientOf = (...links) => new ApolloClient({ cache: cache(), link: ApolloLink.from(links) });

describe("@apollo/client", () => {
  let ada, session, http;

  before(async () => {
    ada = await newcomer();
    for (let n = 1; n <= 5; n++) await write(ada, `Post ${n}`);
    session = sessionOf(ada.tokens);
    http = new HttpLink({ uri: endpoint });
  });

  it("scrolls a list by relayStylePagination", async () => {
    const client = clientOf(refreshing(session), http);
    const { data } = await client.query({ query: FEED, variables: { first: 2 } });
    const feed = client.watchQuery({ query: FEED, variables: { first: 2 } });
    const watching = feed.subscribe(() => {});
    let { pageInfo } = data.feed;
    while (pageInfo.hasNextPage) {
      const { data } = await feed.fetchMore({ variables: { after: pageInfo.endCursor } });
      pageInfo = data.feed.pageInfo;
    }
    const all = client.readQuery({ query: FEED, variables: { first: 2 } }).feed.edges;
    const titles = all.map(({ node }) => node.title);
    assert.deepEqual(titles, ["Post 5", "Post 4", "Post 3", "Post 2", "Post 1"]);
    watching.unsubscribe();
  });

  it("shows a vote wherever the post is shown, at once and without a refetch", async () => {
    const requests = [];
    const counting = new ApolloLink((operation, forward) => {
      requests.push(operation.operationName);
      return forward(operation);
    });
    const client = clientOf(counting, refreshing(session), http);
    const { data } = await client.query({ query: FEED, variables: { first: 1 } });
    const feed = client.watchQuery({ query: FEED, variables: { first: 1 } });
    const scores = [];
    const watching = feed.subscribe(({ data }) => data && scores.push(data.feed.edges[0].node.score));
    const seen = async (score) => {
      while (scores.at(-1) !== score) await new Promise((resolve) => setImmediate(resolve));
    };
    const post = data.feed.edges[0].node;
    const voted = { ...post, score: post.score + 1, viewerVote: "UP" };
    const voting = client.mutate({
      mutation: VOTE,
      variables: { input: { postId: post.id, direction: "UP" } },
      optimisticResponse: { vote: { __typename: "VotePayload", post: voted, userErrors: [] } },
    });
    assert.equal(client.readQuery({ query: FEED, variables: { first: 1 } }, true).feed.edges[0].node.score, 1);
    await voting;
    await seen(1);
    assert.deepEqual(requests, ["Feed", "Vote"]);
    assert.deepEqual([scores[0], scores.at(-1)], [0, 1]);
    assert.equal(feed.getCurrentResult().data.feed.edges[0].node.viewerVote, "UP");
    watching.unsubscribe();
  });

  it("renews an expired token without anybody's noticing", async () => {
    const client = clientOf(refreshing(session), http);
    session.expire();
    session.refreshes = 0;
    const all = await Promise.all([
      client.query({ query: ME }),
      client.query({ query: FEED, variables: { first: 1 } }),
    ]);
    assert.equal(all[0].data.me.username, ada.username);
    assert.equal(all[1].data.feed.totalCount, 5);
    assert.equal(session.refreshes, 1);
  });

  it("gets errors with their codes", async () => {
    const client = clientOf(refreshing(session), http);
    const query = gql`query ($id: ID!) { post(id: $id) { id } }`;
    const { error } = await client.query({ query, variables: { id: "post_x" }, errorPolicy: "all" });
    assert.ok(CombinedGraphQLErrors.is(error), String(error));
    assert.equal(error.errors[0].extensions.code, "BAD_USER_INPUT");
  });

  it("tries again when the network failed, and repeats nothing by that", async () => {
    let failures = 2;
    const broken = new HttpLink({
      uri: endpoint,
      fetch: async (...request) => {
        const response = await fetch(...request);
        // The answer is lost, what it answers is done.
        if (failures-- > 0) throw new TypeError("connection lost");
        return response;
      },
    });
    const retry = new RetryLink({ delay: { initial: 1, jitter: false }, attempts: { max: 3 } });
    const client = clientOf(retry, refreshing(session), broken);
    const id = await write(ada, "Voted on thrice");
    const { data } = await client.mutate({
      mutation: VOTE,
      variables: { input: { postId: id, direction: "UP" } },
    });
    assert.equal(data.vote.post.score, 1);
    assert.equal(failures, -1);
  });

  for (const useGETForHashedQueries of [true, false]) {
    it(`persists queries by itself, by ${useGETForHashedQueries ? "GET" : "POST"}`, async () => {
      const sent = [];
      const sha256 = (text) => createHash("sha256").update(text).digest("hex");
      const persisted = new PersistedQueryLink({ sha256, useGETForHashedQueries });
      const noting = new HttpLink({
        uri: endpoint,
        fetch: (uri, options) => {
          const text = options.method === "GET" ? new URL(uri).searchParams.get("query") : JSON.parse(options.body).query;
          sent.push([options.method, Boolean(text)]);
          return fetch(uri, options);
        },
      });
      const client = clientOf(persisted, noting);
      // Of its own name, so that the server has not seen it.
      const query = gql(`query Q${Date.now()}${useGETForHashedQueries} ($n: Int!) { posts(first: $n) { totalCount } }`);
      for (const n of [1, 2]) {
        const { data } = await client.query({ query, variables: { n } });
        assert.ok(data.posts.totalCount >= 5);
      }
      const byHash = useGETForHashedQueries ? "GET" : "POST";
      assert.deepEqual([sent[0], sent.at(-1)], [[byHash, false], [byHash, false]]);
      assert.deepEqual(sent.map(([, text]) => text), [false, true, false]);
    });
  }

  it("uploads a picture where a variable holds a file", async () => {
    const upload = new UploadHttpLink({ uri: endpoint, headers: { "apollo-require-preflight": "true" } });
    const client = clientOf(refreshing(session), upload);
    const input = { title: "Look", content: "The sun.", image: pngFile(), imageAltText: "A sunrise" };
    const { data } = await client.mutate({ mutation: CREATE, variables: { input } });
    assert.deepEqual(data.createPost.userErrors, []);
    const { imageUrl, image } = data.createPost.post;
    assert.deepEqual([image.width, image.height, image.altText], [900, 600, "A sunrise"]);
    const { status, type, size } = await served(imageUrl);
    assert.deepEqual([status, type, size > 0], [200, "image/jpeg", true]);
    assert.equal((await client.query({ query: ME })).data.me.username, ada.username, "without a file as ever");
  });

  it("hears of comments, and counts them in its cache", async () => {
    const id = await write(ada, "Say something");
    const socket = createClient({
      url: endpoint.replace(/^http/, "ws"),
      webSocketImpl: WebSocket,
      connectionParams: () => ({ Authorization: `Bearer ${session.accessToken}` }),
    });
    const live = ApolloLink.split(
      ({ operationType }) => operationType === "subscription",
      new GraphQLWsLink(socket),
      ApolloLink.from([refreshing(session), http]),
    );
    const client = clientOf(live);
    const query = gql`query ($id: ID!) { post(id: $id) { id commentCount } }`;
    assert.equal((await client.query({ query, variables: { id } })).data.post.commentCount, 0);
    const say = () =>
      ada.ask("mutation ($input: CommentInput!) { comment(input: $input) { comment { id } } }", {
        input: { postId: id, content: "Hello" },
      });
    // Nobody tells when a subscription is in place.
    const saying = setInterval(() => say().catch(() => {}), 100);
    await new Promise((resolve, reject) => {
      const events = client.subscribe({ query: COMMENTS, variables: { postId: id } });
      const heard = events.subscribe({
        next: ({ data, error }) => {
          heard.unsubscribe();
          if (error) reject(error);
          else resolve(assert.equal(data.commentAdded.content, "Hello"));
        },
        error: reject,
      });
    }).finally(() => clearInterval(saying));
    assert.ok(client.readQuery({ query, variables: { id } }).post.commentCount > 0);
    await socket.dispose();
  });
});
