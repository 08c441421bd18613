// Posts that arrive while one reads wait behind a button, so that nothing moves under one's eyes.

import { useApolloClient, useSubscription } from "@apollo/client/react";
import { useEffect, useState } from "react";

import { useConnection } from "../api/connection";
import { graphql } from "../generated";
import { addToFeed, FOLLOWING, PAGE, type FeedPost } from "./following";

const FEED_POST_ADDED = graphql(`
  subscription FeedPostAdded {
    feedPostAdded {
      id
      owner {
        id
        isViewer
      }
      ...PostCard
    }
  }
`);

const without = (posts: readonly FeedPost[], id: string) => posts.filter((post) => post.id !== id);

export function NewPosts() {
  const client = useApolloClient();
  const { onReconnected } = useConnection();
  const [waiting, setWaiting] = useState<readonly FeedPost[]>([]);

  useSubscription(FEED_POST_ADDED, {
    onData: ({ data: { data } }) => {
      const post = data?.feedPostAdded;
      if (!post) return;
      // Whoever writes a post wants to see it, in their other tabs as well.
      if (post.owner.isViewer) addToFeed(client.cache, [post]);
      else setWaiting((posts) => [post, ...without(posts, post.id)]);
    },
  });

  // What was posted while the connection was lost, as far as it is on the first page.
  useEffect(() => {
    return onReconnected(() => {
      const variables = { first: PAGE };
      const known = client.readQuery({ query: FOLLOWING, variables })?.feed.edges.map(({ node }) => node.id);
      const read = client.query({ query: FOLLOWING, variables, fetchPolicy: "no-cache" });
      void read.then(({ data }) => {
        const missed = data?.feed.edges.map(({ node }) => node).filter(({ id }) => !known?.includes(id));
        if (missed) setWaiting(missed);
      }, console.warn);
    });
  }, [client, onReconnected]);

  function show() {
    addToFeed(client.cache, waiting);
    setWaiting([]);
    window.scrollTo({ top: 0 });
    // The button is gone, and with it would be the place of whoever goes by keyboard.
    document.getElementById("main")?.focus({ preventScroll: true });
  }

  // Always there, since a screen reader tells only what changes in a region that it knows.
  return (
    <div className="new-posts" role="status">
      {waiting.length > 0 && (
        <button type="button" onClick={show}>
          {waiting.length === 1 ? "1 new post" : `${waiting.length} new posts`}
        </button>
      )}
    </div>
  );
}
