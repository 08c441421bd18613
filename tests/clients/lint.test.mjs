// The rules for good schemas that others have gathered. Exceptions are argued in the configurations.

import assert from "node:assert/strict";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

import { folder, run } from "./tools.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

it("satisfies graphql-eslint", async () => {
  const config = `${folder}eslint.config.mjs`;
  const { code, said } = await run("eslint", ["--max-warnings=0", "--config", config, "schema.graphql"], { within: root });
  assert.equal(code, 0, said);
});

it("satisfies graphql-schema-linter", async () => {
  const { code, said } = await run("graphql-schema-linter", ["../../schema.graphql"]);
  assert.equal(code, 0, said);
});
