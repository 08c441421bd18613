import { useQuery } from "@apollo/client/react";

import { explain } from "../api/explain";
import { Posts } from "../feed/Posts";
import { graphql } from "../generated";
import { Empty, Problem } from "../ui/Message";
import { PostsSkeleton } from "../ui/Skeleton";
import { useTitle } from "../ui/useTitle";
import { Avatar } from "./Avatar";
import { AvatarButton } from "./AvatarButton";
import { FollowButton } from "./FollowButton";

const PERSON = graphql(`
  query Person($username: String!, $first: Int!, $after: String) {
    user(by: { username: $username }) {
      id
      username
      displayName
      bio
      isViewer
      isFollowingViewer
      followerCount
      followingCount
      postCount
      ...Avatar
      ...FollowButton
      posts(first: $first, after: $after) {
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
  }
`);

const PAGE = 10;

export function PersonPage({ username }: { username: string }) {
  const { data, error, fetchMore, refetch } = useQuery(PERSON, {
    variables: { username, first: PAGE },
    fetchPolicy: "cache-and-network",
    nextFetchPolicy: "cache-first",
  });
  const person = data?.user;
  useTitle(person ? (person.displayName ?? person.username) : username);
  if (error && !data) return <Problem retry={() => void refetch()}>{explain(error)}</Problem>;
  if (!data) return <PostsSkeleton />;
  if (!person) return <Empty title="Nobody here goes by that name" />;
  return (
    <div className="column">
      <section className="card person" aria-label="Profile">
        <Avatar of={person} />
        <div className="person-names">
          <h1>{person.displayName ?? person.username}</h1>
          <p className="muted">
            @{person.username}
            {person.isFollowingViewer && <span className="tag">follows you</span>}
          </p>
        </div>
        {person.isViewer ? <AvatarButton /> : <FollowButton person={person} />}
        {person.bio && <p className="bio">{person.bio}</p>}
        <dl className="counts">
          <Count of={person.postCount} what="posts" />
          <Count of={person.followerCount} what="followers" />
          <Count of={person.followingCount} what="following" />
        </dl>
      </section>
      <Posts
        list={person.posts}
        more={(after) => fetchMore({ variables: { after } })}
        none={<Empty title="Nothing posted yet" />}
      />
    </div>
  );
}

export function Count({ of, what }: { of: number; what: string }) {
  return (
    <div>
      <dt>{what}</dt>
      <dd>{of.toLocaleString("en")}</dd>
    </div>
  );
}
