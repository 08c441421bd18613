// Who is signed in. Kept in sessionStorage: it survives a reload and ends with the browser tab.
// This module asks nothing of the server; `transport.js` does, and tells it what it learnt.

const KEY = "rookery.playground.session";

/** @type {{ accessToken: string, refreshToken?: string, expiresAt: number, username?: string } | null} */
let session = read();
let lastPostId = sessionStorage.getItem(`${KEY}.post`);
const listeners = new Set();

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function keep(next, notice) {
  session = next;
  if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
  else sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener(next, notice);
}

export const current = () => session;

export const hasExpired = () => session !== null && Date.now() > session.expiresAt;

/** Takes the `AuthTokens` of the API. A refreshed session keeps the name that it had. */
export function begin(tokens, username) {
  keep({
    accessToken: tokens.accessToken,
    refreshToken: tokens.refreshToken,
    // A little early, for the request still has to travel. A token whose lifetime was not selected
    // is used until it is refused.
    expiresAt: tokens.expiresIn ? Date.now() + tokens.expiresIn * 950 : Number.MAX_SAFE_INTEGER,
    username,
  });
}

export function end(notice) {
  if (session) keep(null, notice);
}

/** Calls back at every change, with the session (or null) and a sentence if the user should know. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const lastPost = () => lastPostId;

export function rememberPost(id) {
  lastPostId = id;
  sessionStorage.setItem(`${KEY}.post`, id);
}
