// The example app in a real browser: what people do with a feed, from registering to a session that
// is renewed behind their back.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";

import { audit, build, hold, open, serve, signIn } from "./app.mjs";
import { launch } from "./browser.mjs";
import { COMMENT, follow, newcomer, PASSWORD, write } from "./people.mjs";
import { png } from "./picture.mjs";
import { expired } from "./session.mjs";

let browser, app, tab, page;

before(async () => {
  const { code, said } = await build();
  assert.equal(code, 0, said);
  // What npm thinks of its own settings is not the app's business.
  assert.doesNotMatch(said.replace(/^npm warn.*$/gm, ""), /warn|deprecat|\(!\)/i);
  [browser, app] = await Promise.all([launch(), serve()]);
});
after(async () => {
  await browser?.close();
  app?.stop();
});

async function start(options) {
  tab = await open(browser, app.url, options);
  page = tab.page;
}

const card = (title) => page.getByRole("article", { name: title, exact: true });
const score = (title) => card(title).locator(".score").innerText();
const titles = () => page.locator("article h2").allInnerTexts();

describe("the example app", () => {
  beforeEach(() => start());
  afterEach(async () => {
    await tab.close();
    assert.deepEqual(tab.complaints, []);
  });

  it("registers somebody, and says at which field what is wrong", async () => {
    const { username } = await newcomer();
    await page.goto("/");
    await page.getByRole("link", { name: "Join" }).click();
    await page.getByLabel("Username").fill(username);
    await page.getByLabel("Email").fill("nonsense");
    await page.getByLabel("Password").fill("short");
    await page.getByRole("button", { name: "Create account" }).click();
    await page.locator(":focus[name=username]").waitFor();
    for (const name of ["username", "email", "password"]) {
      const id = await page.locator(`[name=${name}][aria-invalid=true]`).getAttribute("aria-describedby");
      assert.ok(await page.locator(`[id="${id}"]`).innerText(), name);
    }
    const other = username.replace("rook", "crow");
    await page.getByLabel("Username").fill(other);
    await page.getByLabel("Email").fill(`${other}@example.com`);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByText("It is quiet here").waitFor();
    // Past a reload, and without a token where scripts of others find it at once.
    await page.reload();
    await page.getByRole("link", { name: other }).first().waitFor();
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), ["rookery.refresh-token"]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("link", { name: "Sign in" }).first().waitFor();
    assert.equal(await page.evaluate(() => localStorage.length), 0);
  });

  it("posts, and follows people from an empty feed", async () => {
    const ada = await newcomer();
    await write(await newcomer(), "Worth following");
    await signIn(page, ada);
    const following = page.locator(".empty").getByRole("button", { name: /^Follow / }).first();
    await following.click();
    await page.locator(".posts article").first().waitFor();
    await page.getByRole("button", { name: "What have you seen" }).click();
    await page.locator(":focus[name=title]").waitFor();
    await page.getByRole("button", { name: "Post", exact: true }).click();
    await page.locator("[name=title][aria-invalid=true]").waitFor();
    await page.getByLabel("Title").fill("From up there");
    await page.getByLabel("Text").fill("A field, and another field.");
    await page.getByRole("button", { name: "Post", exact: true }).click();
    await card("From up there").waitFor();
    await page.locator("button:focus", { hasText: "What have you seen" }).waitFor();
    assert.equal((await titles())[0], "From up there");
    const { feed } = await ada.ask("{ feed(first: 1) { nodes { title content } } }");
    assert.deepEqual(feed.nodes, [{ title: "From up there", content: "A field, and another field." }]);
  });

  it("posts a picture, and shows one of oneself", async () => {
    const ada = await newcomer();
    await signIn(page, ada);
    await page.getByRole("button", { name: "What have you seen" }).click();
    await page.getByLabel("Title").fill("Sunrise");
    await page.getByLabel("Text").fill("Worth getting up for.");
    const sunrise = { name: "sunrise.png", mimeType: "image/png", buffer: png() };
    await page.getByLabel("Add a picture").setInputFiles({ ...sunrise, buffer: Buffer.from("no picture") });
    await page.getByRole("button", { name: "Post", exact: true }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Another picture").setInputFiles(sunrise);
    await page.getByLabel("What can be seen in it").fill("The sun over a field");
    await page.getByRole("button", { name: "Post", exact: true }).click();
    const picture = card("Sunrise").getByRole("img", { name: "The sun over a field" });
    await picture.waitFor();
    const isThere = (image) => image.complete && image.naturalWidth > 0;
    await page.waitForFunction(isThere, await picture.elementHandle());

    await card("Sunrise").getByRole("link", { name: ada.username }).click();
    await page.getByLabel("Change picture").setInputFiles(sunrise);
    const avatars = page.locator(".avatar img");
    await page.waitForFunction(isThere, await avatars.first().elementHandle());
    assert.equal(await avatars.count(), 3, "in the header, in the profile and at the post");
    const { me } = await ada.ask("{ me { avatarUrl } }");
    assert.equal(new URL(me.avatarUrl).pathname.startsWith("/media/"), true);
  });

  it("counts a vote before the server has answered, and takes it back when that fails", async () => {
    const ada = await newcomer();
    const id = await write(ada, "Vote on me");
    await signIn(page, ada);
    const release = await hold(page, "Vote");
    await card("Vote on me").getByRole("button", { name: "Vote up" }).click();
    await card("Vote on me").getByRole("button", { name: "Vote up", pressed: true }).waitFor();
    assert.match(await score("Vote on me"), /^1\b/);
    const known = async () => (await ada.ask("query ($id: ID!) { post(id: $id) { score } }", { id })).post.score;
    assert.equal(await known(), 0, "the server has not heard of it");
    await Promise.all([page.waitForResponse("**/graphql"), release()]);
    assert.equal(await known(), 1);
    assert.match(await score("Vote on me"), /^1\b/);
    await page.route("**/graphql", (route) =>
      route.request().postDataJSON()?.operationName === "Vote" ? route.abort() : route.fallback(),
    );
    await card("Vote on me").getByRole("button", { name: "Vote down" }).click();
    await card("Vote on me").getByRole("button", { name: "Vote up", pressed: true }).waitFor();
    assert.match(await score("Vote on me"), /^1\b/);
    tab.complaints.splice(0);
  });

  it("carries a conversation, live", async () => {
    const [ada, bob] = [await newcomer(), await newcomer()];
    const id = await write(ada, "Let us talk");
    await signIn(page, ada);
    await card("Let us talk").getByRole("link", { name: "Let us talk", exact: true }).click();
    await page.getByLabel("Your comment").fill("I begin.");
    await page.getByRole("button", { name: "Comment", exact: true }).click();
    const mine = page.locator(".comment", { hasText: "I begin." });
    await mine.getByRole("button", { name: "Reply" }).click();
    await page.locator(".comment form textarea:focus").fill("And go on.");
    await mine.locator("form").getByRole("button", { name: "Reply" }).click();
    await page.locator(".replies .comment", { hasText: "And go on." }).waitFor();
    const { post } = await ada.ask("query ($id: ID!) { post(id: $id) { comments { nodes { id } } } }", { id });
    await bob.ask(COMMENT, { input: { postId: id, content: "I heard that." } });
    await bob.ask(COMMENT, { input: { postId: id, content: "All of it.", replyTo: post.comments.nodes[0].id } });
    await page.locator(".comment", { hasText: "I heard that." }).waitFor();
    await page.locator(".replies .comment", { hasText: "All of it." }).waitFor();
    await page.locator(".comments-link", { hasText: "4" }).waitFor();
    assert.equal(await page.locator(".comment").count(), 4);
    await page.reload();
    await page.locator(".replies .comment", { hasText: "All of it." }).waitFor();
    assert.equal(await page.locator(".comment").count(), 4);
  });

  it("scrolls to the end of a feed, page by page", async () => {
    const ada = await newcomer();
    const written = [];
    for (let n = 1; n <= 34; n++) await write(ada, `Post ${n}`).then(() => written.unshift(`Post ${n}`));
    await signIn(page, ada);
    await card("Post 34").waitFor();
    assert.ok((await titles()).length < 34);
    const end = page.getByText("You have read it all.");
    for (let tries = 0; tries < 100 && !(await end.isVisible()); tries++) {
      await page.mouse.wheel(0, 1500);
      await page.waitForTimeout(50);
    }
    assert.deepEqual(await titles(), written);
    // Back from a post is where one was.
    await card("Post 3").getByRole("link", { name: "Post 3", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Post 3" }).waitFor();
    await page.goBack();
    await card("Post 3").waitFor();
    assert.ok(await page.evaluate(() => scrollY > 3000));
  });

  it("tells of new posts, and shows them when asked to", async () => {
    const [ada, bob] = [await newcomer(), await newcomer()];
    await follow(ada, bob);
    await write(bob, "Before");
    await signIn(page, ada);
    await card("Before").waitFor();
    const pill = page.getByRole("status").getByRole("button", { name: /^\d+ new posts?$/ });
    // Nobody tells when a subscription is in place.
    let count = 0;
    while (count < 20 && !(await pill.isVisible())) {
      await write(bob, `Live ${(count += 1)}`);
      await page.waitForTimeout(300);
    }
    assert.deepEqual(await titles(), ["Before"]);
    // The last may come after the first was seen, and what was asked for takes a moment to come.
    const last = card(`Live ${count}`);
    for (let tries = 0; tries < 20 && (await last.count()) === 0; tries++) {
      await pill.or(last).first().waitFor();
      if (await pill.isVisible()) await pill.click({ timeout: 1000 }).catch(() => {});
    }
    assert.equal((await titles())[0], `Live ${count}`);
    assert.equal(await pill.count(), 0);
    await page.locator("main:focus").waitFor();
    // What is on the screen is followed as well.
    const { feed } = await bob.ask("{ feed(first: 1) { nodes { id } } }");
    const vote = "mutation ($input: VoteInput!) { vote(input: $input) { post { id } } }";
    for (let votes = 1; /^0\b/.test(await score(`Live ${count}`)); votes++) {
      const direction = votes % 2 ? "UP" : "DOWN";
      await bob.ask(vote, { input: { postId: feed.nodes[0].id, direction } });
      await page.waitForTimeout(300);
    }
  });

  it("tells of what was posted while the connection was lost", async () => {
    const [ada, bob] = [await newcomer(), await newcomer()];
    await follow(ada, bob);
    await write(bob, "Before");
    const lines = [];
    await page.routeWebSocket("**/graphql", (line) => {
      const server = line.connectToServer();
      lines.push({ lose: () => Promise.all([line.close({ code: 1012 }), server.close()]) });
    });
    await signIn(page, ada);
    await card("Before").waitFor();
    while (lines.length === 0) await page.waitForTimeout(50);
    // The client waits a second or more before it comes back.
    await Promise.all(lines.map(({ lose }) => lose()));
    await write(bob, "Meanwhile");
    await page.getByRole("button", { name: "1 new post" }).click();
    await card("Meanwhile").waitFor();
    assert.deepEqual(await titles(), ["Meanwhile", "Before"]);
    // The browser itself notes what was said into a lost connection.
    tab.complaints.splice(0);
  });

  it("renews an expired token, once, and nobody notices", async () => {
    const ada = await newcomer();
    await write(ada, "Still here");
    await signIn(page, ada);
    await card("Still here").waitFor();
    let renewals = 0;
    let refusals = 0;
    await page.route("**/graphql", async (route) => {
      const headers = route.request().headers();
      if (route.request().postDataJSON()?.operationName === "Refresh") renewals += 1;
      if (renewals > 0 || !headers.authorization) return route.fallback();
      refusals += 1;
      const old = `Bearer ${expired(headers.authorization.slice("Bearer ".length))}`;
      return route.continue({ headers: { ...headers, authorization: old } });
    });
    await card("Still here").getByRole("link", { name: "Still here", exact: true }).click();
    await page.getByLabel("Your comment").fill("Was I away?");
    await page.getByRole("button", { name: "Comment", exact: true }).click();
    await page.locator(".comment", { hasText: "Was I away?" }).waitFor();
    assert.ok(refusals > 0);
    assert.equal(renewals, 1);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    // The browser itself notes every 401.
    assert.equal(tab.complaints.filter((line) => !line.includes("401")).length, 0);
    tab.complaints.splice(0);
  });

  it("says so when a session was ended elsewhere", async () => {
    const ada = await newcomer();
    await signIn(page, ada);
    await ada.ask("mutation { logout(input: { everywhere: true }) { endedSessionId } }");
    await page.reload();
    await page.getByText("Your session has ended").waitFor();
    assert.equal(await page.evaluate(() => localStorage.length), 0);
  });

  it("says what failed, and tries again when asked to", async () => {
    await write(await newcomer(), "Something to read");
    await page.goto("/");
    await page.locator("article").first().waitFor();
    await page.route("**/graphql", (route) => route.abort());
    await page.getByRole("link", { name: "Newest" }).click();
    await page.getByRole("alert").getByText("cannot be reached").waitFor();
    await page.unrouteAll();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator("article").first().waitFor();
    tab.complaints.splice(0);
  });
});

for (const colorScheme of ["light", "dark"]) {
  for (const [device, options] of [
    ["a phone", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
    ["a desktop", { viewport: { width: 1280, height: 900 } }],
  ]) {
    it(`is fit for everybody's eyes and hands on ${device}, ${colorScheme}`, async () => {
      await start({ ...options, colorScheme, reducedMotion: "reduce" });
      const ada = await newcomer();
      const id = await write(ada, "Look at me");
      await ada.ask(COMMENT, { input: { postId: id, content: "I do." } });
      await signIn(page, ada);
      const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      const check = async (what) => {
        assert.deepEqual(await audit(page), [], what);
        assert.ok((await overflow()) <= 0, what);
      };
      for (const address of ["/", "/popular", `/posts/${id}`, `/people/${ada.username}`, "/register"]) {
        await page.goto(address);
        await page.locator(address === "/register" ? "form" : "article").first().waitFor();
        if (address.startsWith("/posts")) await page.locator(".comment").waitFor();
        await check(address);
      }
      await page.goto("/");
      await page.getByRole("button", { name: "What have you seen" }).click();
      await page.getByLabel("Add a picture").setInputFiles({ name: "a.png", mimeType: "image/png", buffer: png() });
      await page.locator(".preview").waitFor();
      await check("the composer");

      await page.goto("/popular");
      await page.locator("article").first().waitFor();
      await page.keyboard.press("Tab");
      await page.locator(":focus", { hasText: "Skip to the posts" }).waitFor();
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      await page.locator("article a:focus").waitFor();
      await tab.close();
    });
  }
}
