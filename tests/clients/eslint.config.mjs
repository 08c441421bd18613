// graphql-eslint's rules for schemas, the Relay ones included: all of them, with what is argued here.
import graphql from "@graphql-eslint/eslint-plugin";

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: "schema.graphql" } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...graphql.configs["flat/schema-all"].rules,
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      // Fields stand in the order in which a reader wants them: what a thing is, before its counts.
      "@graphql-eslint/alphabetize": "off",
      // Connections have `nodes` as GitHub's do, and payloads lists of `userErrors`: neither is paged.
      "@graphql-eslint/relay-edge-types": ["error", { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false }],
      // An id only where there is an entity: these have no life of their own that a cache could keep.
      "@graphql-eslint/strict-id-in-types": [
        "error",
        { exceptions: { types: ["AuthTokens", "Image", "PageInfo", "UserError"], suffixes: ["Payload", "Connection", "Edge"] } },
      ],
      // It forbids mutations and subscriptions altogether, for read-only schemas.
      "@graphql-eslint/no-root-type": "off",
      // A payload and a list are always there; what may be absent is nullable inside, or by itself.
      "@graphql-eslint/require-nullable-result-in-root": "off",
      // Payloads return what changed, so that caches need not ask for anything else.
      "@graphql-eslint/require-field-of-type-query-in-mutation-result": "off",
      // `username` is a word, not a prefix; `Report.reporter` is who reported.
      "@graphql-eslint/no-typename-prefix": "off",
    },
  },
];
