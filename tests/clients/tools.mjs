// Command-line tools of the installed packages, and the folder that they run in.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const folder = fileURLToPath(new URL(".", import.meta.url));

/** Runs a tool to its end; gives its exit code and all that it said. */
export function run(tool, args, { within = folder, env = {} } = {}) {
  const program = fileURLToPath(new URL(`node_modules/.bin/${tool}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: within, env: { ...process.env, NO_COLOR: "1", ...env } });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, said }));
  });
}
