// Where the API is: behind the app's own origin, or at `VITE_API_URL` if that was set for the build.

const http = new URL(import.meta.env["VITE_API_URL"] ?? "/graphql", location.href);
const socket = new URL(http);
socket.protocol = http.protocol.replace("http", "ws");

export const endpoint = { http: http.href, socket: socket.href };
