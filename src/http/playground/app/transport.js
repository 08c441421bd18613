// Carries GraphiQL's operations to the server, over HTTP or WebSocket, as whoever is signed in, and
// watches the answers: tokens and the last post's id are taken from them, so nobody copies by hand.

import * as live from "./live.js";
import * as session from "./session.js";

/** The page is served at the endpoint itself. */
const ENDPOINT = location.origin + location.pathname;

/** In the variables it stands for the id of the post created last. */
export const LAST_POST = "LAST_POST";

/** GraphiQL's fetcher: gives a promise of a result, or for a subscription something to subscribe to. */
export async function fetcher({ query, variables, operationName }, { headers = {}, documentAST } = {}) {
  const operation = operationOf(documentAST, operationName);
  const filled = fillIn(variables);
  if (filled.missing) return failure(filled.missing);
  const request = { query, variables: filled.variables, operationName };
  if (operation?.operation === "subscription") return subscription(request, headers, operation);
  const result = await authorised(request, headers);
  learn(operation, result);
  return result;
}

/** Ends the session here and, as far as it can be reached, on the server. */
export async function signOut() {
  const token = session.current()?.accessToken;
  session.end();
  if (token) await post({ query: "mutation SignOut { logout(input: {}) { __typename } }" }, {}, token);
}

const failure = (message) => ({ errors: [{ message }] });

function operationOf(document, name) {
  const operations = document?.definitions.filter(({ kind }) => kind === "OperationDefinition") ?? [];
  return operations.find((operation) => operation.name?.value === name) ?? operations[0];
}

function fillIn(variables) {
  if (!variables) return { variables };
  const text = JSON.stringify(variables);
  if (!text.includes(`"${LAST_POST}"`)) return { variables };
  const id = session.lastPost();
  if (!id) {
    return {
      missing:
        `No post was created in this browser tab yet, so ${LAST_POST} in the variables stands for ` +
        "nothing. Run the CreatePost tab first, or write the id of a post in its place.",
    };
  }
  return { variables: JSON.parse(text, (_, value) => (value === LAST_POST ? id : value)) };
}

/** Sends as the signed-in user; a token that the server refuses is refreshed, and sent again once. */
async function authorised(request, headers) {
  const own = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
  const { result, refused } = await post(request, headers, own ? undefined : await freshToken());
  if (!refused || own || !session.current()) return result;
  await refresh();
  return (await post(request, headers, session.current()?.accessToken)).result;
}

async function post(request, headers, token) {
  const sent = new Headers({
    Accept: "application/graphql-response+json, application/json",
    "Content-Type": "application/json",
  });
  if (token) sent.set("Authorization", `Bearer ${token}`);
  for (const [name, value] of Object.entries(headers)) sent.set(name, value);
  let response;
  try {
    response = await fetch(ENDPOINT, { method: "POST", headers: sent, body: JSON.stringify(request) });
  } catch {
    return { result: failure(`${ENDPOINT} does not answer. Is the server still running?`) };
  }
  const text = await response.text();
  try {
    const result = JSON.parse(text);
    return { result, refused: wasRefused(response, result) };
  } catch {
    const status = `${response.status} ${response.statusText}`.trim();
    return { result: { ...failure(`The server answered ${status}, and not in JSON.`), body: text.slice(0, 500) } };
  }
}

/** Only where nothing of the operation took effect may it be sent a second time. */
function wasRefused(response, { data, errors }) {
  const unauthenticated = errors?.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED");
  const nothingDone = !data || Object.values(data).every((value) => value === null);
  return (response.status === 401 || unauthenticated) && nothingDone;
}

async function freshToken() {
  if (session.hasExpired()) await refresh();
  return session.current()?.accessToken;
}

const ENDED = "Your session has ended. Log in again.";
let refreshing;

/** One refresh at a time: a refresh token can be spent only once. */
function refresh() {
  refreshing ??= exchangeTokens().finally(() => (refreshing = undefined));
  return refreshing;
}

async function exchangeTokens() {
  const { refreshToken, username } = session.current() ?? {};
  if (!refreshToken) return session.end(ENDED);
  const query = `mutation KeepSignedIn($input: RefreshInput!) {
    refresh(input: $input) { tokens { accessToken refreshToken expiresIn } userErrors { code } }
  }`;
  const { result, refused } = await post({ query, variables: { input: { refreshToken } } }, {});
  const answer = result.data?.refresh;
  if (answer?.tokens) session.begin(answer.tokens, username);
  else if (answer || refused) session.end(ENDED);
  // Anything else (no connection, a rate limit) says nothing about the session: it is kept.
}

function learn(operation, { data }) {
  for (const { kind, name, alias } of operation?.selectionSet.selections ?? []) {
    const payload = kind === "Field" && data?.[alias?.value ?? name.value];
    if (!payload || payload.userErrors?.length) continue;
    if (payload.tokens?.accessToken) welcome(payload.tokens, payload.user?.username);
    if (name.value === "createPost" && payload.post?.id) session.rememberPost(payload.post.id);
    if (["logout", "deleteAccount"].includes(name.value)) session.end();
  }
}

async function welcome(tokens, username) {
  session.begin(tokens, username);
  if (username) return;
  const { result } = await post({ query: "{ me { username } }" }, {}, tokens.accessToken);
  if (session.current()?.accessToken === tokens.accessToken) {
    session.begin(tokens, result.data?.me?.username);
  }
}

/**
 * What GraphiQL subscribes to. When it goes to another tab it hears no more, since it would show an
 * event as the answer of that tab; the socket may stay open all the same, see `live.js`.
 */
function subscription(request, headers, operation) {
  const name = operation.selectionSet.selections[0]?.name?.value ?? "subscription";
  return {
    subscribe(sink) {
      let stop = () => {};
      let watched = true;
      const feed = live.start(name, () => stop());
      const next = (result) => {
        feed.event(result);
        if (watched) sink.next(result);
      };
      const complete = (problem) => {
        if (problem) next(failure(problem));
        feed.end(problem);
        if (watched) sink.complete();
      };
      const { connected, reconnecting } = feed;
      stop = listen(request, headers, { next, complete, connected, reconnecting });
      const unsubscribe = () => {
        watched = false;
        feed.leave();
      };
      return { unsubscribe };
    },
  };
}

/** Opens a socket of its own, so that the tab's headers can go with it as the token does. */
function listen(request, headers, sink) {
  let refusals = 0;
  let release;
  const client = graphqlWs.createClient({
    url: ENDPOINT.replace(/^http/, "ws"),
    retryAttempts: 20,
    retryWait: (attempt) => new Promise((done) => setTimeout(done, Math.min(250 * 2 ** attempt, 10_000))),
    connectionParams: async () => {
      const token = await freshToken();
      return { ...(token && { Authorization: `Bearer ${token}` }), ...headers };
    },
    shouldRetry: ({ code }) => ![4401, 4403].includes(code),
    on: { connected: sink.connected, closed: sink.reconnecting },
  });
  const forget = session.onChange(() => client.terminate());
  const open = () => {
    release = client.subscribe(request, {
      next: sink.next,
      complete: () => finish(),
      async error(reason) {
        const refused = [4401, 4403].includes(reason?.code) && session.current();
        if (!refused || refusals++) return finish(explain(reason));
        await refresh();
        open();
      },
    });
  };
  const finish = (message) => {
    forget();
    client.dispose();
    sink.complete(message);
  };
  open();
  return () => {
    forget();
    release();
    client.dispose();
  };
}

function explain(reason) {
  if (Array.isArray(reason)) return reason.map(({ message }) => message).join(" ");
  if (reason?.code) return `The server closed the socket: ${reason.code} ${reason.reason}`.trim();
  return `The socket failed: ${reason?.message ?? "no reason given"}`;
}
