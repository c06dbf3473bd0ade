// <cache-lane> as a guest: what it shows before it lives, what it loads, and how many figures live at once.
import assert from "node:assert/strict";
import { test } from "node:test";

import { open, serve } from "./harness.mjs";
import { sharedWorld, until } from "./person.mjs";

const world = sharedWorld();

const POSTER = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="700" height="791"><rect width="700" height="791" fill="teal"/></svg>')}`;

/** Opens a page of another origin with `body` in it. */
async function visit(simulator, body, does, options = {}) {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>post</title><link rel="icon" href="data:,">
<style>body { max-width: 700px; margin: 0 auto } .gap { height: 4000px }</style>
<script type="module" src="${simulator.url}embed.js"></script>${body}`;
  const blog = await serve({ pages: { "/post.html": html } });
  const opened = await open(world.browser, `${blog.url}post.html`, { locale: "en-US", ...options });
  opened.page.setDefaultTimeout(60_000);
  try {
    await does(opened.page, opened);
  } finally {
    await opened.close();
    await blog.close();
  }
}

const frames = (page) => page.locator("cache-lane iframe").count();
const alive = (page, id) => page.evaluate((id) => document.getElementById(id).shadowRoot.firstElementChild.classList.contains("alive"), id);
const lives = (page, id) => until(`${id} lives`, () => alive(page, id), 60_000);
const programs = (simulator) => simulator.requests.filter((path) => !path.endsWith("/embed.js"));

test("the author's own children stand until the figure lives, in print, and where scripts are off", { timeout: 120_000 }, async () => {
  const body = `<cache-lane id="a"><p id="own">Write-back loses 200 writes.</p></cache-lane><div class="gap"></div><cache-lane id="b"><p id="far">The second.</p></cache-lane>`;
  await visit(world.site, body, async (page) => {
    const [own, far] = [page.locator("#own"), page.locator("#far")];
    await page.waitForFunction(() => customElements.get("cache-lane"));
    assert.ok((await far.isVisible()) && (await frames(page)) <= 1, "the far one has not begun");
    await lives(page, "a");
    assert.equal(await own.isVisible(), false);
    await page.emulateMedia({ media: "print" });
    assert.ok(await own.isVisible(), "in print the picture stands for the figure");
    assert.equal(await page.locator("#a iframe").isVisible(), false);
    assert.ok(await far.isVisible());
    await page.emulateMedia({ media: "screen" });
    assert.equal(await own.isVisible(), false);
    assert.equal(await page.locator("#a").evaluate((a) => a.contains(document.getElementById("own"))), true, "nothing is thrown away");
  });
  await visit(world.site, body, async (page) => assert.ok(await page.locator("#own").isVisible()), { javaScriptEnabled: false, init: undefined });
});

test("the poster stays where the simulator cannot be loaded, however long it takes", { timeout: 120_000 }, async () => {
  const body = `<cache-lane id="a" start="click"><p id="own">Write-back loses 200 writes.</p></cache-lane>`;
  const closed = `<meta http-equiv="Content-Security-Policy" content="frame-src 'none'">`;
  const gone = await serve({ missing: (path) => path === "/" });
  for (const [simulator, inside] of [[world.site, closed + body], [gone, body]]) {
    await visit(simulator, inside, async (page) => {
      await page.waitForFunction(() => customElements.get("cache-lane"));
      await page.clock.install();
      await page.evaluate(() => document.getElementById("a").play());
      await page.clock.fastForward(120_000);
      assert.deepEqual([await frames(page), await alive(page, "a"), await page.locator("#own").isVisible()], [1, false, true]);
    });
  }
  await gone.close();
});

test("a figure is as dark or light as what is around it, in whatever notation, and follows it; so does its language", { timeout: 180_000 }, async () => {
  const grounds = {
    rgb: ["background: #111", "dark"],
    oklch: ["background: oklch(0.2 0.02 250)", "dark"],
    mix: ["background: color-mix(in oklab, black 80%, white)", "dark"],
    gradient: ["background: linear-gradient(#111, #333); color: #eee", "dark"],
    text: ["color: lab(95 0 0)", "dark"],
    light: ["background: oklch(0.98 0 0); color: #222", undefined],
    scheme: ["color-scheme: dark; color: CanvasText", "dark"],
  };
  const lanes = Object.entries(grounds).map(([id, [style]]) => `<div style="${style}"><cache-lane id="${id}" start="click" figures="lost"></cache-lane></div>`);
  const words = ["ko-KR", "en-GB", "fr"].map((lang) => `<div lang="${lang}"><cache-lane id="${lang}" start="click" figures="lost"></cache-lane></div>`);
  await visit(world.site, `${lanes.join("")}${words.join("")}`, async (page, { problems }) => {
    await page.waitForFunction(() => customElements.get("cache-lane"));
    const shown = async (id, key) => {
      await page.evaluate((id) => document.getElementById(id).play(), id);
      const link = await page.locator(`#${id} iframe`).getAttribute("src");
      await page.evaluate((id) => document.getElementById(id).remove(), id); // one at a time
      return new URLSearchParams(new URL(link).hash.slice(1)).get(`view.${key}`) ?? undefined;
    };
    for (const [id, [, theme]] of Object.entries(grounds)) if (id !== "rgb") assert.equal(await shown(id, "theme"), theme, id);
    assert.deepEqual([await shown("ko-KR", "lang"), await shown("en-GB", "lang"), await shown("fr", "lang")], ["ko", "en", undefined]);
    // The page becomes light while the figure plays: it goes on as it was, in light.
    await page.evaluate(() => document.getElementById("rgb").play());
    await lives(page, "rgb");
    const look = () => page.frames().at(-1).evaluate(() => document.documentElement.dataset.theme);
    assert.equal(await look(), "dark");
    await page.evaluate(() => {
      document.getElementById("rgb").parentElement.style.background = "#fff";
      document.documentElement.classList.add("light");
    });
    await until("it is as the system asks for", async () => (await look()) === "system");
    assert.deepEqual(problems.filter((problem) => !problem.endsWith("net::ERR_ABORTED")), []);
  });
});

test("a reader who wants no motion sees the end of the run", { timeout: 120_000 }, async () => {
  await visit(world.site, `<script>addEventListener("cachelane-state", ({ detail }) => (window.state = detail))</script><cache-lane id="a" figures="lost" controls="none"></cache-lane>`, async (page) => {
    await until("its end", () => page.evaluate(() => window.state?.finished), 60_000);
    assert.equal(await page.evaluate(() => window.state.lanes.at(-1).lost > 0), true);
  }, { reducedMotion: "reduce" });
});

test("several figures fetch their program once, also when the first to do so goes, or cannot", { timeout: 120_000 }, async () => {
  const wasm = (simulator, part = "bg") => simulator.requests.filter((path) => path.endsWith(`_${part}.wasm`)).length;
  const lanes = ["a", "b", "c"].map((id) => `<cache-lane id="${id}" title="${id}"></cache-lane>`);
  const own = await serve();
  await visit(own, `${lanes[0]}<div class="gap"></div>${lanes[1]}<div class="gap"></div>${lanes[2]}`, async (page, { problems }) => {
    await lives(page, "a");
    for (const id of ["b", "c"]) {
      await page.locator(`#${id}`).scrollIntoViewIfNeeded();
      await lives(page, id);
    }
    await until("what follows its first part is there, too", () => wasm(own, "rest") > 0);
    assert.deepEqual([wasm(own), wasm(own, "rest")], [1, 1]);
    assert.deepEqual(problems, []);
  });
  await own.close();
  // Of other presets, with settings of their own: what they call of the rest is not known beforehand.
  const various = ['preset="keys-star"', 'preset="twitter-cluster04"', 'preset="failover" cache.capacity="70"', 'preset="ycsb-e" figures="percentiles"'];
  const fresh = await serve();
  await visit(fresh, various.map((of, i) => `<cache-lane id="v${i}" ${of}></cache-lane>`).join(`<div class="gap"></div>`), async (page, { problems }) => {
    for (const id of various.keys()) {
      await page.locator(`#v${id}`).scrollIntoViewIfNeeded();
      await lives(page, `v${id}`);
    }
    assert.deepEqual([wasm(fresh), wasm(fresh, "rest")], [1, 1]);
    assert.deepEqual(problems, []);
  });
  await fresh.close();
  // Two that are there at once; the first leaves while it fetches, and the second fetches for itself.
  const other = await serve();
  await visit(other, `<div style="height: 100px; overflow: hidden">${lanes[0]}</div>${lanes[1]}`, async (page) => {
    const asked = [];
    await page.route("**/*_bg.wasm", (route) => (asked.push(route.request().frame()) === 1 ? undefined : route.continue()));
    await page.reload({ waitUntil: "commit" });
    await until("one of them fetches", () => asked.length === 1);
    const gone = await (await asked[0].frameElement()).evaluate((frame) => [frame.parentElement.id, frame.parentElement.remove()][0]);
    await lives(page, gone === "a" ? "b" : "a");
    assert.equal(asked.length, 2);
  });
  await other.close();
  // Who cannot have the rest says so, and nobody waits for it.
  const halved = await serve({ missing: (path) => path.endsWith("_rest.wasm") });
  await visit(halved, lanes.slice(0, 2).join(""), async (page) => {
    for (const id of ["a", "b"]) await lives(page, id);
    await until("both have asked", () => wasm(halved, "rest") === 2, 8_000); // a frame waits ten seconds for an answer
  });
  await halved.close();
  // A host that does not find the file says so in each figure.
  const broken = await serve({ missing: (path) => path.endsWith("_bg.wasm") });
  await visit(broken, lanes.slice(0, 2).join(""), async (page) => {
    for (const id of ["a", "b"]) {
      await page.locator(`#${id}`).scrollIntoViewIfNeeded();
      await lives(page, id);
      const frame = page.frameLocator(`#${id} iframe`);
      await frame.getByText("could not start").waitFor();
    }
  });
  await broken.close();
});

test("what a figure's worker refuses is said in the figure, in its words", { timeout: 60_000 }, async () => {
  await visit(world.site, `<cache-lane id="a" clients.keys="trace(file:keys.txt)"></cache-lane>`, async (page) => {
    await lives(page, "a");
    await page.frameLocator("#a iframe").getByText("this scenario replays the trace \"keys.txt\": open that file").first().waitFor();
  });
});

test("a figure that waits for a click has loaded nothing of the simulator before it, and starts by key, too", { timeout: 120_000 }, async () => {
  const own = await serve();
  await visit(own, `<cache-lane id="a" start="click" title="Two caches" poster="${POSTER}"></cache-lane>`, async (page) => {
    const play = page.getByRole("button", { name: "Play: Two caches" });
    await play.waitFor();
    assert.equal(await page.getByRole("img", { name: "Two caches" }).count(), 1);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.deepEqual([await frames(page), programs(own)], [0, []]);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await lives(page, "a");
    assert.equal(await play.isVisible(), false);
    assert.ok(programs(own).some((path) => path.endsWith("_bg.wasm")));
    const frame = page.frames()[1];
    await until("it runs without another click", async () => (await frame.getByRole("progressbar").evaluate((p) => p.value)) > 0);
  });
  // As the share dialog writes it, and by its method.
  await visit(own, `<cache-lane id="a" src="${own.url}#v2&view.embed=lost&view.start=click"></cache-lane>`, async (page) => {
    await page.getByRole("button", { name: /^Play/ }).waitFor();
    assert.equal(await frames(page), 0);
    await page.locator("#a").evaluate((a) => a.play());
    assert.doesNotMatch(await page.locator("#a iframe").getAttribute("src"), /start=click/);
  });
  await own.close();
});

test("an attribute that changes takes effect: a setting with a dot, seed, duration, title", { timeout: 120_000 }, async () => {
  await visit(world.site, `<cache-lane id="a" figures="lost"></cache-lane>`, async (page) => {
    const set = (name, value) => page.locator("#a").evaluate((a, [name, value]) => a.setAttribute(name, value), [name, value]);
    await page.locator("#a iframe").waitFor({ state: "attached" });
    for (const [name, value] of [["cache.ttl", "5s"], ["seed", "9"], ["duration", "40s"]]) {
      await set(name, value);
      await until(`${name} in the frame's address`, () => page.frames()[1]?.url().includes(`&${name}=${value}&`));
    }
    await set("title", "Another one");
    await until("its title", async () => (await page.locator("#a iframe").getAttribute("title")) === "Another one");
  });
});

test("fifty figures keep a few frames, and what is put away keeps its place", { timeout: 240_000 }, async () => {
  const hasty = await serve({ change: (text, path) => (path.endsWith("embed.js") ? text.replace("ms: 30_000", "ms: 300") : text) });
  const body = Array.from({ length: 50 }, (_, i) => `<cache-lane id="f${i}" figures="lost" poster="${POSTER}"></cache-lane>`).join("");
  await visit(hasty, body, async (page) => {
    await until("the first", () => frames(page));
    let most = 0;
    const high = await page.evaluate(() => document.documentElement.scrollHeight);
    for (let i = 0; i < 50; i += 1) {
      await page.locator(`#f${i}`).scrollIntoViewIfNeeded();
      most = Math.max(most, await frames(page));
    }
    assert.ok(most <= 9, `${most} at once`);
    await until("those out of sight are put away", async () => (await frames(page)) <= 4);
    assert.equal(await page.locator("#f0 img").isVisible(), true, "the poster is back");
    const now = await page.evaluate(() => document.documentElement.scrollHeight);
    // What was kept free for nothing is given back: at most 60 pixels a figure, as embed.test.mjs says.
    assert.ok(now <= high && now >= high - 50 * 60, `${high} → ${now}`);
  });
  // Without the cap they gather.
  const greedy = await serve({ change: (text, path) => (path.endsWith("embed.js") ? text.replace("most: 4,", "most: 400,") : text) });
  await visit(greedy, body, async (page) => {
    for (let i = 0; i < 20; i += 1) await page.locator(`#f${i}`).scrollIntoViewIfNeeded();
    assert.ok((await frames(page)) > 9, String(await frames(page)));
  });
  await Promise.all([hasty.close(), greedy.close()]);
});

test("nothing moves when a figure comes alive", { timeout: 120_000 }, async () => {
  for (const body of [`<cache-lane id="a" poster="${POSTER}"></cache-lane>`, `<cache-lane id="a" figures="lost"></cache-lane>`]) {
    await visit(world.site, `<p>Before.</p>${body}<p id="after" style="height: 900px; background: silver">After: what moves must be large to count.</p>`, async (page) => {
      await page.waitForFunction(() => customElements.get("cache-lane"));
      await page.evaluate(() => {
        window.moved = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((shift) => (window.moved += shift.value))).observe({ type: "layout-shift" });
      });
      await lives(page, "a");
      await until("it runs", async () => (await page.frames()[1].getByRole("progressbar").evaluate((p) => p.value)) > 100, 60_000);
      assert.ok((await page.evaluate(() => window.moved)) < 0.01, `${body}: ${await page.evaluate(() => window.moved)}`);
    }, { viewport: { width: 1280, height: 1000 } });
  }
});
