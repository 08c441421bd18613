// The real client of the graphql-transport-ws protocol.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

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
