// What the generated types let through, and what they do not: compiled, never run.
import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";

import { Feed, Look, PostCard, Vote } from "./documents.js";
import { useFragment } from "./generated/fragment-masking.js";
import { type UserBy, UserErrorCode, VoteDirection } from "./generated/graphql.js";

export const vote: VariablesOf<typeof Vote> = { input: { postId: "post_1", direction: VoteDirection.Up } };
export const byName: VariablesOf<typeof Look> = { by: { username: "ada" } };

// @ts-expect-error: exactly one of the two, since the input is @oneOf
export const byBoth: UserBy = { id: "user_1", username: "ada" };

export function titles({ posts }: ResultOf<typeof Feed>): [title: string, since: string][] {
  return posts.edges.map(({ node }) => {
    const card = useFragment(PostCard, node);
    return [card.title, card.createdAt];
  });
}

export function isTaken({ vote }: ResultOf<typeof Vote>): boolean {
  // @ts-expect-error: null when there are errors
  vote.post.score;
  return vote.userErrors.some(({ code }) => code === UserErrorCode.Taken);
}
