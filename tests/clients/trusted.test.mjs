// Clients whose documents the server knows beforehand, from the manifests that their tools wrote
// (`node codegen/generate.mjs`). ROOKERY_TRUSTED_URL is a server with
// TRUSTED_DOCUMENTS=codegen/{client/generated/persisted-documents,relay/generated/persisted,apollo/generated/manifest}.json
// and TRUSTED_DOCUMENTS_MODE=only.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { generatePersistedQueryIdsFromManifest } from "@apollo/persisted-query-lists";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

import { ME } from "./codegen/apollo/documents.mjs";
import { manifests } from "./codegen/generate.mjs";

const address = process.env.ROOKERY_TRUSTED_URL;
const skip = !address && "ROOKERY_TRUSTED_URL is not set; `cargo test --test it clients` does it";
const load = (name) => JSON.parse(readFileSync(manifests[name], "utf8"));

async function post(parameters) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${address}/graphql`, { method: "POST", headers, body: JSON.stringify(parameters) });
  return response.json();
}

describe("trusted documents", { skip }, () => {
  const apollo = () => {
    const ids = generatePersistedQueryIdsFromManifest({ loadManifest: async () => load("apollo") });
    const http = new HttpLink({ uri: `${address}/graphql` });
    return new ApolloClient({ cache: new InMemoryCache(), link: ApolloLink.from([new PersistedQueryLink(ids), http]) });
  };

  it("runs what Apollo's manifest has, and nothing else for its client", async () => {
    assert.deepEqual((await apollo().query({ query: ME })).data, { me: null });
    const other = new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri: `${address}/graphql` }) });
    await assert.rejects(other.query({ query: gql`query Other { me { id } }` }), (error) => {
      return CombinedGraphQLErrors.is(error) && error.errors[0].extensions.code === "PERSISTED_QUERY_NOT_FOUND";
    });
  });

  for (const [tool, parameter] of [["codegen", "documentId"], ["relay", "doc_id"], ["relay", "id"]]) {
    it(`runs what ${tool} wrote, by ${parameter}`, async () => {
      const documents = Object.entries(load(tool)).filter(([, text]) => !text.includes("subscription "));
      assert.ok(documents.length > 2);
      for (const [id] of documents) {
        // Without a login and its variables, which are judged after the document was found.
        const { errors } = await post({ [parameter]: id });
        assert.match(errors?.[0].extensions.code, /^(BAD_USER_INPUT|UNAUTHENTICATED)$/, JSON.stringify(errors));
      }
      const feed = documents.find(([, text]) => text.includes("query Feed("));
      if (feed) assert.deepEqual((await post({ [parameter]: feed[0], variables: { first: 1 } })).data.posts.edges, []);
    });
  }

  it("holds over WebSocket, too", async () => {
    const url = `${address.replace(/^http/, "ws")}/graphql`;
    const first = (payload) => {
      const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
      const answered = new Promise((next, error) => client.subscribe(payload, { next, error, complete: error }));
      return answered.finally(() => client.dispose());
    };
    await assert.rejects(first({ query: "{ __typename }" }), ([error]) => {
      return error.extensions.code === "PERSISTED_QUERY_NOT_FOUND";
    });
    // This client sends nothing without a text.
    const { body } = load("apollo").operations.find(({ name }) => name === "Me");
    assert.deepEqual((await first({ query: body })).data, { me: null });
  });
});
