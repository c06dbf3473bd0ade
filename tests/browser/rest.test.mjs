// A program comes in two parts (scripts/split.mjs): what its first moving figure calls, and the rest.
import assert from "node:assert/strict";
import { test } from "node:test";

import { open, serve } from "./harness.mjs";
import { button, ready, seesMoments, sharedWorld, until, up } from "./person.mjs";

const world = sharedWorld();
const isRest = (path) => /_rest\.wasm$/.test(path);

/** Opens an address, and notes how the rest is asked for: by `fetch` it is on its way, by `xhr` somebody stands still for it. */
async function opened(site, hash) {
  const there = await open(world.browser, "about:blank", { locale: "en-US" });
  const asked = [];
  there.page.on("request", (request) => isRest(request.url()) && asked.push(request.resourceType()));
  await there.page.goto(site.url + hash);
  return { ...there, asked };
}

/** It does without: nothing that it calls is in the rest. */
async function doesWithout(page, asked) {
  await seesMoments("the figure moves", () => page.frames().at(-1), 10);
  assert.deepEqual(asked, ["fetch"], "what it calls stands in the first part: run scripts/record-later.mjs");
}

/** What stands in a page whatever moment it shows, and how it is called: none of it may be a constant that has gone to the rest. */
const words = (page) => page.evaluate(() => [...document.querySelectorAll("header *, .breakers *, .controls *")].map((part) => `${part.localName}.${part.getAttribute("class")}#${part.id} ${part.ariaLabel}: ${part.children.length > 0 ? "" : part.textContent}`));

test("the page moves before the rest of its program is there, and without standing still for it", async () => {
  const site = await serve({ missing: isRest });
  for (const hash of ["", "#v2&preset=keys-star", "#v2&preset=default&seed=9&cache.ttl=5s"]) {
    const { page, asked, close } = await opened(site, hash);
    await doesWithout(page, asked);
    const whole = await opened(world.site, hash);
    await seesMoments("it moves", () => whole.page.mainFrame(), 10);
    const said = await words(page);
    assert.ok(said.length > 100, `${said.length} parts`);
    assert.deepEqual(said, await words(whole.page), "what it says stands in the first part");
    await Promise.all([close(), whole.close()]);
  }
  await site.close();
});

test("so does a figure, in the page of another site", async () => {
  const site = await serve({ missing: isRest });
  const figures = ["", 'preset="ycsb-e"', 'write="write-through write-back" cache.ttl="5s"'];
  const article = await serve({ pages: Object.fromEntries(figures.map((of, i) => [`/${i}.html`, `<!doctype html><script type="module" src="${site.url}embed.js"></script><cache-lane ${of}></cache-lane>`])) });
  for (const i of figures.keys()) {
    const { page, asked, close } = await opened(article, `${i}.html`);
    await until("it is there", () => page.frames().length > 1);
    await doesWithout(page, asked);
    await close();
  }
  await Promise.all([site, article].map((server) => server.close()));
});

test("what is called before the rest has come is waited for", async () => {
  let asked = 0;
  const site = await serve({ missing: (path) => isRest(path) && ++asked === 1 });
  const { page, asked: how, close } = await opened(site, "");
  await ready(page);
  await until("it was asked for", () => how.length > 0);
  await button(page, "Share").click();
  await page.getByRole("dialog").getByRole("button", { name: "Copy" }).first().waitFor();
  assert.ok(how.includes("xhr"), `${how}`);
  await close();
  await site.close();
});

test("a reader is told when the rest cannot be had and is needed", async () => {
  const site = await serve({ missing: isRest });
  const { page, close } = await opened(site, "");
  await ready(page);
  await button(page, "Share").click();
  await page.locator("#boot-error").waitFor();
  assert.match(await page.locator("#boot-error").innerText(), /has stopped[\s\S]*Not loaded: .*_rest\.wasm/);
  await close();
  await site.close();
});

test("what stands further down comes with the rest, or when somebody asks for it", async () => {
  let asked = 0;
  const site = await serve({ missing: (path) => isRest(path) && ++asked === 1 });
  const { page, close } = await opened(site, "");
  await up(page);
  const many = (page) => page.getByRole("region", { name: "Many seeds" });
  await button(page, "Load it now").focus();
  assert.equal(await many(page).count(), 0);
  await page.keyboard.press("Enter");
  await many(page).waitFor();
  assert.ok(await page.evaluate(() => document.activeElement.matches("section.seeds")), "who has pressed it is there");
  const whole = await opened(world.site, "");
  await many(whole.page).waitFor();
  assert.deepEqual([await button(whole.page, "Load it now").count(), whole.asked], [0, ["fetch"]], "nobody has waited for it");
  await Promise.all([close(), whole.close()]);
  await site.close();
});
