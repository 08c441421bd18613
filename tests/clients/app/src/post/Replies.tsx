import { useQuery } from "@apollo/client/react";

import { explain } from "../api/explain";
import { graphql } from "../generated";
import { Problem } from "../ui/Message";
import { MoreButton } from "../ui/MoreButton";
import { CommentsSkeleton } from "../ui/Skeleton";
import { Comment } from "./Comment";

// The first few came with the thread and are found in the cache.
const REPLIES = graphql(`
  query Replies($id: ID!, $first: Int!, $after: String) {
    node(id: $id) {
      __typename
      ... on Comment {
        id
        replies(first: $first, after: $after) {
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
  }
`);

const PAGE = 10;

export function Replies({ postId, to }: { postId: string; to: string }) {
  const { data, error, fetchMore, refetch } = useQuery(REPLIES, { variables: { id: to, first: PAGE } });
  const replies = data?.node?.__typename === "Comment" ? data.node.replies : undefined;
  if (error && !replies) return <Problem retry={() => void refetch()}>{explain(error)}</Problem>;
  if (!replies) return <CommentsSkeleton />;
  return (
    <>
      <ul className="comments replies">
        {replies.edges.map(({ node }) => (
          <Comment key={node.id} postId={postId} comment={node} />
        ))}
      </ul>
      {replies.pageInfo.hasNextPage && (
        <MoreButton more={() => fetchMore({ variables: { after: replies.pageInfo.endCursor } })}>
          More replies
        </MoreButton>
      )}
    </>
  );
}
