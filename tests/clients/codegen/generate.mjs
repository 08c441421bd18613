// Runs every generator over the schema and the operations in this folder, each as its documentation
// sets it up. What they write is in the folders named `generated`. Run as a program, it generates
// only where something has changed since.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
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

/** What all that is generated comes from: the schema, the operations, and the tools' versions. */
function source() {
  const operations = readdirSync(here(""), { recursive: true })
    .filter((name) => !name.includes("generated"))
    .map(here)
    .filter((path) => statSync(path).isFile())
    .sort();
  const hash = createHash("sha256");
  for (const file of [schema, join(folder, "package-lock.json"), ...operations]) {
    hash.update(file).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // In a folder that is forgotten with what was generated.
  const stamp = here("apollo/generated/.source");
  const wanted = source();
  const whole = [stamp, ...Object.values(manifests)].every((file) => existsSync(file));
  if (!whole || readFileSync(stamp, "utf8") !== wanted) {
    forget();
    for (const [name, generate] of Object.entries(generators)) {
      const { code, said } = await generate();
      if (code !== 0) throw new Error(`${name}: ${said}`);
    }
    writeFileSync(stamp, wanted);
  }
}
