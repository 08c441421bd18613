import { useEffect } from "react";
import { useLocation } from "wouter";

let isGoingBack = false;
window.addEventListener("popstate", () => (isGoingBack = true));

/** A link leads to the top of its page; back leads to where one was, which the browser does. */
export function StartAtTop() {
  const [location] = useLocation();
  useEffect(() => {
    if (!isGoingBack) window.scrollTo(0, 0);
    isGoingBack = false;
  }, [location]);
  return null;
}
