// The one request that is made without Apollo's client, since every other waits for it.

import { print } from "graphql";

import { graphql } from "../generated";
import { endpoint } from "./endpoint";
import type { Tokens } from "./session";

const REFRESH = graphql(`
  mutation Refresh($input: RefreshInput!) {
    refresh(input: $input) {
      tokens {
        accessToken
        refreshToken
        expiresIn
      }
      userErrors {
        code
      }
    }
  }
`);

interface Answer {
  data?: { refresh: { tokens: Tokens | null } };
}

/** The next pair of tokens; null when the session is over. Fails when that could not be found out. */
export async function renew(refreshToken: string): Promise<Tokens | null> {
  const operation = { operationName: "Refresh", query: print(REFRESH), variables: { input: { refreshToken } } };
  const response = await fetch(endpoint.http, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(operation),
  });
  const { data } = (await response.json()) as Answer;
  if (!data) throw new Error("The session could not be renewed.");
  return data.refresh.tokens;
}
