// A list of posts without an end: the next page is read before its place comes into sight.

import { useCallback, useEffect, useState, type ReactNode } from "react";

import { explain } from "../api/explain";
import { PostCard, type PostCardData } from "../post/PostCard";
import { Problem } from "../ui/Message";
import { useOnScreen } from "../ui/useOnScreen";

interface Props {
  list: {
    edges: readonly { node: { id: string } & PostCardData }[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
  };
  more: (after: string | null) => Promise<unknown>;
  /** Shown instead of an empty list. */
  none: ReactNode;
}

export function Posts({ list: { edges, pageInfo }, more, none }: Props) {
  if (edges.length === 0) return none;
  return (
    <>
      <ul className="posts">
        {edges.map(({ node }) => (
          <li key={node.id}>
            <PostCard post={node} />
          </li>
        ))}
      </ul>
      {pageInfo.hasNextPage ? (
        <NextPage key={pageInfo.endCursor} read={() => more(pageInfo.endCursor)} />
      ) : (
        <p className="muted end">You have read it all.</p>
      )}
    </>
  );
}

/** Reads the next page when it comes near the screen, or by its button. */
function NextPage({ read }: { read: () => Promise<unknown> }) {
  const [place, isNear] = useOnScreen<HTMLDivElement>("800px");
  const [state, setState] = useState<"resting" | "reading" | "failed">("resting");
  const [failure, setFailure] = useState("");

  const start = useCallback(() => {
    setState("reading");
    read().then(
      () => setState("resting"),
      (error: unknown) => {
        setState("failed");
        setFailure(explain(error));
      },
    );
  }, [read]);

  // After a failure only by hand, lest it goes round and round.
  useEffect(() => {
    if (isNear && state === "resting") start();
  }, [isNear, state, start]);

  return (
    <div ref={place} className="next-page">
      {state === "failed" ? (
        <Problem retry={start}>{failure}</Problem>
      ) : (
        <button type="button" className="text" disabled={state === "reading"} onClick={start}>
          {state === "reading" ? "Loading…" : "More posts"}
        </button>
      )}
    </div>
  );
}
