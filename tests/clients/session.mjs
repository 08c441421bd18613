// A login as an app keeps it: two tokens, and the one mutation that renews them. Counts what a test
// wants to know of it.

import { createHmac } from "node:crypto";

import { endpoint } from "./server.mjs";

const REFRESH = `mutation ($input: RefreshInput!) {
  refresh(input: $input) { tokens { accessToken refreshToken } userErrors { code } }
}`;

/** The session of somebody who has just registered. */
export function sessionOf(tokens) {
  const session = { ...tokens, refreshes: 0, ended: false };
  session.refresh = async (refreshToken = session.refreshToken) => {
    session.refreshes += 1;
    const body = JSON.stringify({ query: REFRESH, variables: { input: { refreshToken } } });
    const response = await fetch(endpoint, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const { data } = await response.json();
    if (data?.refresh.tokens) Object.assign(session, data.refresh.tokens);
    else session.ended = true;
    return !session.ended;
  };
  session.expire = () => (session.accessToken = expired(session.accessToken));
  return session;
}

/** The same access token, as if it had been issued a day before: signed by the server's own key. */
export function expired(token) {
  const key = process.env.ROOKERY_SECRET_KEY;
  if (!key) throw new Error("ROOKERY_SECRET_KEY must be the SECRET_KEY of the server under test");
  const [header, payload] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  const older = { ...claims, iat: claims.iat - 86_400, exp: claims.exp - 86_400 };
  const signed = `${header}.${Buffer.from(JSON.stringify(older)).toString("base64url")}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}
