// The example post on one origin, its figures from another: as a blog would have it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { DIST, launch, open, screenshot, serve } from "./harness.mjs";
import { board, button, clock, ready, until } from "./person.mjs";

let browser, site, blog;
before(async () => {
  [browser, site] = await Promise.all([launch(), serve()]);
  const post = readFileSync(`${DIST}example-post.html`, "utf8").replace("./embed.js", `${site.url}embed.js`);
  const empty = "<!doctype html><title>stranger</title><link rel=icon href=data:,>";
  blog = await serve({ pages: { "/post.html": post, "/stranger.html": empty } });
});
after(async () => {
  await browser?.close();
  await Promise.all([site?.close(), blog?.close()]);
});

const frameOf = async (page, id) => (await page.locator(`#${id} iframe`).elementHandle()).contentFrame();
const full = (frame) => frame.getByRole("link", { name: "Open full simulator" });

/** Opens the post, with both figures up and the second one in sight. */
async function read(does) {
  const { page, problems, close } = await open(browser, `${blog.url}post.html`, { locale: "en-US" });
  try {
    page.setDefaultTimeout(30_000);
    const frames = [];
    for (const id of ["both", "often"]) {
      await page.locator(`#${id}`).scrollIntoViewIfNeeded(); // it comes alive near the reader's sight
      const frame = await frameOf(page, id);
      await full(frame).waitFor();
      await until(`the clock of ${id}`, async () => (await frame.getByRole("progressbar").evaluate((p) => p.value)) > 0);
      frames.push(frame);
    }
    await does(page, ...frames);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
}
const at = (frame) => frame.getByRole("progressbar").evaluate((p) => p.value);

test("both figures stand in the post, from another origin, and fit: no scroll bar, no gap", { timeout: 60_000 }, async () => {
  await read(async (page, both, often) => {
    const fits = async (id, frame) => {
      const outer = await page.locator(`#${id} iframe`).evaluate((f) => f.clientHeight);
      const [inner, content] = await frame.evaluate(() => [document.documentElement.scrollHeight, document.getElementById("app").getBoundingClientRect().height]);
      return { outer, inner, content, good: inner <= outer && Math.abs(outer - content) <= 2 };
    };
    const fit = async (id, frame) => {
      const good = await until(`${id} fits`, async () => (await fits(id, frame)).good, 10_000).catch(() => false);
      assert.ok(good, `${id}: ${JSON.stringify(await fits(id, frame))}`);
    };
    for (const [id, frame, figures] of [["both", both, 2], ["often", often, 1]]) {
      assert.notEqual(new URL(frame.url()).origin, new URL(page.url()).origin);
      assert.equal(await frame.locator("section.figure").count(), figures);
      await fit(id, frame);
      const { width, wide } = await frame.evaluate(() => ({ width: innerWidth, wide: document.documentElement.scrollWidth }));
      assert.ok(wide <= width, `${id}: ${wide} in ${width}`);
    }
    await screenshot(page, "post");
    await page.setViewportSize({ width: 400, height: 800 });
    await fit("often", often);
    await page.locator("#both iframe").scrollIntoViewIfNeeded();
    await fit("both", both);
    await screenshot(page, "post-phone");
  });
});

test("what was kept free for nothing is given back before a reader sees it", { timeout: 60_000 }, async () => {
  const post = `<!doctype html><title>post</title><link rel=icon href=data:,><script type=module src="${site.url}embed.js"></script>
    <body style="margin:0"><div style="height:950px"></div><div style="width:720px"><cache-lane id="far" figures="latency lost hits errors" preset="redis-down"></cache-lane></div><p>below</p>`;
  const far = await serve({ pages: { "/far.html": post } });
  const { page, problems, close } = await open(browser, `${far.url}far.html`, { locale: "en-US" });
  const room = () => page.locator("#far").evaluate((e) => [e.shadowRoot.querySelector(".box").offsetHeight, e.querySelector("iframe")?.offsetHeight]);
  const kept = await page.locator("#far").evaluate(async (e) => {
    while (!e.shadowRoot.querySelector(".box").offsetHeight) await new Promise(requestAnimationFrame);
    return e.shadowRoot.querySelector(".box").offsetHeight;
  });
  const frame = await frameOf(page, "far");
  await full(frame).waitFor(); // out of sight it stands still
  await until("as much room as it needs", async () => {
    const [box, needed] = await room();
    return Math.abs(box - needed) <= 2;
  }, 10_000).catch(() => {});
  const [box, needed] = await room();
  assert.ok(Math.abs(box - needed) <= 2, `${box} for ${needed}`);
  assert.ok(kept >= needed && kept <= needed + 60, `about ${needed} was needed, and ${kept} kept free`);
  assert.deepEqual(problems, []);
  await close();
  await far.close();
});

test("a crash in one figure leaves the other alone, and neither changes its own address", { timeout: 60_000 }, async () => {
  await read(async (page, both, often) => {
    const before = [both.url(), often.url()];
    const [links, faults] = [async () => Promise.all([both, often].map((f) => full(f).getAttribute("href"))), /fault\.1/];
    assert.ok((await links()).every((href) => !faults.test(href)));
    await often.getByRole("button", { name: "Crash the cache" }).click();
    await until("the crash in the one", async () => faults.test((await links())[1]));
    assert.doesNotMatch((await links())[0], faults);
    assert.deepEqual([both.url(), often.url()], before);
    assert.deepEqual(await Promise.all([both, often].map((f) => f.evaluate(() => location.href))), before);
  });
});

test("a figure pauses while it is out of sight, and goes on when it is back", { timeout: 60_000 }, async () => {
  await read(async (page, both, often) => {
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await until("the first one pauses", () => both.getByRole("button", { name: "Play", exact: true }).count());
    assert.equal(await often.getByRole("button", { name: "Pause", exact: true }).count(), 1);
    const [one, two] = [await at(both), await at(often)];
    await until("the second one goes on", async () => (await at(often)) > two + 20);
    assert.ok((await at(both)) - one <= 30, "what was under way may still have come");
    await page.evaluate(() => scrollTo(0, 0));
    await page.locator("#both iframe").scrollIntoViewIfNeeded();
    await until("the first one goes on", async () => (await at(both)) > one + 40);
  });
});

test("the full simulator opens with what the figure shows, its crash too", { timeout: 60_000 }, async () => {
  await read(async (page, _, often) => {
    await often.getByRole("button", { name: "Crash the cache" }).click();
    await until("the crash in the link", async () => /fault\.1/.test(await full(often).getAttribute("href")));
    await often.getByRole("button", { name: "Pause", exact: true }).click();
    const [whole] = await Promise.all([page.waitForEvent("popup"), full(often).click()]);
    await ready(whole);
    assert.notEqual(await whole.evaluate(() => origin), "null", "it is no part of the sandbox");
    assert.equal(Object.keys(await board(whole, "Lost")).length, 3, "three lanes");
    assert.match(whole.url(), /fault\.1/);
    await whole.getByRole("heading", { name: "Faults" }).click();
    const remove = whole.getByRole("button", { name: "Remove this fault" });
    await remove.first().waitFor(); // what is folded away is made when it is opened
    assert.equal(await remove.count(), 2);
  });
});

test("a height from anybody else is not listened to", { timeout: 60_000 }, async () => {
  await read(async (page) => {
    const height = () => page.locator("#both iframe").evaluate((f) => f.style.height);
    const before = await height();
    await page.evaluate(async () => {
      const heard = (from) => new Promise((done) => addEventListener("message", (e) => e.data.from === from && done()));
      const message = { source: "cachelane", type: "height", height: 3333 };
      const frame = document.createElement("iframe");
      frame.src = "/stranger.html";
      await new Promise((done) => (frame.onload = done) && document.body.append(frame));
      const own = heard("host");
      postMessage({ ...message, from: "host" }, "*");
      await own;
      const other = heard("stranger");
      frame.contentWindow.eval(`parent.postMessage(${JSON.stringify({ ...message, from: "stranger" })}, "*")`);
      await other;
    });
    assert.equal(await height(), before);
    assert.notEqual(before, "3333px");
  });
});

test("an embed that waits for a click stands still until then, and shows only the chosen controls", { timeout: 60_000 }, async () => {
  const { page, problems, close } = await open(browser, `${site.url}#v2&view.embed=lost&view.controls=play,speed&view.start=click`, { locale: "en-US" });
  await button(page, "Play").waitFor();
  await page.getByLabel("Speed").waitFor();
  assert.equal(await page.getByRole("button", { name: "Crash the cache" }).count(), 0);
  assert.equal(await clock(page).evaluate((p) => p.value), 0);
  await button(page, "Play").click();
  await until("it goes", async () => (await clock(page).evaluate((p) => p.value)) > 5);
  assert.deepEqual(problems, []);
  await close();
});

test("at an address with a query, Share writes where embed.js is all the same", { timeout: 60_000 }, async () => {
  const { page, close } = await open(browser, `${site.url}?next=/some/where/`, { locale: "en-US" });
  await ready(page);
  await button(page, "Share").click();
  const snippet = await page.locator(".copyable textarea").nth(1).inputValue();
  assert.ok(snippet.includes(`src="${site.url}embed.js"`), snippet);
  assert.match(snippet, /<a href="http[^"]*#v2[^"]*">[^<]+<\/a><\/cache-lane>$/, "a link where scripts are off");
  await close();
});
