import { useMutation } from "@apollo/client/react";
import { useLocation } from "wouter";

import { session } from "../api/session";
import { graphql, readFragment, type FragmentType } from "../generated";
import type { VoteDirection } from "../generated/graphql";
import { Down, Up } from "../ui/icons";

const VOTES = graphql(`
  fragment Votes on Post {
    id
    score
    viewerVote
  }
`);

const VOTE = graphql(`
  mutation Vote($input: VoteInput!) {
    vote(input: $input) {
      __typename
      post {
        __typename
        id
        score
        viewerVote
      }
      userErrors {
        message
      }
    }
  }
`);

const WEIGHT: Record<VoteDirection, number> = { UP: 1, DOWN: -1, NONE: 0 };

export function VoteButtons({ post }: { post: FragmentType<typeof VOTES> }) {
  const { id, score, viewerVote } = readFragment(VOTES, post);
  const [vote] = useMutation(VOTE);
  const [, goTo] = useLocation();

  function cast(pressed: VoteDirection) {
    if (!session.isSignedIn()) return goTo("/sign-in");
    // A second press takes the vote back.
    const direction = pressed === viewerVote ? "NONE" : pressed;
    const voted = { id, score: score - WEIGHT[viewerVote] + WEIGHT[direction], viewerVote: direction };
    void vote({
      variables: { input: { postId: id, direction } },
      // Shown at once; what the server says replaces it, and a failure takes it back.
      optimisticResponse: {
        vote: { __typename: "VotePayload", post: { __typename: "Post", ...voted }, userErrors: [] },
      },
    }).catch(() => {});
  }

  return (
    <div className="votes" role="group" aria-label="Votes">
      <button
        type="button"
        className="vote up"
        aria-label="Vote up"
        aria-pressed={viewerVote === "UP"}
        onClick={() => cast("UP")}
      >
        <Up />
      </button>
      <span className="score" data-vote={viewerVote}>
        {score.toLocaleString("en")}
        <span className="unseen"> points</span>
      </span>
      <button
        type="button"
        className="vote down"
        aria-label="Vote down"
        aria-pressed={viewerVote === "DOWN"}
        onClick={() => cast("DOWN")}
      >
        <Down />
      </button>
    </div>
  );
}
