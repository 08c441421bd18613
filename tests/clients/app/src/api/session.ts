// The viewer's login: an access token for half an hour, and a refresh token that buys the next pair,
// once. The access token is kept in memory alone. The refresh token is in `localStorage`, so that a
// reload or another tab does not ask for the password; whoever steals it is found out, since a spent
// one that is used again ends the session on the server.

import { renew } from "./renew";

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
}

const KEY = "rookery.refresh-token";
/** A token is renewed so long before it expires, for clocks and networks that are slow. */
const MARGIN = 30_000;

let access: { token: string; until: number } | null = null;
let renewal: Promise<string | null> | null = null;
let ended = false;
const listeners = new Set<() => void>();

function keep({ accessToken, refreshToken, expiresIn }: Tokens): string {
  localStorage.setItem(KEY, refreshToken);
  access = { token: accessToken, until: Date.now() + expiresIn * 1000 - MARGIN };
  return accessToken;
}

function announce() {
  for (const listener of listeners) listener();
}

function forget() {
  localStorage.removeItem(KEY);
  access = null;
  announce();
}

/** Tabs take turns, so that none spends a refresh token that another has just spent. */
function alone<T>(work: () => Promise<T>): Promise<T> {
  return "locks" in navigator ? navigator.locks.request(KEY, work) : work();
}

async function renewed(): Promise<string | null> {
  const refreshToken = localStorage.getItem(KEY);
  if (!refreshToken) return null;
  const tokens = await renew(refreshToken);
  if (tokens) return keep(tokens);
  ended = true;
  forget();
  return null;
}

export const session = {
  isSignedIn: () => localStorage.getItem(KEY) !== null,

  /** Whether the last session ended without the viewer's asking for it. */
  hasEnded: () => ended,

  begin(tokens: Tokens) {
    ended = false;
    keep(tokens);
    announce();
  },

  end: forget,

  /** An access token that is good, renewed if need be; null for a stranger. */
  async accessToken(): Promise<string | null> {
    if (access && Date.now() < access.until) return access.token;
    return session.isSignedIn() ? session.renew() : null;
  },

  /** A new access token, one for all who ask at the same time. Fails when the network does. */
  renew(): Promise<string | null> {
    renewal ??= alone(renewed).finally(() => (renewal = null));
    return renewal;
  },

  /** Tells when somebody signs in or out, here or in another tab. */
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
};

window.addEventListener("storage", ({ key, oldValue, newValue }) => {
  if (key !== KEY) return;
  // Renewed by another tab, our access token is as good as before.
  if (oldValue && newValue) return;
  access = null;
  announce();
});
