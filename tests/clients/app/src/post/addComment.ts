// A new comment in the cache: under its post or under the comment that it answers. It may come
// twice, as the answer to whoever wrote it and as an event.

import type { ApolloCache, Reference } from "@apollo/client";

import { graphql, readFragment, type FragmentType } from "../generated";

const ADDED_COMMENT = graphql(`
  fragment AddedComment on Comment {
    id
    ...CommentParts
    post {
      id
      commentCount
    }
    replyTo {
      id
      replyCount
    }
    replies(first: 3) {
      edges {
        node {
          id
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

interface List {
  edges: { __typename: string; cursor: string; node: Reference }[];
  pageInfo: { hasNextPage: boolean };
}

export function addComment(cache: ApolloCache, postId: string, added: FragmentType<typeof ADDED_COMMENT>) {
  const { id, replyTo } = readFragment(ADDED_COMMENT, added);
  const ref = (typename: string, key: string) => cache.identify({ __typename: typename, id: key });
  const comment = ref("Comment", id);
  if (!comment) return;
  const append = (list: List): List => {
    const isThere = list.edges.some(({ node }) => node.__ref === comment);
    // What is at the end of a list that was not read to its end comes with its last page.
    if (isThere || list.pageInfo.hasNextPage) return list;
    const edge = { __typename: "CommentEdge", cursor: "", node: { __ref: comment } };
    return { ...list, edges: [...list.edges, edge] };
  };
  const parent = replyTo ? ref("Comment", replyTo.id) : ref("Post", postId);
  cache.modify<Record<string, List>>({
    ...(parent && { id: parent }),
    fields: { [replyTo ? "replies" : "comments"]: append as never },
  });
}
