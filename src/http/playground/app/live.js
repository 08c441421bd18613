// The subscription that is running. GraphiQL drops a subscription when one goes to another tab, but
// that is just where one goes to vote on what one follows; so it is kept, and its events are shown
// in the bar, until it is stopped there, another one starts, or it ends.

const KEPT_EVENTS = 50;

/** @type {{ name: string, count: number, events: { at: Date, result: object }[], connected: boolean, stop: () => void } | null} */
let running = null;
const listeners = new Set();
let leavingTab = false;

// Captured before GraphiQL sees it: the click on another tab is what makes it unsubscribe.
document.addEventListener(
  "click",
  (event) => {
    leavingTab = event.target.closest?.(".graphiql-tab-button") != null;
    setTimeout(() => (leavingTab = false));
  },
  { capture: true },
);

const tell = (notice) => listeners.forEach((listener) => listener(running, notice));

/** Calls back at every change, with what is running (or null) and a sentence if it ended badly. */
export function onChange(listener) {
  listeners.add(listener);
}

export function stop() {
  const stopped = running;
  running = null;
  stopped?.stop();
  tell();
}

/** Registers a new subscription in place of the former one; gives what is needed to report on it. */
export function start(name, close) {
  stop();
  const mine = { name, count: 0, events: [], connected: false, stop: close };
  running = mine;
  tell();
  const change = (apply) => (...given) => {
    if (running !== mine) return;
    tell(apply(...given));
  };
  return {
    event: change((result) => {
      mine.count += 1;
      mine.events = [{ at: new Date(), result }, ...mine.events].slice(0, KEPT_EVENTS);
    }),
    connected: change(() => void (mine.connected = true)),
    reconnecting: change(() => void (mine.connected = false)),
    end: change((problem) => {
      running = null;
      return problem && `${name}: ${problem}`;
    }),
    leave: () => leavingTab || running !== mine || stop(),
  };
}
