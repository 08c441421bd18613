import { useId, type InputHTMLAttributes, type TextareaHTMLAttributes } from "react";

interface Texts {
  label: string;
  name: string;
  hint?: string | undefined;
  problem?: string | undefined;
}

/** Ties a label, a hint and what is wrong to an input, for eyes and for screen readers. */
function useParts({ hint, problem }: Texts) {
  const id = useId();
  const below = problem ?? hint;
  return {
    id,
    below: below && (
      <span id={`${id}-below`} className={problem ? "field-problem" : "field-hint"}>
        {below}
      </span>
    ),
    attributes: {
      id,
      "aria-invalid": problem ? true : undefined,
      "aria-describedby": below ? `${id}-below` : undefined,
    },
  };
}

type FieldProps = Texts & InputHTMLAttributes<HTMLInputElement>;

export function Field({ label, hint, problem, ...input }: FieldProps) {
  const { id, below, attributes } = useParts({ label, hint, problem, name: input.name });
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input {...input} {...attributes} />
      {below}
    </div>
  );
}

type TextFieldProps = Texts & TextareaHTMLAttributes<HTMLTextAreaElement>;

export function TextField({ label, hint, problem, ...area }: TextFieldProps) {
  const { id, below, attributes } = useParts({ label, hint, problem, name: area.name });
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea {...area} {...attributes} />
      {below}
    </div>
  );
}
