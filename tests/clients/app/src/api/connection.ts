// Apollo's client with a cache and a socket. Each login has its own, so that nothing of one viewer
// is ever shown to the next.

import { ApolloClient, ApolloLink, CombinedGraphQLErrors, ServerError } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import UploadHttpLink from "apollo-upload-client/UploadHttpLink.mjs";
import { createClient } from "graphql-ws";
import { useSyncExternalStore } from "react";
import { from, switchMap } from "rxjs";

import { makeCache } from "./cache";
import { endpoint } from "./endpoint";
import { session } from "./session";

const bearer = (token: string | null) => (token ? { authorization: `Bearer ${token}` } : {});

/** Puts the access token into the request. */
const authorization = new SetContextLink(async ({ headers }) => ({
  headers: { ...headers, ...bearer(await session.accessToken()) },
}));

function isUnauthenticated(error: unknown) {
  if (CombinedGraphQLErrors.is(error)) {
    return error.errors.some(({ extensions }) => extensions?.["code"] === "UNAUTHENTICATED");
  }
  return ServerError.is(error) && error.statusCode === 401;
}

/** Renews a token that was refused all the same, and tries again, once. */
const renewal = new ErrorLink(({ error, operation, forward }) => {
  if (!isUnauthenticated(error) || !session.isSignedIn()) return;
  return from(session.renew()).pipe(switchMap(() => forward(operation)));
});

function connect() {
  const reconnected = new Set<() => void>();
  const socket = createClient({
    url: endpoint.socket,
    connectionParams: async () => bearer(await session.accessToken()),
    // For as long as the app is open: with ever longer pauses, and whatever the reason.
    retryAttempts: Infinity,
    shouldRetry: () => true,
  });
  socket.on("connected", (_socket, _payload, wasRetry) => {
    if (wasRetry) for (const listener of reconnected) listener();
  });
  // Sends files where a variable holds one. The header is the server's proof that no page of strangers
  // asks: a browser lets none set it without permission.
  const upload = new UploadHttpLink({ uri: endpoint.http, headers: { "apollo-require-preflight": "true" } });
  const http = ApolloLink.from([renewal, authorization, upload]);
  const link = ApolloLink.split(
    ({ operationType }) => operationType === "subscription",
    new GraphQLWsLink(socket),
    http,
  );
  return {
    client: new ApolloClient({ cache: makeCache(), link }),
    /** Tells when the socket is back: what happened meanwhile was not told. */
    onReconnected(listener: () => void) {
      reconnected.add(listener);
      return () => void reconnected.delete(listener);
    },
    close() {
      this.client.stop();
      void socket.dispose();
    },
  };
}

let connection = connect();
// Before any component subscribes, so that components find the new one.
session.subscribe(() => {
  connection.close();
  connection = connect();
});

/** The connection of whoever is signed in now. */
export function useConnection() {
  return useSyncExternalStore(session.subscribe, () => connection);
}
