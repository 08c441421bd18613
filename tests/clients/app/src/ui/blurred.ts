import type { CSSProperties } from "react";
import { thumbHashToDataURL } from "thumbhash";

/** A blurred picture, painted from some 25 bytes, to look at until the picture itself is there. */
export function blurred(placeholder: string | null): CSSProperties {
  if (!placeholder) return {};
  const hash = Uint8Array.from(atob(placeholder), (byte) => byte.codePointAt(0) ?? 0);
  return { background: `center / cover url(${thumbHashToDataURL(hash)})` };
}
