import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The API as the app's own origin, so that neither cookies nor CORS come into it. `ROOKERY_URL` is
// for a server elsewhere. The Host header stays: a WebSocket is refused whose Origin is another.
const target = process.env["ROOKERY_URL"] ?? "http://127.0.0.1:8000";
const proxy = {
  "/graphql": { target, ws: true, changeOrigin: false },
  "/media": { target, changeOrigin: false },
};

export default defineConfig({
  plugins: [react()],
  server: { proxy },
  preview: { proxy },
  // Libraries change less often than the app, so browsers keep them apart.
  build: {
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "libraries", test: /node_modules/ }] } } },
  },
});
