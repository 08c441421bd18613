// The audits of the npm package graphql-http: GraphQL over HTTP, as its specification has it. The
// same path serves the playground and WebSockets, which must not get in the way.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { serverAudits } from "graphql-http";

import { endpoint } from "./server.mjs";

const AUDITS = 61;

describe("GraphQL over HTTP", () => {
  const audits = serverAudits({ url: endpoint });

  it("is judged by every audit that is known", () => assert.equal(audits.length, AUDITS));

  for (const audit of audits) {
    it(`${audit.id}: ${audit.name}`, async () => {
      const result = await audit.fn();
      assert.equal(result.status, "ok", result.reason);
    });
  }
});
