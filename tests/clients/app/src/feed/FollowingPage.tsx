import { useQuery } from "@apollo/client/react";

import { explain } from "../api/explain";
import { session } from "../api/session";
import { Suggestions } from "../people/Suggestions";
import { Empty, Problem } from "../ui/Message";
import { PostsSkeleton } from "../ui/Skeleton";
import { useTitle } from "../ui/useTitle";
import { Aside } from "./Aside";
import { Composer } from "./Composer";
import { FeedPage } from "./FeedPage";
import { FOLLOWING, PAGE } from "./following";
import { NewPosts } from "./NewPosts";
import { Posts } from "./Posts";

/** What the people write whom the viewer follows; for strangers, what is popular. */
export function FollowingPage() {
  return session.isSignedIn() ? <Following /> : <FeedPage title="Popular" orderBy="HOT" />;
}

function Following() {
  const { data, error, fetchMore, refetch } = useQuery(FOLLOWING, { variables: { first: PAGE } });
  useTitle("Following");
  return (
    <div className="with-aside">
      <div className="column">
        <h1 className="unseen">Following</h1>
        <Composer />
        <div>
          <NewPosts />
          {data ? (
            <Posts list={data.feed} more={(after) => fetchMore({ variables: { after } })} none={<Nothing />} />
          ) : error ? (
            <Problem retry={() => void refetch()}>{explain(error)}</Problem>
          ) : (
            <PostsSkeleton />
          )}
        </div>
      </div>
      <Aside />
    </div>
  );
}

function Nothing() {
  return (
    <Empty title="It is quiet here">
      <p>Your feed fills up with what the people post whom you follow. These are worth a listen:</p>
      <Suggestions />
    </Empty>
  );
}
