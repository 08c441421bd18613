import { useMutation } from "@apollo/client/react";
import { useEffect, useRef, useState, type FormEvent } from "react";

import { explain } from "../api/explain";
import { graphql } from "../generated";
import { TextField } from "../ui/Field";
import { addComment } from "./addComment";

const WRITE_COMMENT = graphql(`
  mutation WriteComment($input: CommentInput!) {
    comment(input: $input) {
      comment {
        ...AddedComment
      }
      userErrors {
        message
      }
    }
  }
`);

interface Props {
  postId: string;
  /** The comment that is answered; the post itself without it. */
  replyTo?: string;
  done?: () => void;
}

export function CommentForm({ postId, replyTo, done }: Props) {
  const [content, setContent] = useState("");
  const [problem, setProblem] = useState<string>();
  const form = useRef<HTMLFormElement>(null);
  const [write, { loading }] = useMutation(WRITE_COMMENT, {
    update: (cache, { data }) => data?.comment.comment && addComment(cache, postId, data.comment.comment),
  });

  // Whoever pressed "Reply" wants to write.
  useEffect(() => {
    if (replyTo) form.current?.querySelector("textarea")?.focus();
  }, [replyTo]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    try {
      const { data } = await write({ variables: { input: { postId, content, replyTo: replyTo ?? null } } });
      const error = data?.comment.userErrors[0]?.message;
      setProblem(error);
      if (error) return;
      setContent("");
      done?.();
    } catch (error) {
      setProblem(explain(error));
    }
  }

  return (
    <form ref={form} className="comment-form" onSubmit={(event) => void submit(event)}>
      <TextField
        name="content"
        label={replyTo ? "Your reply" : "Your comment"}
        rows={2}
        value={content}
        problem={problem}
        onChange={({ target }) => setContent(target.value)}
      />
      <button type="submit" disabled={loading || !content.trim()}>
        {replyTo ? "Reply" : "Comment"}
      </button>
    </form>
  );
}
