// Relay's runtime with documents that only relay-compiler has the texts of: its network layer sends
// their ids, over HTTP and over WebSocket. ROOKERY_TRUSTED_URL is a server as for trusted.test.mjs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { createClient } from "graphql-ws";
import relay from "relay-runtime";
import { WebSocket } from "ws";

import { manifests } from "./codegen/generate.mjs";
import { run } from "./tools.mjs";

const { ConnectionHandler, Environment, Network, Observable, RecordSource, Store } = relay;
const address = process.env.ROOKERY_TRUSTED_URL;
const skip = !address && "ROOKERY_TRUSTED_URL is not set; `cargo test --test it clients` does it";

const ARTIFACTS = ["feedQuery", "feedWriteMutation", "feedRemoveMutation", "feedAddedSubscription"];
const generated = fileURLToPath(new URL("codegen/relay/generated/", import.meta.url));

/** What relay-compiler wrote, without its types. */
async function artifacts() {
  const files = ARTIFACTS.map((name) => `${generated}${name}.graphql.ts`);
  const options = ["--noEmit", "false", "--module", "preserve", "--target", "es2022", "--skipLibCheck", "--types", ""];
  const { code, said } = await run("tsc", ["--ignoreConfig", ...options, "--outDir", `${generated}js`, ...files]);
  assert.equal(code, 0, said);
  const modules = ARTIFACTS.map((name) => import(`${generated}js/${name}.graphql.js`));
  return (await Promise.all(modules)).map((module) => module.default);
}

describe("relay-runtime", { skip }, () => {
  let nodes, token, sent, socket;

  before(async () => {
    nodes = await artifacts();
    // A document of Apollo's manifest, in full.
    const { operations } = JSON.parse(readFileSync(manifests.apollo, "utf8"));
    const { body: query } = operations.find(({ name }) => name === "Register");
    const username = `relay_${Date.now()}`;
    const input = { username, email: `${username}@example.com`, password: "correct horse battery" };
    const { data } = await post({ query, variables: { input } });
    token = data.register.tokens.accessToken;
  });

  async function post(parameters) {
    const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
    return (await fetch(`${address}/graphql`, { method: "POST", headers, body: JSON.stringify(parameters) })).json();
  }

  function fetchById({ id, text }, variables) {
    sent.push({ id, text });
    return post({ doc_id: id, variables });
  }

  // The client of the protocol insists on a text, and takes an empty one.
  const subscribeById = ({ id }, variables) =>
    Observable.create((sink) => socket.subscribe({ query: "", doc_id: id, variables }, sink));

  function environment() {
    sent = [];
    return new Environment({
      network: Network.create(fetchById, subscribeById),
      store: new Store(new RecordSource()),
    });
  }

  const mutate = (within, mutation, variables) =>
    new Promise((onCompleted, onError) =>
      relay.commitMutation(within, { mutation, variables, onCompleted, onError }),
    );

  /** The titles in the store's connection, as a component gets them. */
  function titles(within) {
    let found;
    relay.commitLocalUpdate(within, (store) => {
      const edges = ConnectionHandler.getConnection(store.getRoot(), "feed_feed").getLinkedRecords("edges");
      found = edges.map((edge) => edge.getLinkedRecord("node").getValue("title"));
    });
    return found;
  }

  it("reads, writes and subscribes by ids alone", async () => {
    const [query, write, remove, added] = nodes;
    for (const { params } of nodes) assert.ok(params.id && params.text === null, params.name);
    socket = createClient({
      url: `${address.replace(/^http/, "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    const within = environment();
    const variables = { first: 10 };
    within.retain(relay.createOperationDescriptor(query, variables));
    await relay.fetchQuery(within, query, variables).toPromise();
    assert.deepEqual(titles(within), []);

    const connections = [ConnectionHandler.getConnectionID("client:root", "feed_feed")];
    const input = { title: "Written", content: "By its id." };
    const { createPost } = await mutate(within, write, { input, connections });
    assert.deepEqual(createPost.userErrors, []);
    assert.deepEqual(titles(within), ["Written"]);
    await mutate(within, remove, { input: { id: createPost.post.id }, connections });
    assert.deepEqual(titles(within), []);

    // Nobody tells when a subscription is in place.
    const writing = setInterval(() => mutate(within, write, { input, connections: [] }).catch(() => {}), 200);
    await new Promise((onNext, onError) => {
      relay.requestSubscription(within, { subscription: added, variables: { connections }, onNext, onError });
    }).finally(() => clearInterval(writing));
    assert.equal(titles(within)[0], "Written");
    assert.ok(sent.length >= 4 && sent.every(({ id, text }) => id && text === null));
    await socket.dispose();
  });

  it("is refused a document that no manifest has", async () => {
    const within = environment();
    const [query] = nodes;
    const unknown = { ...query, params: { ...query.params, id: "0".repeat(64) } };
    await assert.rejects(relay.fetchQuery(within, unknown, { first: 1 }).toPromise(), /PERSISTED_QUERY_NOT_FOUND|No data/);
  });
});
