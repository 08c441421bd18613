// Runs every generator over the schema and the operations in this folder, each as its documentation
// sets it up. What they write is in the folders named `generated`.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { folder, run } from "../tools.mjs";

const here = (name) => join(folder, "codegen", name);
const schema = fileURLToPath(new URL("../../../schema.graphql", import.meta.url));

/** Where each tool leaves its manifest of persisted documents. */
export const manifests = {
  codegen: here("client/generated/persisted-documents.json"),
  relay: here("relay/generated/persisted.json"),
  apollo: here("apollo/generated/manifest.json"),
};

export const generators = {
  "graphql-codegen, client preset": () =>
    run("graphql-codegen", ["--config", here("client/codegen.mjs")], { env: { SCHEMA: schema } }),
  "relay-compiler": () => {
    // It only adds to a file that is there.
    writeFileSync(manifests.relay, "{}");
    return run("relay-compiler", ["relay.config.json"], { within: here("relay") });
  },
  genql: () =>
    run("genql", ["--schema", schema, "--output", here("genql/generated"), "--esm", "--scalar", "DateTime:string", "--scalar", "URL:string", "--scalar", "Upload:File"]),
  "generate-persisted-query-manifest": () =>
    run("generate-persisted-query-manifest", ["-c", here("apollo/persisted-query-manifest.config.json")]),
};

export function forget() {
  for (const tool of ["client", "relay", "genql", "apollo"]) {
    rmSync(here(`${tool}/generated`), { recursive: true, force: true });
    mkdirSync(here(`${tool}/generated`));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  forget();
  for (const [name, generate] of Object.entries(generators)) {
    const { code, said } = await generate();
    if (code !== 0) throw new Error(`${name}: ${said}`);
  }
}
