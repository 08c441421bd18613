// Types and documents from the schema and the operations in `src`: `npm run generate`.
// In a project of your own, name the server: schema: "http://127.0.0.1:8000/schema.graphql".
import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: process.env["SCHEMA"] ?? "../../../schema.graphql",
  documents: ["src/**/*.{ts,tsx}", "!src/generated/**"],
  generates: {
    "src/generated/": {
      preset: "client",
      // What a component asks for is its own business: others see it only through `readFragment`.
      presetConfig: { fragmentMasking: { unmaskFunctionName: "readFragment" } },
      config: {
        scalars: { DateTime: "string", URL: "string", Upload: { input: "File", output: "never" } },
        strictScalars: true,
        useTypeImports: true,
        enumType: "string-literal",
      },
    },
  },
};

export default config;
