// What a reader downloads, in brotli: it grows only knowingly. `node tests/browser/size.test.mjs --record` writes the sizes down.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

import { DIST } from "./server.mjs";

const RECORD = new URL("../data/sizes.json", import.meta.url);
/** The share by which a size may exceed what was written down. */
const SPARE = 0.05;

/** What each sight loads before its first figure moves (tests/browser/rest.test.mjs holds that nothing else is waited for), and
 *  what follows; the fonts are the system's, and there are no pictures. */
const FRAME = [/^index\.html$/, /^boot\.js$/, /^style-\w+\.css$/, /^start-\w+\.js$/];
const SIGHTS = {
  page: [...FRAME, /^page-\w+(-worker)?\.js$/, /^page-\w+_bg\.wasm$/],
  "page, the rest": [/^page-\w+_rest\.wasm$/],
  embed: [/^embed\.js$/, ...FRAME, /^figure-\w+(-worker)?\.js$/, /^figure-\w+_bg\.wasm$/],
  "embed, the rest": [/^figure-\w+_rest\.wasm$/],
  "embed.js": [/^embed\.js$/],
};

const compressed = promisify(brotliCompress);
const brotli = async (bytes) => (await compressed(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })).length;

/** Bytes by sight; each file is compressed once, all beside each other. */
async function sizes() {
  const files = readdirSync(DIST);
  const known = new Map();
  const sizeOf = (name) => {
    if (!known.has(name)) known.set(name, brotli(readFileSync(join(DIST, name))));
    return known.get(name);
  };
  const all = Object.entries(SIGHTS).map(async ([sight, patterns]) => {
    const names = patterns.flatMap((pattern) => {
      const found = files.filter((name) => pattern.test(name));
      assert.ok(found.length > 0, `${sight} needs ${pattern}, and dist/ has none`);
      return found;
    });
    return [sight, (await Promise.all(names.map(sizeOf))).reduce((sum, size) => sum + size)];
  });
  return Object.fromEntries(await Promise.all(all));
}

if (process.argv.includes("--record")) {
  writeFileSync(RECORD, `${JSON.stringify(await sizes(), null, 2)}\n`);
} else {
  test("nothing that is downloaded has grown by more than a twentieth", async (t) => {
    const recorded = JSON.parse(readFileSync(RECORD));
    const found = await sizes();
    t.diagnostic(Object.entries(found).map(([sight, bytes]) => `${sight} ${(bytes / 1000).toFixed(1)} KB`).join(", "));
    for (const [sight, bytes] of Object.entries(found)) {
      const most = recorded[sight] * (1 + SPARE);
      assert.ok(bytes <= most, `${sight}: ${bytes} bytes in brotli, and ${recorded[sight]} were written down in ${fileURLToPath(RECORD)}`);
    }
  });

  test("the programs and the texts beside them do not tell where they were built", () => {
    const folders = [homedir(), fileURLToPath(new URL("../..", import.meta.url))];
    for (const name of readdirSync(DIST).filter((name) => /\.(wasm|js|html|txt|json)$/.test(name))) {
      const text = readFileSync(join(DIST, name)).toString("latin1");
      for (const folder of folders) assert.ok(!text.includes(`${folder.replace(/\/$/, "")}/`), `${name} names ${folder}`);
    }
  });
}
