// The harness must see what it promises to see: a record that stays empty proves nothing else.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open, serve } from "./harness.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
});

/** Opens a page with this script, and waits until it has set `window.done`. */
async function run(script) {
  const pages = { "/": `<!doctype html><link rel="icon" href="data:,"><script>${script}</script>` };
  const site = await serve({ pages });
  const opened = await open(browser, site.url);
  try {
    await opened.page.waitForFunction(() => window.done);
    return { problems: [...opened.problems] };
  } finally {
    await opened.close();
    await site.close();
  }
}

test("a quiet page has an empty record", async () => {
  assert.deepEqual(await run("done = true"), { problems: [] });
});

test("console errors, uncaught errors, lost promises and missing files are recorded", async () => {
  const { problems } = await run(`
    console.error("one");
    setTimeout(() => { throw new Error("two"); });
    Promise.reject(new Error("three"));
    fetch("/four").finally(() => setTimeout(() => (done = true)));
  `);
  for (const sign of [/console error: one/, /uncaught: .*two/, /uncaught: .*three/, /404: .*four/]) {
    assert.ok(problems.some((problem) => sign.test(problem)), `${sign} in ${JSON.stringify(problems)}`);
  }
});

test("an uncaught error in a worker is recorded", async () => {
  const { problems } = await run(`
    const worker = new Worker(URL.createObjectURL(new Blob(["throw new Error('five')"])));
    worker.onerror = () => setTimeout(() => (done = true));
  `);
  assert.ok(problems.some((problem) => /five/.test(problem)), JSON.stringify(problems));
});

test("a server gives away nothing outside its folder", async () => {
  const site = await serve();
  for (const path of ["..%2fCargo.toml", "%2e%2e/Cargo.toml", "%ff"]) {
    assert.notEqual((await fetch(site.url + path)).status, 200, path);
  }
  await site.close();
});
