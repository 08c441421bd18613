// What counts as a breaking change of the schema, and what its deprecation makes up for.

import assert from "node:assert/strict";
import { it } from "node:test";

import { breakingChanges } from "./breaking.mjs";

const BEFORE = `
  type Query { a(used: Int, old: Int @deprecated(reason: "Use a."), in: In): Int, gone: Int @deprecated(reason: "Use a."), e: E }
  enum E { ONE TWO OLD @deprecated(reason: "Use ONE.") }
  input In { used: Int, old: Int @deprecated(reason: "Use used.") }
`;

const broken = async (change) => (await breakingChanges(BEFORE, change(BEFORE))).map(({ path }) => path);

it("lets go what was deprecated", async () => {
  const without = (sdl) =>
    sdl.replace(/, gone: Int @deprecated\(.*?\)/, "").replace(/,? ?(old: Int|OLD) @deprecated\(.*?\)/g, "");
  assert.doesNotMatch(without(BEFORE), /old|OLD|gone/);
  assert.deepEqual(await broken(without), []);
});

it("lists what was not", async () => {
  assert.deepEqual(await broken((sdl) => sdl.replace("TWO ", "")), ["E.TWO"]);
  assert.deepEqual(await broken((sdl) => sdl.replace("a(used: Int, ", "a(")), ["Query.a.used"]);
  assert.deepEqual(await broken((sdl) => sdl.replace("input In { used: Int,", "input In {")), ["In.used"]);
  assert.deepEqual(await broken((sdl) => sdl.replace(", e: E", "")), ["Query.e"]);
});

it("lists what became stricter, deprecated or not", async () => {
  assert.deepEqual(await broken((sdl) => sdl.replace("old: Int @", "old: Int! @")), ["Query.a.old"]);
  assert.deepEqual(await broken((sdl) => sdl.replace("in: In", "in: In!")), ["Query.a.in"]);
  assert.deepEqual(await broken((sdl) => sdl.replace("gone: Int", "gone: String")), ["Query.gone"]);
});

it("takes additions", async () => {
  assert.deepEqual(await broken((sdl) => sdl.replace("gone:", "more: Int, gone:")), []);
});
