// The bar above GraphiQL: who is signed in, and what the running subscription brings.

import * as live from "./live.js";
import * as session from "./session.js";
import { signOut } from "./transport.js";

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function build(bar) {
  bar.append(notices(), liveFeed(), account());
}

/** One sentence, read out by screen readers, gone after a while. */
function notices() {
  const line = element("span", { className: "notices", role: "status" });
  let timer;
  const show = (_, notice) => {
    if (!notice) return;
    line.textContent = line.title = notice;
    clearTimeout(timer);
    timer = setTimeout(() => (line.textContent = ""), 8000);
  };
  session.onChange(show);
  live.onChange(show);
  return line;
}

function account() {
  const who = element("span", { className: "who" });
  const leave = element("button", { type: "button", textContent: "Sign out", onclick: signOut });
  const chip = element("div", { id: "account", className: "chip" }, who, leave);
  const show = (signedIn) => {
    chip.classList.toggle("signed-in", signedIn !== null);
    leave.hidden = signedIn === null;
    const name = signedIn?.username ?? "…";
    who.replaceChildren(
      ...(signedIn
        ? [element("span", { className: "wide", textContent: "Signed in as " }), element("b", { textContent: name })]
        : ["Not signed in"]),
    );
  };
  session.onChange(show);
  show(session.current());
  return chip;
}

function liveFeed() {
  const summary = element("summary");
  const events = element("ol");
  const stop = element("button", { type: "button", textContent: "Stop", onclick: live.stop });
  const name = element("b");
  const panel = element("div", { className: "panel" }, element("div", { className: "head" }, name, stop), events);
  const box = element("details", { id: "live", className: "chip", hidden: true }, summary, panel);
  live.onChange((running) => {
    box.hidden = running === null;
    if (!running) {
      box.open = false;
      return;
    }
    box.classList.toggle("connected", running.connected);
    name.textContent = running.name;
    summary.textContent = running.connected ? `Live ${running.count}` : "Connecting …";
    summary.title = `${running.name}: ${running.count} events so far`;
    events.replaceChildren(...running.events.map(eventItem));
    if (!running.count) events.append(element("li", { className: "empty", textContent: "Nothing has happened yet." }));
  });
  return box;
}

function eventItem({ at, result }) {
  const time = element("time", { dateTime: at.toISOString(), textContent: at.toLocaleTimeString() });
  return element("li", {}, time, element("pre", { textContent: JSON.stringify(result.data ?? result, null, 2) }));
}
