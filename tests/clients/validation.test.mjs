// The server's judgement of documents against that of npm graphql, over documents made at random
// from the schema: right ones, and the same with one thing put wrong or merely put otherwise.
// VALIDATION_SEED and VALIDATION_DOCUMENTS choose which and how many.

import assert from "node:assert/strict";
import { it } from "node:test";

import { buildSchema, parse, validate } from "graphql";

import { Documents } from "./documents.mjs";
import { endpoint, origin } from "./server.mjs";

const SEED = Number(process.env.VALIDATION_SEED ?? Date.now() % 1_000_000);
const COUNT = Number(process.env.VALIDATION_DOCUMENTS ?? 3000);
const AT_ONCE = 16;

const schema = buildSchema(await (await fetch(`${origin}/schema.graphql`)).text());

/** What the GraphQL library of the server takes by itself and must not, or the other way round. */
const WRONG = [
  '{ posts(orderBy: "NEWEST") { totalCount } }',
  "{ posts(first: 3000000000) { totalCount } }",
  'mutation { vote(input: "up") { __typename } }',
  "mutation { vote(input: [1]) { __typename } }",
  'mutation { vote(input: { postId: "a", postId: "b", direction: UP }) { __typename } }',
  'mutation ($n: Int!) { vote(input: { postId: $n, direction: UP }) { __typename } }',
  "{ me { ...A ...B } } fragment A on User { a: posts { x: totalCount } } fragment B on User { a: posts { x: nodes { id } } }",
  '{ node(id: "a") { ... on User { a: username } ... on Post { a: score } } }',
  "{ __typename { a } }",
  "{ __typename @unknown }",
  "{ ...on } fragment on on Query { __typename }",
];
const RIGHT = ['{ user(by: { username: "\\u{1F600}" }) { id } }', '{ user(by: { id: "a" }) { id } }'];

const accepts = {
  graphqlJs: (text) => {
    try {
      return validate(schema, parse(text)).length === 0;
    } catch {
      return false;
    }
  },
  // Refused for its cost is not judged, so undefined.
  server: async (text) => {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/graphql-response+json" },
      // No operation has this name: what is valid is refused for that alone, and nothing runs.
      body: JSON.stringify({ query: text, operationName: "NoneOfThem" }),
    });
    const { errors } = await response.json();
    const [{ message, extensions }] = errors;
    if (extensions.code === "QUERY_TOO_COMPLEX") return undefined;
    if (/operation.*NoneOfThem/i.test(message)) return true;
    assert.match(extensions.code, /^GRAPHQL_(PARSE|VALIDATION)_FAILED$/, `${text}\n${message}`);
    return false;
  },
};

async function compare(texts) {
  const count = { valid: 0, invalid: 0, limited: 0 };
  const differences = [];
  const left = texts.values();
  const worker = async () => {
    for (const text of left) {
      const [expected, found] = [accepts.graphqlJs(text), await accepts.server(text)];
      if (found === undefined) count.limited += 1;
      else if (found !== expected) differences.push(`graphql-js ${expected ? "accepts" : "refuses"}: ${text}`);
      else count[expected ? "valid" : "invalid"] += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { ...count, differences };
}

it("judges as graphql-js what other servers misjudge", async () => {
  for (const text of WRONG) assert.equal(accepts.graphqlJs(text), false, text);
  for (const text of RIGHT) assert.equal(accepts.graphqlJs(text), true, text);
  assert.deepEqual((await compare([...WRONG, ...RIGHT])).differences, []);
});

it(`judges ${COUNT} documents as graphql-js does`, async (test) => {
  const documents = new Documents(schema, SEED);
  const { differences, ...count } = await compare(documents.take(COUNT));
  test.diagnostic(`VALIDATION_SEED=${SEED}: ${JSON.stringify(count)}`);
  assert.deepEqual(differences.slice(0, 10), [], `VALIDATION_SEED=${SEED}`);
  assert.ok(count.valid > COUNT / 5 && count.invalid > COUNT / 5 && count.limited < COUNT / 4, JSON.stringify(count));
});
