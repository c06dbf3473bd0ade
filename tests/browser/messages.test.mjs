// What a page and a figure say to each other: static/embed.d.ts.
import assert from "node:assert/strict";
import { test } from "node:test";

import { open, serve } from "./harness.mjs";
import { sharedWorld, until } from "./person.mjs";

const world = sharedWorld();

/** Opens a page of another origin with `body` in it; it keeps the figures' events by the id of who told them. */
async function visit(body, does, { head = "" } = {}) {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>post</title><link rel="icon" href="data:,">${head}
<script>
  window.heard = [];
  for (const name of ["ready", "state", "lost", "done"]) document.addEventListener("cachelane-" + name, (e) => heard.push([name, e.target.id, e.detail]));
</script>
<script type="module" src="${world.site.url}embed.js"></script>${body}`;
  const blog = await serve({ pages: { "/post.html": html } });
  const opened = await open(world.browser, `${blog.url}post.html`, { locale: "en-US", viewport: { width: 1280, height: 1600 } });
  opened.page.setDefaultTimeout(60_000);
  try {
    await does(opened.page, opened);
    // A figure that is put away drops what it was loading.
    assert.deepEqual(opened.problems.filter((problem) => !problem.endsWith("net::ERR_ABORTED")), []);
  } finally {
    await opened.close();
    await blog.close();
  }
}

const state = (page, id) => page.evaluate((id) => window.heard.findLast(([name, from]) => name === "state" && from === id)?.[2], id);
const states = (page, id, what, is) => until(what, async () => ((s) => s && is(s))(await state(page, id)), 60_000);
const call = (page, id, method, ...given) => page.evaluate(([id, method, given]) => document.getElementById(id)[method](...given), [id, method, given]);

test("a page plays, pauses, seeks, crashes and sets, and hears what comes of it", { timeout: 180_000 }, async () => {
  await visit(`<cache-lane id="a" preset="default" write="write-through write-back" figures="lost" controls="none"></cache-lane>`, async (page) => {
    await states(page, "a", "it runs", (s) => s.playing && s.time > 0);
    const first = await page.evaluate(() => window.heard[0]);
    assert.deepEqual([first[0], first[1], first[2].lanes.length], ["ready", "a", 2]);
    await call(page, "a", "pause");
    await states(page, "a", "it stands", (s) => !s.playing);
    await call(page, "a", "seek", 15);
    await states(page, "a", "it is there", (s) => s.time === 15 && !s.playing);
    await call(page, "a", "crash");
    await states(page, "a", "the crash in its link", (s) => /fault\.1=/.test(s.hash));
    assert.equal(await page.evaluate(() => document.getElementById("a").injected), 1);
    await call(page, "a", "set", "cache.ttl", "5s");
    await states(page, "a", "the value in its link", (s) => s.hash.includes("cache.ttl=5s"));
    await call(page, "a", "seek", 20);
    await states(page, "a", "what was lost", (s) => s.time === 20 && s.lanes[1].lost > 0 && s.lanes[0].lost === 0);
    assert.ok(await page.evaluate(() => window.heard.some(([name, , detail]) => name === "lost" && detail.lane === 2 && detail.more > 0)));
    await call(page, "a", "play");
    await states(page, "a", "it goes on", (s) => s.playing && s.time > 20);
    for (const bad of [NaN, -1, "5", null]) {
      await assert.rejects(call(page, "a", "seek", bad), /TypeError/, String(bad));
    }
  });
});

test("methods are done one after the other, and of many values or moments the last counts", { timeout: 180_000 }, async () => {
  await visit(`<cache-lane id="a" figures="lost" controls="none"></cache-lane><cache-lane id="b" start="click" figures="lost"></cache-lane>`, async (page) => {
    await states(page, "a", "it runs", (s) => s.playing && s.time > 0);
    const struck = (s) => Number(/fault\.1=\(at:([\d.]+)s/.exec(s.hash)?.[1]);
    await page.evaluate(() => {
      const a = document.getElementById("a");
      a.pause();
      a.seek(30);
      a.crash();
      a.set("cache.ttl", "5s");
    });
    await states(page, "a", "a crash at 30 s, and the value", (s) => struck(s) >= 30 && struck(s) < 30.1 && s.hash.includes("cache.ttl=5s") && !s.playing);
    await page.evaluate(() => {
      const a = document.getElementById("a");
      a.set("lane.0.write", "write-back(every:2s,batch:10)");
      for (let i = 1; i <= 100; i += 1) [a.set("cache.ttl", `${i}s`), a.set("seed", i)];
      for (let i = 1; i <= 100; i += 1) a.seek(i / 10);
      [a.seek(40), a.play()];
    });
    await states(page, "a", "the last value of each, the last moment", (s) => /cache\.ttl=1m40s|cache\.ttl=100s/.test(s.hash) && s.hash.includes("seed=100") && s.time > 40 && s.playing);
    await page.evaluate(() => {
      const b = document.getElementById("b");
      for (let i = 1; i <= 70; i += 1) b.set("cache.ttl", `${i}s`);
      [b.seek(20), b.crash(), b.pause()];
    });
    await states(page, "b", "as it was told before it lived", (s) => struck(s) >= 20 && struck(s) < 20.1 && /cache\.ttl=1m10s|cache\.ttl=70s/.test(s.hash) && !s.playing);
  });
});

test("what is lost is told when it is lost: not when another strategy would have lost it", { timeout: 180_000 }, async () => {
  await visit(`<div id="from"><cache-lane id="a" write="write-through" figures="lost" controls="none"></cache-lane></div><div id="to"></div>`, async (page) => {
    await states(page, "a", "it runs", (s) => s.time > 0);
    await page.evaluate(() => [document.getElementById("a").pause(), document.getElementById("a").seek(30)]);
    await states(page, "a", "after the crash", (s) => s.time === 30 && !s.playing);
    await call(page, "a", "set", "lane.0.write", "write-back");
    await states(page, "a", "the other strategy", (s) => s.lanes[0]?.lost > 0);
    assert.deepEqual(await page.evaluate(() => window.heard.filter(([name]) => name === "lost")), []);
    // And one that is moved stays what it is.
    const ready = () => page.evaluate(() => window.heard.filter(([name]) => name === "ready").length);
    const before = await ready();
    await page.evaluate(() => document.getElementById("to").append(document.getElementById("a")));
    await until("it lives again", async () => (await ready()) > before, 60_000);
    await states(page, "a", "where it was, as it was", (s) => s.time === 30 && /write-back/.test(s.hash));
  });
});

test("called before it lives, a method brings the figure and is done then", { timeout: 180_000 }, async () => {
  await visit(`<cache-lane id="a" start="click" figures="lost"></cache-lane>`, async (page) => {
    await page.waitForFunction(() => customElements.get("cache-lane"));
    await call(page, "a", "pause");
    assert.equal(await page.locator("iframe").count(), 0, "there is nothing to pause");
    await call(page, "a", "set", "cache.ttl", "7s");
    await states(page, "a", "the value in its link", (s) => s.hash.includes("cache.ttl=7s"));
  });
});

test("what a stranger posts, or what has another shape, or comes in floods, changes nothing on either side", { timeout: 180_000 }, async () => {
  await visit(`<cache-lane id="a" figures="lost" start="click"></cache-lane><iframe id="stranger" srcdoc="<p>"></iframe>`, async (page) => {
    await call(page, "a", "seek", 10);
    await states(page, "a", "it is there", (s) => s.time >= 10);
    await call(page, "a", "pause");
    await states(page, "a", "it stands", (s) => !s.playing);
    const before = await state(page, "a");
    const count = () => page.evaluate(() => window.heard.length);
    // To the figure, from a window that is not its parent.
    await page.evaluate(() => {
      const figure = document.querySelector("#a iframe").contentWindow;
      const stranger = document.getElementById("stranger").contentWindow;
      stranger.eval("(figure) => figure.postMessage({ source: 'cachelane-host', type: 'seek', seconds: 33 }, '*')")(figure);
      // And from its parent, in shapes that are none.
      for (const odd of [null, 7, "play", [], {}, { source: "cachelane-host" }, { source: "cachelane-host", type: "fly" },
        { source: "cachelane-host", type: "seek" }, { source: "cachelane-host", type: "seek", seconds: "33" }, { source: "cachelane-host", type: "seek", seconds: NaN },
        { source: "cachelane-host", type: "set", path: 1, value: {} }, { source: "cachelane-host", type: "set", path: "x".repeat(1e5), value: "1" },
        { source: "other", type: "seek", seconds: 33 }]) figure.postMessage(odd, "*");
    });
    // To the page, from the figure, in shapes that are none.
    const frame = page.frames().find((frame) => frame.url().startsWith(world.site.url));
    const events = await count();
    await frame.evaluate(() => {
      const good = { source: "cachelane", type: "state", time: 1, duration: 60, playing: true, finished: false, lanes: [], hash: "#v2", faults: "()", injected: 0 };
      for (const odd of [{ ...good, time: "1" }, { ...good, time: NaN }, { ...good, lanes: {} }, { ...good, lanes: Array(65).fill({ name: "x", values: {} }) },
        { ...good, lanes: [{ name: 1, values: {} }] }, { ...good, hash: "javascript:alert(1)" }, { ...good, faults: 1 }, { ...good, injected: "1" }, { ...good, hash: `#v${"x".repeat(30_000)}` }, { ...good, source: "x" }]) parent.postMessage(odd, "*");
    });
    await page.evaluate(() => new Promise((done) => setTimeout(done, 1_000)));
    assert.deepEqual([await count(), await state(page, "a")], [events, before]);
    // A flood of good ones: only so many are heard, and the page still answers.
    await frame.evaluate(() => {
      for (let i = 0; i < 5_000; i += 1) parent.postMessage({ source: "cachelane", type: "state", time: i, duration: 60, playing: true, finished: false, lanes: [], hash: "#v2", faults: "()", injected: 0 }, "*");
    });
    await page.evaluate(() => new Promise((done) => setTimeout(done, 500)));
    assert.ok((await count()) - events < 200, String((await count()) - events));
    await page.evaluate(() => {
      const figure = document.querySelector("#a iframe").contentWindow;
      for (let i = 0; i < 5_000; i += 1) figure.postMessage({ source: "cachelane-host", type: "seek", seconds: 5 + (i % 7) }, "*");
    });
    await page.evaluate(() => new Promise((done) => setTimeout(done, 3_000)));
    await call(page, "a", "seek", 12);
    await states(page, "a", "it hears again", (s) => s.time === 12);
  });
});

test("a figure that goes with another has its clock and its faults", { timeout: 240_000 }, async () => {
  await visit(
    `<cache-lane id="a" figures="lost" lanes="5" controls="play crash"></cache-lane><cache-lane id="b" with="a" figures="hits" lanes="5"></cache-lane>`,
    async (page) => {
      await states(page, "a", "the first runs", (s) => s.playing);
      await states(page, "b", "the second follows", (s) => s.time > 0);
      await call(page, "a", "pause");
      await states(page, "a", "the first stands", (s) => !s.playing);
      await call(page, "a", "seek", 12);
      await states(page, "b", "the second is there", (s) => s.time === 12);
      await call(page, "a", "crash");
      await states(page, "a", "the crash in the first", (s) => /fault\.1=/.test(s.hash));
      const fault = (await state(page, "a")).hash.match(/fault\.1=[^&]*/)[0];
      await states(page, "b", "the same crash in the second", (s) => s.hash.includes(fault));
      assert.equal(await page.locator("#b iframe").evaluate((f) => /view\.controls=none/.test(f.src)), true);
      // What is done to the second is done to the clock of both; and what the first forgets, the second does.
      await call(page, "b", "seek", 20);
      await states(page, "a", "both go there", (s) => s.time === 20);
      assert.equal((await state(page, "b")).injected, 1);
      await page.evaluate(() => document.getElementById("a").setAttribute("seed", "9"));
      await states(page, "a", "the first begins anew", (s) => s.hash.includes("seed=9") && s.injected === 0);
      const { faults } = await state(page, "a");
      await states(page, "b", "and the second has its faults", (s) => s.faults === faults && s.injected === 0);
    },
  );
});

test("a figure has the faults of the one that it goes with, whatever each began with; one that goes with nobody goes alone", { timeout: 240_000 }, async () => {
  await visit(
    `<cache-lane id="a" preset="default" figures="lost" lanes="5" controls="play crash"></cache-lane><cache-lane id="b" preset="stale-set-race" with="a" figures="stale"></cache-lane>
     <cache-lane id="c" with="nobody" figures="hits"></cache-lane>`,
    async (page) => {
      await states(page, "a", "the first runs", (s) => s.playing);
      await call(page, "a", "pause");
      await call(page, "a", "crash");
      await states(page, "a", "the crash in the first", (s) => s.injected === 1);
      const { faults } = await state(page, "a");
      assert.match(faults, /^\(\(at:22\.5s,what:cache\.crash,for:3s\),\(at:.*\)\)$/);
      await states(page, "b", "all of them in the second", (s) => s.faults === faults);
      await page.locator("#c").scrollIntoViewIfNeeded();
      await states(page, "c", "the third runs", (s) => s.playing && s.time > 0);
    },
  );
});

test("a task ticks itself off when its reader has done it, and says so", { timeout: 240_000 }, async () => {
  await visit(
    `<cache-lane id="a" preset="default" write="write-back" figures="lost" start="click"></cache-lane>
     <cache-task id="lose" for="a" when="lost > 10, injected >= 1">Lose writes by a crash of your own.</cache-task>
     <cache-task id="keep" for="a" when="lost < 1 and time >= 60">Lose nothing.</cache-task>
     <cache-task id="odd" for="a" when="lost is small">Unclear.</cache-task>
     <cache-task id="other" for="b" when="time > 0">Of another figure.</cache-task>
     <cache-task id="name" for="a" when="losst < 10">A name that is none.</cache-task>
     <cache-task id="unit" for="a" when="lost < 10 ms">A count has no unit.</cache-task>
     <cache-task id="fast" for="a" when="write_p99 < 1s">Latencies in seconds.</cache-task>
     <cache-task id="slow" for="a" when="write_p99 > 1s">They are not that slow.</cache-task>
     <cache-task id="soon" for="a" when="time > 500ms">Time in milliseconds.</cache-task>
     <cache-task id="good" for="a" when="goodput >= 99.9 %">At the end, not on the way.</cache-task>`,
    async (page) => {
      const done = (id) => page.evaluate((id) => document.getElementById(id).done, id);
      await page.waitForFunction(() => customElements.get("cache-task"));
      assert.equal(await page.getByRole("img", { name: "To do" }).count(), 10);
      const notes = (id) => page.locator(`#${id}`).evaluate((t) => t.shadowRoot.querySelector("small").textContent);
      for (const id of ["odd", "name", "unit"]) assert.match(await notes(id), /cannot be read.*Names: time, injected, requests/, id);
      assert.match(await notes("other"), /there is no <cache-lane> with this id/);
      assert.deepEqual([await notes("lose"), await notes("fast")], ["", ""]);
      await call(page, "a", "seek", 14);
      await states(page, "a", "it is there", (s) => s.time >= 14);
      assert.deepEqual([await done("lose"), await done("soon"), await done("good")], [false, true, false]);
      await call(page, "a", "crash");
      await until("the first task is done", () => done("lose"), 60_000);
      assert.equal(await page.getByRole("img", { name: "Done" }).count(), 2);
      assert.match(await page.locator("#lose").evaluate((t) => t.shadowRoot.querySelector("[role=status]").textContent), /^Done: Lose writes/);
      assert.ok(await page.evaluate(() => window.heard.some(([name, id]) => name === "done" && id === "lose")));
      // A run of which the end is known: nothing is lost when everything is flushed at once.
      await call(page, "a", "set", "lane.0", "(read:look-aside,write:write-through)");
      await states(page, "a", "the other strategy", (s) => /write-through/.test(s.hash));
      assert.equal(await done("keep"), false, "not before the end");
      await call(page, "a", "seek", 60);
      await until("the second task is done", () => done("keep"), 60_000);
      for (const id of ["odd", "other", "name", "unit", "slow"]) assert.equal(await done(id), false, id);
      assert.equal(await done("fast"), true);
      // One that comes later is a task, too, and knows what the figure said last.
      await page.evaluate(() => document.body.insertAdjacentHTML("beforeend", `<cache-task id="late" for="a" when="time >= 60">Late.</cache-task>`));
      await until("the late task is done", () => done("late"), 60_000);
    },
  );
});

test("the element needs no inline script or style of its host, and no HTML in texts", { timeout: 180_000 }, async () => {
  const policy = `default-src 'none'; script-src ${new URL(world.site.url).origin} 'unsafe-inline'; frame-src ${new URL(world.site.url).origin}; img-src data:; style-src 'none'; require-trusted-types-for 'script'`;
  await visit(`<cache-lane id="a" figures="lost"></cache-lane>`, (page) => states(page, "a", "it runs", (s) => s.time > 0), {
    head: `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
  });
});
