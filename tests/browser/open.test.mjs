import assert from "node:assert/strict";
import { test } from "node:test";

import { open, screenshot, serve } from "./harness.mjs";
import { accessible, sharedWorld, until } from "./person.mjs";

const world = sharedWorld();

/** The page has replaced what stood in #app before the wasm arrived. */
const started = (page) => page.locator("#app .boot-figures").waitFor({ state: "detached" });

test("the page opens without a complaint in the console", async () => {
  const { page, problems, close } = await open(world.browser, world.site.url);
  await started(page);
  await page.getByRole("heading", { name: "Scoreboard" }).waitFor();
  await screenshot(page, "open");
  assert.deepEqual(problems, []);
  assert.equal(await page.locator("#boot-error").isHidden(), true);
  await close();
});

test("the page works from any folder, with its worker", async () => {
  const folder = await serve({ base: "/blog/2026/figures/" });
  const { page, problems, close } = await open(world.browser, `${folder.url}?from=elsewhere#v2`);
  await started(page);
  await page.getByRole("heading", { name: "Scoreboard" }).waitFor();
  assert.deepEqual(problems, []);
  const strays = folder.requests.filter((path) => !path.startsWith("/blog/2026/figures/"));
  assert.deepEqual(strays, [], "every request stays in the folder");
  await close();
  await folder.close();
});

test("the program is fetched once for page and workers, and its files carry a build id in their names", async () => {
  const site = await serve();
  const { page, close } = await open(world.browser, site.url);
  await page.getByRole("heading", { name: "Scoreboard" }).waitFor();
  await until("the rest follows", () => site.requests.some((path) => path.endsWith("_rest.wasm")));
  const files = [...new Set(site.requests.filter((path) => /page-|worker/.test(path)))].sort();
  assert.equal(files.length, 4, `script, worker's script and wasm in two parts: ${files}`);
  for (const path of files) assert.match(path, /page-[0-9a-f]{16}(-worker\.js|_bg\.wasm|_rest\.wasm|\.js)$/);
  assert.equal(site.requests.filter((path) => path.endsWith(".wasm")).length, 2);
  await close();
  await site.close();
});

test("a reader is told when the wasm does not arrive", async () => {
  const broken = await serve({ missing: (path) => /page-.*\.wasm$/.test(path) });
  const { page, close } = await open(world.browser, broken.url);
  await page.locator("#boot-error").waitFor();
  assert.match(await page.locator("#boot-error").innerText(), /could not start/);
  await screenshot(page, "no-wasm");
  await close();
  await broken.close();
});

test("a reader is told when the page's script does not arrive", async () => {
  const broken = await serve({ missing: (path) => /page-.*\.js$/.test(path) });
  const { page, close } = await open(world.browser, broken.url);
  await page.locator("#boot-error").waitFor();
  await close();
  await broken.close();
});

test("a reader is told when the worker's script does not arrive", async () => {
  const broken = await serve({ missing: (path) => /-worker\.js$/.test(path) });
  const { page, close } = await open(world.browser, broken.url);
  await page.getByRole("alert").filter({ hasText: "worker" }).waitFor();
  await close();
  await broken.close();
});

test("a reader is told when the page panics later", async () => {
  const { page, close } = await open(world.browser, world.site.url);
  await started(page);
  // What a Rust panic is to JavaScript: the smallest module that runs into `unreachable`, in a task of its own.
  await page.evaluate(() => {
    const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11];
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)));
    setTimeout(() => exports.f());
  });
  await page.locator("#boot-error", { hasText: "has stopped" }).waitFor();
  await close();
});

test("without JavaScript the page still says what it is", async () => {
  const { page, close } = await open(world.browser, world.site.url, { javaScriptEnabled: false });
  assert.match(await page.locator("h1").innerText(), /Cachelane/);
  assert.match(await page.locator("noscript").innerText(), /needs JavaScript/);
  await screenshot(page, "no-script");
  await close();
});

test("an accessibility checker finds nothing", async () => {
  const { page, close } = await open(world.browser, world.site.url);
  await started(page);
  await accessible(page, { tags: null }); // every rule there is
  await close();
});

test("a preset has a page for links that are shown as cards, which leads to it", async () => {
  const { page, problems, close } = await open(world.browser, `${world.site.url}p/redis-down.html`);
  await page.waitForURL(/#v2&preset=redis-down/);
  await page.getByRole("heading", { name: "Scoreboard" }).waitFor();
  assert.deepEqual(problems, []);
  await close();
  const card = await (await fetch(`${world.site.url}p/redis-down.html`)).text();
  assert.match(card, /<meta property="og:title" content="Redis is down/);
  assert.match(card, /<meta property="og:description" content="[^"]+">/);
});
