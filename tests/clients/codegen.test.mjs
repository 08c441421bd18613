// Code generation from schema.graphql by the tools that people use, and what they generate under
// TypeScript's strictest eye.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";

import { coverage, diff, validate } from "@graphql-inspector/core";
import { Source, buildSchema } from "graphql";

import { forget, generators, manifests } from "./codegen/generate.mjs";
import { origin } from "./server.mjs";
import { run } from "./tools.mjs";

const sdl = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

describe("code generation", () => {
  before(forget);

  it("has the same schema from the server as from the file", async () => {
    const served = await fetch(`${origin}/schema.graphql`);
    assert.equal(await served.text(), sdl);
  });

  for (const [name, generate] of Object.entries(generators)) {
    it(`${name} generates without a warning`, async () => {
      const { code, said } = await generate();
      assert.equal(code, 0, said);
      assert.doesNotMatch(said, /warn|deprecat|could not|fail/i);
    });
  }

  it("compiles under tsc --strict", async () => {
    const { code, said } = await run("tsc", ["--project", "."]);
    assert.equal(code, 0, said);
  });

  it("satisfies graphql-inspector", async () => {
    const schema = buildSchema(sdl);
    assert.deepEqual(await diff(schema, schema), []);
    const persisted = Object.entries(JSON.parse(readFileSync(manifests.relay, "utf8")));
    const documents = persisted.map(([hash, text]) => new Source(text, hash));
    assert.ok(documents.length > 5);
    // One by one, since each holds its own copy of the fragments.
    const complaints = documents.flatMap((document) => validate(schema, [document], { strictDeprecated: true }));
    assert.deepEqual(complaints, []);
    assert.ok(coverage(schema, documents).types.Post.hits > 0);
  });
});
