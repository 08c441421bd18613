// Starts the page: the bar, then GraphiQL below it with our transport and our tabs.

import { build } from "./bar.js";
import { blank, tabs } from "./tabs.js";
import { fetcher } from "./transport.js";

const place = document.querySelector("#playground");

const MEMORY = "graphiql:";

/** What GraphiQL remembers, without the headers in its history: they may be somebody's token. */
const storage = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, withoutHeaders(key, value)),
  removeItem: (key) => localStorage.removeItem(key),
  clear: () => remembered().forEach((key) => localStorage.removeItem(key)),
  get length() {
    return remembered().length;
  },
};

const remembered = () => Object.keys(localStorage).filter((key) => key.startsWith(MEMORY));

function withoutHeaders(key, value) {
  if (![`${MEMORY}queries`, `${MEMORY}favorites`].includes(key)) return value;
  return JSON.stringify(JSON.parse(value, (name, part) => (name === "headers" ? undefined : part)));
}

/** GraphiQL has no setting for it, and on a phone its editors would show half of every line. */
function wrapLines() {
  const wrapped = new WeakSet();
  new MutationObserver(() => {
    for (const { CodeMirror: editor } of place.querySelectorAll(".graphiql-editors .CodeMirror")) {
      if (!editor || wrapped.has(editor)) continue;
      wrapped.add(editor);
      editor.setOption("lineWrapping", true);
    }
  }).observe(place, { childList: true, subtree: true });
}

function start() {
  // GraphiQL's dialogs add a style sheet while they are open, which the policy of the page allows
  // only with its nonce; this is the name under which they look for it.
  globalThis.__webpack_nonce__ = document.querySelector("script[nonce]").nonce;
  build(document.querySelector("#bar"));
  wrapLines();
  const isFirstVisit = storage.getItem(`${MEMORY}tabState`) === null;
  const props = {
    fetcher,
    storage,
    defaultTabs: tabs,
    // GraphiQL shows the query of the first prepared tab by itself, but not its variables.
    variables: isFirstVisit ? tabs[0].variables : undefined,
    defaultQuery: blank,
    defaultEditorToolsVisibility: "variables",
    shouldPersistHeaders: false,
    inputValueDeprecation: true,
    schemaDescription: true,
  };
  ReactDOM.createRoot(place).render(React.createElement(GraphiQL, props));
}

function giveUp(missing) {
  const { origin } = document.body.dataset;
  const notice = Object.assign(document.createElement("p"), { className: "notice", role: "alert" });
  notice.textContent =
    `The playground could not load ${missing.join(", ")} from ${origin}. ` +
    "If this machine has no internet, build the server where npm is installed: the playground is then part of it. " +
    `The API itself works: POST your operations to ${location.origin}${location.pathname}.`;
  place.replaceChildren(notice);
}

const needed = { React: "react", ReactDOM: "react-dom", GraphiQL: "graphiql", graphqlWs: "graphql-ws" };
const missing = Object.keys(needed).filter((name) => !(name in globalThis));
if (missing.length) giveUp(missing.map((name) => needed[name]));
else start();
