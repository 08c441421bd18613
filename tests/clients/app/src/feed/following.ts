// The viewer's own feed, and how new posts get to its top.

import type { ApolloCache } from "@apollo/client";

import { graphql, type DocumentType } from "../generated";

export const FOLLOWING = graphql(`
  query Following($first: Int!, $after: String) {
    feed(first: $first, after: $after) {
      edges {
        node {
          id
          ...PostCard
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const PAGE = 10;

export type FeedPost = DocumentType<typeof FOLLOWING>["feed"]["edges"][number]["node"];

/** Puts posts, newest first, at the top of the feed in the cache, unless they are in it already. */
export function addToFeed(cache: ApolloCache, posts: readonly FeedPost[]) {
  cache.updateQuery({ query: FOLLOWING, variables: { first: PAGE } }, (data) => {
    if (!data) return;
    const known = new Set(data.feed.edges.map(({ node }) => node.id));
    const added = posts
      .filter(({ id }) => !known.has(id))
      .map((node) => ({ __typename: "PostEdge" as const, node }));
    return { ...data, feed: { ...data.feed, edges: [...added, ...data.feed.edges] } };
  });
}
