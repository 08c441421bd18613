// What is said instead of, or below, what was wanted.

import type { ReactNode } from "react";

import { Rook } from "./icons";

/** Something failed; with a way to try again where that makes sense. */
export function Problem({ children, retry }: { children: ReactNode; retry?: () => void }) {
  return (
    <div className="problem" role="alert">
      <p>{children}</p>
      {retry && (
        <button className="quiet" type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** There is nothing to show, and that is no mistake. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Rook />
      <h2>{title}</h2>
      <div>{children}</div>
    </div>
  );
}
