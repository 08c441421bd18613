// How answers are kept: every thing once, by its id, and every list as one, however many pages it
// came in.

import { InMemoryCache, type FieldReadFunction } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";

/** Finds what is in the cache already by its id, without asking for it again. */
const byId =
  (typename: string): FieldReadFunction =>
  (existing, { args, toReference }) =>
    existing !== undefined ? existing : toReference({ __typename: typename, id: args?.["id"] });

export const makeCache = () =>
  new InMemoryCache({
    possibleTypes: { Node: ["User", "Post", "Comment", "Session"] },
    typePolicies: {
      Query: {
        fields: {
          post: { read: byId("Post") },
          // Only comments are asked for in this way.
          node: { read: byId("Comment") },
          feed: relayStylePagination(),
          posts: relayStylePagination(["orderBy", "ownedBy", "search"]),
        },
      },
      Post: { fields: { comments: relayStylePagination(["orderBy"]) } },
      Comment: { fields: { replies: relayStylePagination(["orderBy"]) } },
      User: { fields: { posts: relayStylePagination(["orderBy"]) } },
    },
  });
