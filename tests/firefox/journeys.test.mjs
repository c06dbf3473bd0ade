// The page and its embeds in Firefox, which `make test` does not drive: `make check-firefox` does, by WebDriver BiDi.
//
// What is checked is what browsers differ in: that the programs start, that the numbers are the golden ones, and that a
// person gets from the sentence to the story, to a fork and to a figure in a post. The rest is tested in Chromium.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { serve } from "../browser/server.mjs";

const root = new URL("../../", import.meta.url);
const { default: puppeteer } = await import(pathToFileURL(process.env.PUPPETEER).href);
const golden = JSON.parse(await readFile(new URL("tests/data/golden.json", root), "utf8"));
const world = {};

before(async () => {
  world.site = await serve();
  world.browser = await puppeteer.launch({ browser: "firefox", executablePath: process.env.FIREFOX, headless: true });
});
after(async () => {
  await world.browser?.close();
  await world.site?.close();
});

/** A test with a page of its own, which must end without an error in the console. */
function visit(name, hash, does, { viewport = { width: 1440, height: 900 }, url = () => world.site.url } = {}) {
  test(name, { timeout: 240_000 }, async () => {
    const page = await world.browser.newPage();
    const problems = [];
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    page.setDefaultTimeout(60_000);
    try {
      await page.setViewport(viewport);
      await page.goto((await url()) + hash);
      await does(page);
      assert.deepEqual(problems, []);
    } finally {
      await page.close();
    }
  });
}

const named = (role, name) => `::-p-aria([name="${name}"][role="${role}"])`;
const press = (page, name) => page.locator(named("button", name)).click();
const there = (page, selector) => page.waitForSelector(selector);
const text = (page, selector) => page.$eval(selector, (element) => element.innerText);

/** Runs to the end, and gives every lane's digest. */
async function finish(page) {
  await press(page, "Finish now");
  await there(page, named("button", "Play again"));
  return page.$$eval("td", (cells) => cells.map((cell) => cell.textContent.trim()).filter((said) => /^[0-9a-f]{16}$/.test(said)));
}

for (const preset of ["default", "stale-set-race", "increment-race"]) {
  visit(`${preset} ends in the golden digests`, `#v2&preset=${preset}`, async (page) => {
    assert.deepEqual(await finish(page), golden.presets[preset].map(([, digest]) => digest));
  });
}

visit("a lost write leads to its story", "#v2&preset=flush-race&duration=10s", async (page) => {
  await finish(page);
  assert.match(await text(page, ".headline"), /acknowledged writes lost/);
  await page.evaluate(() => [...document.querySelectorAll("summary")].find((summary) => summary.textContent.includes("Lost writes")).click());
  await page.locator("#lost-writes button.case").click();
  await there(page, "dialog [role=img]");
  assert.match(await text(page, "dialog"), /deleted the mark of\s+w\d+, too, which was not flushed/);
  await press(page, "Watch it on the stage");
  await page.waitForFunction(() => !document.querySelector("dialog[open]"));
});

visit("a crash in the past forks, and both futures are kept", "#v2&preset=flush-race", async (page) => {
  await finish(page);
  await page.$eval("input[aria-label='Moment of the run']", (slider) => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(slider, "200");
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await press(page, "Crash the cache");
  await press(page, "Keep both as lanes");
  await page.waitForFunction(() => document.querySelectorAll(".gutter-row").length >= 4);
  await page.waitForFunction(() => location.hash.includes("lane.2"));
});

visit("on a phone the sentence and a figure are on the first screen", "#v2", async (page) => {
  await there(page, ".gutter-row");
  const place = await page.$eval(".figures canvas", (canvas) => canvas.getBoundingClientRect().top);
  assert.ok(place < 844 - 80, `the figure begins at ${place}`);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing is wider than the screen");
}, { viewport: { width: 390, height: 844 } });

test("eight figures in a post of another origin come alive with one download, and none runs unseen", { timeout: 300_000 }, async () => {
  const site = await serve();
  const figures = Array.from({ length: 8 }, (_, i) => `<p>Part ${i}.</p><cache-lane id="f${i}" preset="default" seed="${i + 1}"></cache-lane><div style="height:60vh"></div>`);
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>post</title><link rel="icon" href="data:,">
<script type="module" src="${site.url}embed.js"></script><body style="max-width:700px;margin:0 auto">${figures.join("")}`;
  const blog = await serve({ pages: { "/post.html": html } });
  const page = await world.browser.newPage();
  try {
    await page.setViewport({ width: 1280, height: 900 });
    const begun = Date.now();
    await page.goto(`${blog.url}post.html`);
    const alive = (id) => page.waitForFunction((id) => document.getElementById(id)?.shadowRoot?.firstElementChild?.classList.contains("alive"), { timeout: 60_000 }, id);
    await alive("f0");
    console.log(`# the first figure lives after ${Date.now() - begun} ms`);
    for (let i = 1; i < 8; i++) {
      await page.$eval(`#f${i}`, (figure) => figure.scrollIntoView({ block: "center" }));
      await alive(`f${i}`);
    }
    const programs = site.requests.filter((path) => path.endsWith(".wasm"));
    console.log(`# asked for: ${JSON.stringify(programs)}`);
    const parts = programs.map((path) => /_(bg|rest)\.wasm$/.exec(path)[1]);
    assert.equal(parts.filter((part) => part === "bg").length, 1, "all figures are one program");
    // What is called early is counted in Chromium: here the first figure calls something of the rest before it has come, and fetches it
    // for itself. None of the others may.
    assert.ok(parts.filter((part) => part === "rest").length <= 2, `${parts}`);
    assert.ok(await page.$$eval("cache-lane", (all) => all.filter((one) => one.querySelector("iframe")).length <= 6));
  } finally {
    await page.close();
    await blog.close();
    await site.close();
  }
});
