import { useMutation } from "@apollo/client/react";
import { useId, useState } from "react";

import { explain } from "../api/explain";
import { graphql } from "../generated";

const CHANGE_AVATAR = graphql(`
  mutation ChangeAvatar($input: UpdateProfileInput!) {
    updateProfile(input: $input) {
      user {
        id
        ...Avatar
      }
      userErrors {
        message
      }
    }
  }
`);

/** Chooses a picture of oneself, which then stands wherever one's name does. */
export function AvatarButton() {
  const id = useId();
  const [change, { loading }] = useMutation(CHANGE_AVATAR);
  const [problem, setProblem] = useState<string>();

  async function send(avatar: File) {
    try {
      const { data } = await change({ variables: { input: { avatar } } });
      setProblem(data?.updateProfile.userErrors[0]?.message);
    } catch (error) {
      setProblem(explain(error));
    }
  }

  return (
    <div className="avatar-button">
      <input
        id={id}
        className="unseen"
        type="file"
        accept="image/jpeg,image/png,image/webp,image/gif"
        disabled={loading}
        onChange={({ target }) => target.files?.[0] && void send(target.files[0])}
      />
      <label htmlFor={id} className="button quiet">
        {loading ? "Sending…" : "Change picture"}
      </label>
      {problem && (
        <span className="field-problem" role="alert">
          {problem}
        </span>
      )}
    </div>
  );
}
