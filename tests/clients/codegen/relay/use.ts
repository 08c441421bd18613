// What Relay generated, as a component reads it: compiled, never run.
import type { feed_post$data } from "./generated/feed_post.graphql.js";
import type { feed_posts$data } from "./generated/feed_posts.graphql.js";
import type { feedWriteMutation } from "./generated/feedWriteMutation.graphql.js";

export const variables: feedWriteMutation["variables"] = {
  input: { title: "Hello", content: "My first post.", visibility: "FOLLOWERS" },
  connections: [],
};

export function ids({ feed }: feed_posts$data): string[] {
  return feed.edges.map(({ node }) => node.id);
}

export function line({ title, score, owner }: feed_post$data): string {
  return `${title} (${score.toFixed()}) by ${owner.username}`;
}
