// What is said under a post: pages of comments, the first replies to each, and whatever is said
// while one reads.

import { useApolloClient, useQuery, useSubscription } from "@apollo/client/react";
import { Link } from "wouter";

import { explain } from "../api/explain";
import { session } from "../api/session";
import { graphql } from "../generated";
import { Problem } from "../ui/Message";
import { MoreButton } from "../ui/MoreButton";
import { CommentsSkeleton } from "../ui/Skeleton";
import { addComment } from "./addComment";
import { Comment } from "./Comment";
import { CommentForm } from "./CommentForm";

const THREAD = graphql(`
  query Thread($postId: ID!, $first: Int!, $after: String) {
    post(id: $postId) {
      id
      comments(first: $first, after: $after) {
        edges {
          node {
            id
            ...CommentParts
            replies(first: 3) {
              edges {
                node {
                  id
                  ...CommentParts
                }
              }
              pageInfo {
                hasNextPage
                endCursor
              }
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

const COMMENT_ADDED = graphql(`
  subscription CommentAdded($postId: ID!) {
    commentAdded(postId: $postId) {
      ...AddedComment
    }
  }
`);

const PAGE = 20;

export function Thread({ postId }: { postId: string }) {
  const { cache } = useApolloClient();
  const { data, error, fetchMore, refetch } = useQuery(THREAD, {
    variables: { postId, first: PAGE },
    fetchPolicy: "cache-and-network",
    nextFetchPolicy: "cache-first",
  });
  useSubscription(COMMENT_ADDED, {
    variables: { postId },
    onData: ({ data: { data } }) => data && addComment(cache, postId, data.commentAdded),
  });
  const comments = data?.post?.comments;
  return (
    <section className="card thread" aria-labelledby="comments">
      <h2 id="comments">Comments</h2>
      {session.isSignedIn() ? (
        <CommentForm postId={postId} />
      ) : (
        <p className="muted">
          <Link href="/sign-in">Sign in</Link> to say something.
        </p>
      )}
      {!comments && !error && <CommentsSkeleton />}
      {!comments && error && <Problem retry={() => void refetch()}>{explain(error)}</Problem>}
      {comments?.edges.length === 0 && <p className="muted">Nobody has said anything yet.</p>}
      <ul className="comments">
        {comments?.edges.map(({ node }) => (
          <Comment key={node.id} postId={postId} comment={node} repliesOpen />
        ))}
      </ul>
      {comments?.pageInfo.hasNextPage && (
        <MoreButton more={() => fetchMore({ variables: { after: comments.pageInfo.endCursor } })}>
          More comments
        </MoreButton>
      )}
    </section>
  );
}
