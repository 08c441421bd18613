// The client that genql generates, asked for what a page shows: compiled, never run.
import { createClient, enumPostOrder, isPost } from "./generated/index.js";

export async function newest(url: string): Promise<[title: string, since: string][]> {
  const { posts } = await createClient({ url }).query({
    posts: {
      __args: { first: 3, orderBy: enumPostOrder.NEWEST },
      nodes: { __typename: true, title: true, createdAt: true, owner: { username: true } },
      pageInfo: { endCursor: true },
    },
  });
  return posts.nodes.filter(isPost).map(({ title, createdAt }) => [title, createdAt]);
}

export async function vote(url: string, postId: string): Promise<number | undefined> {
  const { vote } = await createClient({ url }).mutation({
    vote: {
      __args: { input: { postId, direction: "UP" } },
      post: { score: true },
      userErrors: { code: true, message: true },
    },
  });
  return vote.post?.score;
}
