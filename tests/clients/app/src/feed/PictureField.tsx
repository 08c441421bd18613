import { useEffect, useId, useRef, useState } from "react";

import { Field } from "../ui/Field";
import { Picture } from "../ui/icons";

interface Props {
  problem: string | undefined;
  problemOfText: string | undefined;
}

/** Chooses a picture, shows it, and asks what can be seen in it. */
export function PictureField({ problem, problemOfText }: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [preview, setPreview] = useState<string>();
  useEffect(() => () => void (preview && URL.revokeObjectURL(preview)), [preview]);

  function remove() {
    if (input.current) input.current.value = "";
    setPreview(undefined);
    input.current?.focus();
  }

  return (
    <div className="picture-field">
      <input
        ref={input}
        id={id}
        className="unseen"
        type="file"
        name="image"
        accept="image/jpeg,image/png,image/webp,image/gif"
        aria-describedby={problem ? `${id}-problem` : undefined}
        onChange={({ target }) => setPreview(target.files?.[0] && URL.createObjectURL(target.files[0]))}
      />
      <label htmlFor={id} className="button quiet">
        <Picture /> {preview ? "Another picture" : "Add a picture"}
      </label>
      {preview && (
        <>
          <button type="button" className="text" onClick={remove}>
            Without it
          </button>
          <img className="preview" src={preview} alt="What you chose" />
          <Field
            name="imageAltText"
            label="What can be seen in it"
            hint="For those who cannot see it"
            maxLength={1000}
            problem={problemOfText}
          />
        </>
      )}
      {problem && (
        <span id={`${id}-problem`} className="field-problem" role="alert">
          {problem}
        </span>
      )}
    </div>
  );
}
