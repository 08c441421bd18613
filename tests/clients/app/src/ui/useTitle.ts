import { useEffect } from "react";

/** The title of the browser's tab, which is also what a screen reader says first. */
export function useTitle(title: string | undefined) {
  useEffect(() => {
    document.title = title ? `${title} · Rookery` : "Rookery";
  }, [title]);
}
