// Fails when schema.graphql breaks clients of the schema before it: that of the last commit on the
// main line, or of SCHEMA_BASE. What was deprecated there may go.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { CriticalityLevel, DiffRule, diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";

const root = fileURLToPath(new URL("../..", import.meta.url));
const FILE = "schema.graphql";

/** What git prints; undefined where it knows nothing of it. */
function git(...args) {
  try {
    return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return undefined;
  }
}

const commit = (name) => git("rev-parse", "--verify", "--quiet", `${name}^{commit}`)?.trim();

/** The commit that this work started from; on the main line itself, the one before. */
function base(now) {
  if (process.env.SCHEMA_BASE) {
    const asked = commit(process.env.SCHEMA_BASE);
    if (!asked) throw new Error(`SCHEMA_BASE: there is no commit ${process.env.SCHEMA_BASE}`);
    return asked;
  }
  const head = commit("HEAD");
  const main = ["origin/main", "main"].map(commit).find(Boolean);
  const shared = main && git("merge-base", head, main)?.trim();
  const start = shared ?? head;
  const isUnchanged = start === head && git("show", `${head}:${FILE}`) === now;
  return isUnchanged ? commit("HEAD^") : start;
}

/** What of the changes breaks clients, each with its path. */
export async function breakingChanges(before, now) {
  const [old, next] = [before, now].map((sdl) => buildSchema(sdl));
  const changes = await diff(old, next, [DiffRule.suppressRemovalOfDeprecatedField]);
  const wasDeprecated = (path) => deprecated(old, path.split("."));
  return changes.filter(
    ({ criticality, type, path }) =>
      criticality.level === CriticalityLevel.Breaking && !(/_REMOVED$/.test(type) && wasDeprecated(path)),
  );
}

/** Whether a field, argument, input field or enum value is deprecated. */
function deprecated(schema, [name, member, argument]) {
  const type = schema.getType(name);
  const found = type?.getFields?.()[member] ?? type?.getValue?.(member);
  const part = argument ? found?.args.find(({ name }) => name === argument) : found;
  return Boolean(part?.deprecationReason ?? found?.deprecationReason);
}

async function check() {
  const now = readFileSync(`${root}/${FILE}`, "utf8");
  const from = base(now);
  const before = from && git("show", `${from}:${FILE}`);
  if (!before) return console.log("There is no earlier schema to compare with.");
  const breaking = await breakingChanges(before, now);
  console.log(`${breaking.length} breaking changes since ${from.slice(0, 10)}`);
  if (breaking.length === 0) return;
  for (const { path, message } of breaking) console.error(`  ${path}: ${message}`);
  console.error('Deprecate first, with @deprecated(reason: "Use X. Removed after YYYY-MM-DD."), and remove later.');
  process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await check();
