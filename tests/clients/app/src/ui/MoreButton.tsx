import { useState, type ReactNode } from "react";

import { explain } from "../api/explain";
import { Problem } from "./Message";

/** Reads the next page when it is pressed. */
export function MoreButton({ more, children }: { more: () => Promise<unknown>; children: ReactNode }) {
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<string>();

  async function read() {
    setIsBusy(true);
    setFailure(undefined);
    await more().catch((error: unknown) => setFailure(explain(error)));
    setIsBusy(false);
  }

  if (failure) return <Problem retry={() => void read()}>{failure}</Problem>;
  return (
    <button type="button" className="text" disabled={isBusy} onClick={() => void read()}>
      {isBusy ? "Loading…" : children}
    </button>
  );
}
