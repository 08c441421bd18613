// graphql-codegen with the client preset, as its documentation sets it up for a new project.
export default {
  schema: process.env.SCHEMA ?? "../../schema.graphql",
  documents: ["codegen/client/documents.ts"],
  generates: {
    "codegen/client/generated/": {
      preset: "client",
      presetConfig: { persistedDocuments: { hashAlgorithm: "sha256" } },
      config: { scalars: { DateTime: "string", URL: "string", Upload: "File" }, useTypeImports: true, strictScalars: true, enumType: "native" },
    },
  },
};
