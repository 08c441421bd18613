import { useState } from "react";

import { session } from "../api/session";
import { graphql, readFragment, type FragmentType } from "../generated";
import { Byline } from "../people/Byline";
import { CommentForm } from "./CommentForm";
import { Replies } from "./Replies";

const COMMENT_PARTS = graphql(`
  fragment CommentParts on Comment {
    id
    content
    isDeleted
    createdAt
    replyCount
    author {
      id
      ...Byline
    }
  }
`);

interface Props {
  postId: string;
  comment: FragmentType<typeof COMMENT_PARTS>;
  /** Whether its replies are shown from the start. */
  repliesOpen?: boolean;
}

/** A comment with its replies, which are comments with replies. */
export function Comment({ postId, comment, repliesOpen = false }: Props) {
  const { id, content, isDeleted, createdAt, replyCount, author } = readFragment(COMMENT_PARTS, comment);
  const [isReplying, setIsReplying] = useState(false);
  const [isOpen, setIsOpen] = useState(repliesOpen);
  const replied = () => {
    setIsReplying(false);
    setIsOpen(true);
  };
  return (
    <li className="comment">
      {author && <Byline by={author} at={createdAt} small />}
      {isDeleted ? <p className="muted">This comment was deleted.</p> : <p className="content">{content}</p>}
      <div className="comment-actions">
        {session.isSignedIn() && !isDeleted && (
          <button
            type="button"
            className="text"
            aria-expanded={isReplying}
            onClick={() => setIsReplying(!isReplying)}
          >
            Reply
          </button>
        )}
        {replyCount > 0 && !isOpen && (
          <button type="button" className="text" aria-expanded={false} onClick={() => setIsOpen(true)}>
            {replyCount === 1 ? "1 reply" : `${replyCount} replies`}
          </button>
        )}
      </div>
      {isReplying && <CommentForm postId={postId} replyTo={id} done={replied} />}
      {replyCount > 0 && isOpen && <Replies postId={postId} to={id} />}
    </li>
  );
}
