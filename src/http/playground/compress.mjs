// Checks one bundle against its pinned hash and writes it beside its compressed forms.
// Usage: node compress.mjs <from> <to> <sha384-…>
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const [from, to, pinned] = process.argv.slice(2);
const bytes = readFileSync(from);
const found = "sha384-" + createHash("sha384").update(bytes).digest("base64");
if (found !== pinned) throw new Error(`${from} is ${found}, but build.rs pins ${pinned}`);
writeFileSync(to, bytes);
writeFileSync(`${to}.gz`, gzipSync(bytes, { level: 9 }));
writeFileSync(`${to}.br`, brotliCompressSync(bytes));
