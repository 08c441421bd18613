// Writes a post. One line until somebody has something to say.

import { useMutation } from "@apollo/client/react";
import { useState, type FormEvent } from "react";

import { explain, otherProblems, problemOf, type UserError } from "../api/explain";
import { graphql } from "../generated";
import type { Visibility } from "../generated/graphql";
import { Field, TextField } from "../ui/Field";
import { Problem } from "../ui/Message";
import { addToFeed } from "./following";
import { PictureField } from "./PictureField";

const CREATE_POST = graphql(`
  mutation CreatePost($input: CreatePostInput!) {
    createPost(input: $input) {
      post {
        id
        owner {
          id
          postCount
        }
        ...PostCard
      }
      userErrors {
        message
        path
      }
    }
  }
`);

const FIELDS = ["title", "content", "image", "imageAltText"];

export function Composer() {
  const [isOpen, setIsOpen] = useState(false);
  const [wasOpen, setWasOpen] = useState(false);
  function close() {
    setIsOpen(false);
    setWasOpen(true);
  }
  if (isOpen) return <PostForm close={close} />;
  // Whoever was in the form goes on from here.
  return (
    <button type="button" className="card opener" autoFocus={wasOpen} onClick={() => setIsOpen(true)}>
      What have you seen from up there?
    </button>
  );
}

function PostForm({ close }: { close: () => void }) {
  const [errors, setErrors] = useState<UserError[]>([]);
  const [failure, setFailure] = useState<string>();
  const [create, { loading }] = useMutation(CREATE_POST, {
    update: (cache, { data }) => data?.createPost.post && addToFeed(cache, [data.createPost.post]),
  });

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    setFailure(undefined);
    const fields = new FormData(event.currentTarget);
    const text = (name: string) => String(fields.get(name) ?? "");
    const file = fields.get("image");
    const image = file instanceof File && file.size > 0 ? file : null;
    const input = {
      title: text("title"),
      content: text("content"),
      visibility: text("visibility") as Visibility,
      image,
      imageAltText: image && (text("imageAltText").trim() || null),
    };
    try {
      const { data } = await create({ variables: { input } });
      if (data?.createPost.post) close();
      else setErrors(data?.createPost.userErrors ?? []);
    } catch (error) {
      setFailure(explain(error));
    }
  }

  return (
    <form className="card composer" aria-label="New post" onSubmit={(event) => void submit(event)} noValidate>
      <Field name="title" label="Title" maxLength={300} autoFocus problem={problemOf(errors, "title")} />
      <TextField name="content" label="Text" rows={4} problem={problemOf(errors, "content")} />
      <PictureField problem={problemOf(errors, "image")} problemOfText={problemOf(errors, "imageAltText")} />
      {otherProblems(errors, FIELDS).map((message) => (
        <Problem key={message}>{message}</Problem>
      ))}
      {failure && <Problem>{failure}</Problem>}
      <div className="composer-actions">
        <label className="audience-choice">
          <span className="unseen">Who may see it</span>
          <select name="visibility" defaultValue="PUBLIC">
            <option value="PUBLIC">Everybody</option>
            <option value="FOLLOWERS">Followers</option>
            <option value="PRIVATE">Only me</option>
          </select>
        </label>
        <button type="button" className="quiet" onClick={close}>
          Cancel
        </button>
        <button type="submit" disabled={loading}>
          Post
        </button>
      </div>
    </form>
  );
}
