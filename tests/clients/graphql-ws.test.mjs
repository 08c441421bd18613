// The real client of the graphql-transport-ws protocol.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

import { keepRenaming, newcomer, write } from "./people.mjs";
import { endpoint } from "./server.mjs";

describe("graphql-ws", () => {
  let client, closes;

  before(() => {
    closes = [];
    client = createClient({
      url: endpoint.replace(/^http/, "ws"),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      lazy: false,
    });
    client.on("closed", (event) => closes.push(event.code));
  });
  after(async () => {
    const closed = new Promise((resolve) => client.on("closed", resolve));
    await client.dispose();
    await closed;
    assert.deepEqual(closes, [1000], "closed once, and in good order");
  });

  const run = async (query, variables) => {
    for await (const result of client.iterate({ query, variables })) return result;
  };

  it("gets the answer of a query", async () => {
    const query = "query ($name: String!) { __type(name: $name) { name } }";
    assert.deepEqual((await run(query, { name: "User" })).data, { __type: { name: "User" } });
  });

  it("gets the answer of a mutation", async () => {
    assert.deepEqual((await run("mutation { __typename }")).data, { __typename: "Mutation" });
  });

  it("gets errors without losing the connection", async () => {
    await assert.rejects(run("{ nothing }"), ([error]) => {
      return error.extensions.code === "GRAPHQL_VALIDATION_FAILED";
    });
    assert.deepEqual(closes, []);
  });

  it("gets the events of a subscription, until it has enough", async () => {
    const ada = await newcomer();
    const id = await write(ada, "Hello");
    const stop = keepRenaming(ada, id);
    const query = "subscription ($id: ID!) { postChanged(postId: $id) { id title } }";
    const titles = [];
    for await (const { data } of client.iterate({ query, variables: { id } })) {
      assert.equal(data.postChanged.id, id);
      titles.push(data.postChanged.title);
      if (titles.length === 3) break;
    }
    stop();
    assert.match(titles.join(), /^Title \d+,Title \d+,Title \d+$/);
    assert.deepEqual(closes, []);
  });

  it("is told when its session has ended", async () => {
    const ada = await newcomer();
    const id = await write(ada, "Hello");
    const mine = createClient({
      url: endpoint.replace(/^http/, "ws"),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { Authorization: `Bearer ${ada.token}` },
    });
    const bob = await newcomer();
    const query = "subscription ($id: ID!) { postChanged(postId: $id) { viewerCanUpdate } }";
    const vote = "mutation ($input: VoteInput!) { vote(input: $input) { post { id } } }";
    let direction = "UP";
    const voting = setInterval(() => {
      direction = direction === "UP" ? "DOWN" : "UP";
      bob.ask(vote, { input: { postId: id, direction } }).catch(() => {});
    }, 100);
    const follow = async () => {
      for await (const { data } of mine.iterate({ query, variables: { id } })) {
        assert.equal(data.postChanged.viewerCanUpdate, true);
        await ada.ask("mutation { logout(input: {}) { __typename } }").catch(() => {});
      }
    };
    await assert.rejects(follow(), ([error]) => error.extensions.code === "UNAUTHENTICATED");
    clearInterval(voting);
    await mine.dispose();
  });

  it("is refused with a bad token", async () => {
    const bad = createClient({
      url: endpoint.replace(/^http/, "ws"),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { Authorization: "Bearer nonsense" },
    });
    const refused = new Promise((resolve, reject) =>
      bad.subscribe({ query: "{ __typename }" }, { next: reject, error: resolve, complete: reject }),
    );
    assert.equal((await refused).code, 4403);
    await bad.dispose();
  });
});
