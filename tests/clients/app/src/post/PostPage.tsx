import { useQuery } from "@apollo/client/react";

import { explain } from "../api/explain";
import { graphql } from "../generated";
import { Empty, Problem } from "../ui/Message";
import { PostsSkeleton } from "../ui/Skeleton";
import { useTitle } from "../ui/useTitle";
import { PostCard } from "./PostCard";
import { Thread } from "./Thread";

const POST = graphql(`
  query Post($id: ID!) {
    post(id: $id) {
      id
      title
      ...PostCard
    }
  }
`);

export function PostPage({ id }: { id: string }) {
  // Whoever comes from a feed sees the post at once, out of the cache.
  const { data, error, refetch } = useQuery(POST, {
    variables: { id },
    fetchPolicy: "cache-and-network",
    nextFetchPolicy: "cache-first",
  });
  useTitle(data?.post?.title);
  if (data?.post) {
    return (
      <div className="column">
        <PostCard post={data.post} whole />
        <Thread postId={id} />
      </div>
    );
  }
  if (error) return <Problem retry={() => void refetch()}>{explain(error)}</Problem>;
  if (!data) return <PostsSkeleton count={1} />;
  return <Empty title="This post is not here">It was deleted, or it is not for everybody.</Empty>;
}
