// The example app as its users have it: built, served, and open in a browser.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import { PASSWORD } from "./people.mjs";
import { origin } from "./server.mjs";

const app = fileURLToPath(new URL("app/", import.meta.url));
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export function build() {
  if (!existsSync(`${app}node_modules`)) throw new Error(`npm ci was not run in ${app}`);
  return new Promise((resolve) => {
    const child = spawn("npm", ["run", "build"], { cwd: app, env: { ...process.env, NO_COLOR: "1", CI: "true" } });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
    child.on("close", (code) => resolve({ code, said }));
  });
}

/** Serves what was built, with the server under test as its API. */
export async function serve() {
  const vite = ["node_modules/vite/bin/vite.js", "preview", "--host", "127.0.0.1", "--port", "0"];
  const env = { ...process.env, ROOKERY_URL: origin, NO_COLOR: "1" };
  const child = spawn(process.execPath, vite, { cwd: app, env });
  let said = "";
  const url = await new Promise((resolve, reject) => {
    const read = (text) => {
      said += text;
      const address = said.match(/http:\/\/127\.0\.0\.1:\d+/);
      if (address) resolve(address[0]);
    };
    for (const stream of [child.stdout, child.stderr]) stream.on("data", read);
    child.on("close", () => reject(new Error(said)));
  });
  return { url, stop: () => child.kill() };
}

/** Opens a page in a browser of its own; notes what it complains about. */
export async function open(browser, baseURL, options = {}) {
  const context = await browser.newContext({ baseURL, viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints = [];
  page.on("console", (line) => ["error", "warning"].includes(line.type()) && complaints.push(line.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  return { page, complaints, close: () => context.close() };
}

export async function signIn(page, { username }) {
  await page.goto("/sign-in");
  await page.getByLabel("Username or email").fill(username);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  // Not for what is there when anybody is signed in: somebody else may still have been.
  await page.locator(`a[href="/people/${username}"][title="Your profile"]`).waitFor();
}

/** Holds requests of one operation back until it is told to let them go. */
export async function hold(page, operation) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route("**/graphql", async (route) => {
    if (route.request().postDataJSON()?.operationName === operation) await released;
    await route.fallback();
  });
  return release;
}

/** What axe finds wrong with a page for people who cannot see it, or not well. */
export async function audit(page) {
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
