// The real client of the graphql-sse protocol, in its distinct-connections mode.

import assert from "node:assert/strict";
import { before, describe, it } from "node:test";

import { createClient } from "graphql-sse";

import { keepRenaming, newcomer, write } from "./people.mjs";
import { endpoint } from "./server.mjs";

describe("graphql-sse", () => {
  let ada;

  before(async () => (ada = await newcomer()));

  const connect = (token) =>
    createClient({
      url: endpoint,
      retryAttempts: 0,
      headers: token && { Authorization: `Bearer ${token}` },
    });

  const first = async (client, query, variables) => {
    for await (const result of client.iterate({ query, variables })) return result;
  };

  it("gets the answer of a query", async () => {
    const client = connect(ada.token);
    assert.deepEqual((await first(client, "{ me { username } }")).data, { me: { username: ada.username } });
    client.dispose();
  });

  it("gets the events of a subscription, until it has enough", async () => {
    const id = await write(ada, "Hello");
    const client = connect();
    const query = "subscription ($id: ID!) { postChanged(postId: $id) { id title } }";
    const stop = keepRenaming(ada, id);
    const titles = [];
    for await (const { data } of client.iterate({ query, variables: { id } })) {
      assert.equal(data.postChanged.id, id);
      titles.push(data.postChanged.title);
      if (titles.length === 3) break;
    }
    stop();
    assert.match(titles.join(), /^Title \d+,Title \d+,Title \d+$/);
    client.dispose();
  });

  it("sees a subscription completed when the post is gone", async () => {
    const id = await write(ada, "Short-lived");
    const client = connect(ada.token);
    const query = "subscription ($id: ID!) { postChanged(postId: $id) { title } }";
    const stop = keepRenaming(ada, id);
    for await (const _ of client.iterate({ query, variables: { id } })) {
      stop();
      await ada.ask("mutation ($input: DeletePostInput!) { deletePost(input: $input) { deletedPostId } }", {
        input: { id },
      });
    }
    client.dispose();
  });

  it("gets errors as answers", async () => {
    const client = connect();
    for (const [query, code] of [
      ["{ nothing }", "GRAPHQL_VALIDATION_FAILED"],
      ["subscription { feedPostAdded { id } }", "UNAUTHENTICATED"],
    ]) {
      const { errors } = await first(client, query);
      assert.equal(errors[0].extensions.code, code);
    }
    client.dispose();
  });

  it("is refused with a bad token", async () => {
    const client = connect("nonsense");
    await assert.rejects(first(client, "{ __typename }"), ({ response }) => response.status === 401);
    client.dispose();
  });
});
