import { useQuery } from "@apollo/client/react";

import { explain } from "../api/explain";
import { graphql } from "../generated";
import type { PostOrder } from "../generated/graphql";
import { Empty, Problem } from "../ui/Message";
import { PostsSkeleton } from "../ui/Skeleton";
import { useTitle } from "../ui/useTitle";
import { Aside } from "./Aside";
import { Posts } from "./Posts";

const POSTS = graphql(`
  query Posts($orderBy: PostOrder!, $first: Int!, $after: String) {
    posts(orderBy: $orderBy, first: $first, after: $after) {
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

const PAGE = 10;

/** Posts of everybody, for strangers as well. */
export function FeedPage({ title, orderBy }: { title: string; orderBy: PostOrder }) {
  const { data, error, fetchMore, refetch } = useQuery(POSTS, { variables: { orderBy, first: PAGE } });
  useTitle(title);
  return (
    <div className="with-aside">
      <div className="column">
        <h1 className="unseen">{title}</h1>
        {data ? (
          <Posts
            list={data.posts}
            more={(after) => fetchMore({ variables: { after } })}
            none={<Empty title="Nobody has posted anything yet" />}
          />
        ) : error ? (
          <Problem retry={() => void refetch()}>{explain(error)}</Problem>
        ) : (
          <PostsSkeleton />
        )}
      </div>
      <Aside />
    </div>
  );
}
