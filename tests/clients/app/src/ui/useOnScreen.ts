import { useEffect, useRef, useState } from "react";

/** Whether an element is on the screen, or as near to it as `margin` says. */
export function useOnScreen<E extends Element>(margin = "0px") {
  const element = useRef<E>(null);
  const [isOnScreen, setIsOnScreen] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(([entry]) => setIsOnScreen(entry?.isIntersecting ?? false), {
      rootMargin: margin,
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [margin]);
  return [element, isOnScreen] as const;
}
