// The playground in a real browser: what a newcomer does first, and what must never happen.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";

import { launch } from "./browser.mjs";
import { endpoint, origin } from "./server.mjs";

const SESSION = "rookery.playground.session";

let browser, context, page, complaints;

before(async () => (browser = await launch()));
after(() => browser.close());

async function open(options = {}) {
  context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  complaints = [];
  page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== "data:") complaints.push(`asked ${url}`);
  });
  await page.goto(endpoint);
  await page.locator(".graphiql-execute-button").waitFor();
  // GraphiQL offers nothing before it knows the schema.
  await page.locator(".graphiql-spin").waitFor({ state: "detached" });
}

async function goTo(tab) {
  await page.locator(`.graphiql-tab-button[title="${tab}"]`).click();
  // GraphiQL reads the operation of a tab a moment after it shows it.
  await page.waitForTimeout(250);
}

/** Variables or headers, whichever is open below the query. */
const TOOL = ".graphiql-editor-tool .graphiql-editor:not(.hidden)";
const editor = (name) => page.locator(`${name} .CodeMirror`);
const write = (name, text) => editor(name).evaluate((at, value) => at.CodeMirror.setValue(value), text);
const shown = () => editor(".result-window").evaluate((at) => at.CodeMirror.getValue());

/** Runs what the tab holds and gives the answer that is then shown. */
async function run() {
  await page.waitForTimeout(150);
  await page.locator(".graphiql-execute-button").click();
  for (let tries = 0; tries < 100; tries++) {
    const text = await shown();
    if (text) return JSON.parse(text);
    await page.waitForTimeout(50);
  }
  throw new Error("no answer was shown");
}

async function runTab(tab) {
  await goTo(tab);
  const { data, errors } = await run();
  assert.equal(errors, undefined, JSON.stringify(errors));
  const [payload] = Object.values(data);
  assert.deepEqual(payload.userErrors ?? [], []);
  return payload;
}

const account = () => page.locator("#account").innerText();
const stored = (key) => page.evaluate((name) => sessionStorage.getItem(name), key);

describe("the playground", () => {
  beforeEach(() => open());
  afterEach(() => context.close());

  it("loads from the server alone, without a complaint", async () => {
    assert.equal(await page.title(), "Rookery playground");
    assert.deepEqual(complaints, []);
  });

  it("runs a query in a new tab", async () => {
    await page.getByRole("button", { name: "New tab" }).click();
    await write(".graphiql-query-editor", "{ __typename }");
    assert.deepEqual((await run()).data, { __typename: "Query" });
    assert.deepEqual(complaints, []);
  });

  it("shows the documentation, the history and the header editor", async () => {
    await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
    const docs = page.locator(".graphiql-plugin");
    await docs.getByText("Root Types").waitFor();
    await docs.getByText("Mutation", { exact: true }).first().click();
    await docs.getByRole("link", { name: "createPost", exact: true }).waitFor();
    await run();
    await page.getByRole("button", { name: "Show History" }).click();
    await docs.getByText("Register").waitFor();
    await page.getByRole("button", { name: "Headers", exact: true }).click();
    await write(TOOL, '{ "X-Trace": "abc" }');
    const [sent] = await Promise.all([page.waitForRequest(endpoint), run()]);
    assert.equal((await sent.allHeaders())["x-trace"], "abc");
    assert.deepEqual(complaints, []);
  });

  it("takes a newcomer from registering to the first live event", async () => {
    assert.match(await account(), /Not signed in/);
    const { user } = await runTab("Register");
    assert.match(await account(), new RegExp(`Signed in as ${user.username}`));
    assert.equal((await runTab("LogIn")).user.id, user.id);
    const { post } = await runTab("CreatePost");
    assert.equal(post.owner.username, user.username);
    assert.equal((await runTab("Vote")).post.score, 1);
    assert.equal((await runTab("ReadFeed")).nodes[0].id, post.id);

    await goTo("FollowLive");
    await page.locator(".graphiql-execute-button").click();
    await page.locator("#live.connected").waitFor();
    await goTo("Vote");
    await write(TOOL, JSON.stringify({ input: { postId: "LAST_POST", direction: "DOWN" } }));
    assert.equal((await run()).data.vote.post.score, -1);
    await page.getByText("Live 1").click();
    await page.locator("#live pre").getByText('"score": -1').waitFor();
    await page.locator("#live").getByRole("button", { name: "Stop" }).click();
    await page.locator("#live").waitFor({ state: "hidden" });

    await page.getByRole("button", { name: "Sign out" }).click();
    assert.match(await account(), /Not signed in/);
    assert.equal(await stored(SESSION), null);
    assert.deepEqual(complaints, []);
  });

  it("says what to do while there is no post to vote on", async () => {
    await runTab("Register");
    await goTo("Vote");
    assert.match((await run()).errors[0].message, /Run the CreatePost tab first/);
  });

  it("stays signed in over a reload and over a token that is refused", async () => {
    const { user } = await runTab("Register");
    await page.evaluate((key) => {
      const session = JSON.parse(sessionStorage.getItem(key));
      sessionStorage.setItem(key, JSON.stringify({ ...session, accessToken: "spent" }));
    }, SESSION);
    await page.reload();
    assert.match(await account(), new RegExp(user.username));
    const { post } = await runTab("CreatePost");
    assert.equal(post.owner.username, user.username);
    assert.notEqual(JSON.parse(await stored(SESSION)).accessToken, "spent");
  });

  it("ends the session when it cannot be refreshed", async () => {
    await runTab("Register");
    await page.evaluate((key) => {
      sessionStorage.setItem(key, JSON.stringify({ accessToken: "a", refreshToken: "b", expiresAt: 0, username: "c" }));
    }, SESSION);
    await page.reload();
    await page.getByText("Your session has ended").waitFor();
    assert.match(await account(), /Not signed in/);
  });

  it("keeps no token where it outlives the browser tab", async () => {
    await runTab("Register");
    await goTo("ReadFeed");
    await page.getByRole("button", { name: "Headers", exact: true }).click();
    await write(TOOL, '{ "X-Secret": "between-us" }');
    await run();
    await page.waitForTimeout(1000);
    const kept = await page.evaluate(() => JSON.stringify(localStorage));
    const { accessToken, refreshToken } = JSON.parse(await stored(SESSION));
    for (const secret of [accessToken, refreshToken, "between-us"]) assert.ok(!kept.includes(secret), secret);
    assert.ok(kept.includes("feed(first"));
  });

  it("runs no script that was put into the page", async () => {
    const ran = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "globalThis.intruder = true";
      document.body.append(script);
      return "intruder" in globalThis;
    });
    assert.equal(ran, false);
    assert.match(complaints.join(), /Content Security Policy/);
  });
});

describe("the playground on a phone", () => {
  beforeEach(() => open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }));
  afterEach(() => context.close());

  it("fits the width, and gives it all to the documentation", async () => {
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    await run();
    assert.ok((await overflow()) <= 0);
    const [asked, answer] = await Promise.all([
      page.locator(".graphiql-editors").boundingBox(),
      page.locator(".graphiql-response").boundingBox(),
    ]);
    assert.ok(answer.y >= asked.y + asked.height && answer.width > 340, JSON.stringify({ asked, answer }));
    await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
    await page.getByText("Root Types").waitFor();
    assert.ok((await page.locator(".graphiql-plugin").boundingBox()).width > 380);
    assert.ok((await overflow()) <= 0);
  });
});
