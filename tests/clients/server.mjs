// Where the server under test is. Every test file starts from here.

const address = process.env.ROOKERY_URL;
if (!address) {
  throw new Error("ROOKERY_URL must name the running server, for example http://127.0.0.1:8000");
}

export const origin = new URL(address).origin;
export const endpoint = `${origin}/graphql`;
