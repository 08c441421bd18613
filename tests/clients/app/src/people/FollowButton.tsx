import { useMutation } from "@apollo/client/react";
import { useLocation } from "wouter";

import { session } from "../api/session";
import { graphql, readFragment, type FragmentType } from "../generated";

const FOLLOW_BUTTON = graphql(`
  fragment FollowButton on User {
    id
    username
    isViewer
    viewerIsFollowing
    followerCount
  }
`);

const FOLLOW = graphql(`
  mutation Follow($input: FollowInput!) {
    follow(input: $input) {
      user {
        ...FollowButton
      }
      viewer {
        id
        followingCount
      }
    }
  }
`);

const UNFOLLOW = graphql(`
  mutation Unfollow($input: UnfollowInput!) {
    unfollow(input: $input) {
      user {
        ...FollowButton
      }
      viewer {
        id
        followingCount
      }
    }
  }
`);

export function FollowButton({ person }: { person: FragmentType<typeof FOLLOW_BUTTON> }) {
  const { id, username, isViewer, viewerIsFollowing } = readFragment(FOLLOW_BUTTON, person);
  const [, goTo] = useLocation();
  const [change, { loading }] = useMutation(viewerIsFollowing ? UNFOLLOW : FOLLOW, {
    variables: { input: { userId: id } },
    update: (cache) => {
      // The feed is another one now. Where it is on the screen, it is read again at once.
      cache.evict({ fieldName: "feed" });
    },
  });
  if (isViewer) return null;
  return (
    <button
      type="button"
      className={viewerIsFollowing ? "quiet follow" : "follow"}
      disabled={loading}
      onClick={() => (session.isSignedIn() ? void change().catch(() => {}) : goTo("/sign-in"))}
    >
      {viewerIsFollowing ? "Following" : "Follow"}
      <span className="unseen"> {username}</span>
    </button>
  );
}
