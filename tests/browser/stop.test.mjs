// Nothing the page is asked to compute takes it away from its reader: it hears every click, says when it takes long, can
// be stopped, and notices a worker that is gone.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";

import { screenshot } from "./harness.mjs";
import { accessible, board, button, controls, digests, finish, link, moment, openPreset, ready, sharedWorld, until, visit } from "./person.mjs";

const world = sharedWorld();

const SHORT = "#v2&fault.count=0&duration=3s";

/**
 * Keeps the page's workers where a test can reach them, and counts the answers they owe: each at most `window.most` at once.
 * The machine seems to have so many processors.
 */
const watched = (processors) => {
  Object.defineProperty(navigator, "hardwareConcurrency", { value: processors });
  [window.workers, window.most] = [[], 0];
  const Real = window.Worker;
  window.Worker = class extends Real {
    constructor(...given) {
      super(...given);
      this.owed = 0;
      this.addEventListener("message", () => this.owed--); // before the page hears it, and asks again
      window.workers.push(this);
    }
    postMessage(...said) {
      // The program and its rest are messages, too, which nobody answers.
      if (!(said[0] instanceof WebAssembly.Module || said[0].rest)) window.most = Math.max(window.most, ++this.owed);
      super.postMessage(...said);
    }
  };
};
const on = (processors) => new Function(`(${watched})(${processors})`);
const claim = (name, hash, does, options = {}) => visit(world, name, hash, does, { init: on(1), ...options });

/** From now on the worker hears nothing: as if it computed for ever. */
const deafen = (page) => page.evaluate(() => {
  window.unheard = 0;
  for (const worker of window.workers) worker.postMessage = () => window.unheard++;
});
/** Waits until the worker was asked something that it does not hear. */
const asked = (page) => until("the worker is asked", () => page.evaluate(() => window.unheard > 0));
const workers = (page) => page.evaluate(() => window.workers.length);
const notice = (page, text) => page.getByRole("main").locator(".notice").filter({ hasText: text });

claim("a worker that does not answer is said to be computing, can be stopped, and runs again", "#v2&fault.count=0", async (page) => {
  await until("the run goes", async () => (await moment(page)) > 10);
  await deafen(page);
  const computing = notice(page, "Still computing");
  await computing.waitFor();
  await screenshot(page, "still-computing");
  await accessible(page);
  const seen = await moment(page);
  await button(computing, "Stop").click();
  await notice(page, "Stopped at").waitFor();
  await computing.waitFor({ state: "detached" });
  await screenshot(page, "stopped");
  await accessible(page);
  assert.equal(await moment(page), seen, "what was seen stays");
  await button(page, "Play").waitFor();
  await button(notice(page, "Stopped at"), "Run it again").click();
  await notice(page, "Stopped at").waitFor({ state: "detached" });
  await until("it goes on from there", async () => (await moment(page)) > seen);
  assert.equal(await workers(page), 2);
  const all = await finish(page);
  await page.reload();
  await ready(page);
  assert.deepEqual(await finish(page), all, "the same run");
});

for (const [what, does, effect] of [
  ["another preset", (page) => openPreset(page, "like-button"), (page) => link(page).then((hash) => hash.includes("like-button"))],
  ["an edit", async (page) => {
    const field = controls(page).getByRole("textbox", { name: "Capacity (entries)" });
    await field.fill("77");
    await field.press("Tab");
  }, (page) => link(page).then((hash) => hash.includes("capacity=77"))],
  ["a link that was typed", (page) => page.evaluate(() => (location.hash = "#v2&preset=redis-down")), (page) => page.locator(".about", { hasText: "The cache is gone for 20 seconds" }).count()],
]) {
  claim(`${what} does not wait for a worker that does not answer`, "#v2", async (page) => {
    await until("the run goes", async () => (await moment(page)) > 10);
    await button(page, "Pause").click();
    await button(page, "Play").waitFor();
    await deafen(page);
    await button(page, "Play").click();
    await button(page, "Pause").waitFor();
    await asked(page);
    await does(page);
    await until("the page follows", () => effect(page), 1_000);
    await until("another worker", async () => (await workers(page)) === 2, 5_000);
    await until("it answers", async () => Object.values(await board(page, "Requests")).every((n) => n > 0), 5_000);
    assert.equal(await page.getByRole("main").locator(".notice").count(), 0, "nothing to tell");
  });
}

claim("restart shows what there was, although the worker does not answer", "#v2", async (page) => {
  await until("the run goes", async () => (await moment(page)) > 10);
  await deafen(page);
  await button(page, "Restart").click();
  await until("it is at the beginning", async () => (await moment(page)) < 5, 1_000);
  await until("and goes on", async () => (await moment(page)) > 5, 10_000);
  assert.equal(await workers(page), 1);
});

claim("pause, step and the lanes' switches are heard while the worker does not answer", "#v2", async (page) => {
  await until("the run goes", async () => (await moment(page)) > 10);
  await deafen(page);
  await notice(page, "Still computing").waitFor();
  await button(page, "Pause").click();
  await button(page, "Play").waitFor({ timeout: 1_000 });
  const first = page.locator(".gutter-name").first();
  const name = await first.textContent();
  await page.keyboard.press("1");
  await until("the lane is hidden", async () => (await first.textContent()) !== name, 1_000);
  await button(page, "한국어").click();
  await page.getByText("아직 계산 중입니다").waitFor({ timeout: 1_000 });
  await screenshot(page, "still-computing-ko");
});

claim("a worker that the browser has ended is missed, told plainly, and replaced", SHORT, async (page) => {
  const all = await finish(page);
  await page.evaluate(() => window.workers.at(-1).terminate());
  const gone = notice(page, "no longer answers");
  await gone.waitFor();
  await screenshot(page, "worker-gone");
  await accessible(page);
  assert.deepEqual(await digests(page), all, "what was shown stays");
  await button(gone, "Run it again").click();
  await gone.waitFor({ state: "detached" });
  assert.deepEqual(await finish(page), all);
});

claim("a worker that traps is told in a sentence first, the details below, and another preset runs", "#v2", async (page) => {
  await until("the run goes", async () => (await moment(page)) > 10);
  await page.evaluate(() => {
    const error = new ErrorEvent("error", { message: "Uncaught RuntimeError: unreachable", cancelable: true });
    window.workers.at(-1).dispatchEvent(error);
  });
  const failed = notice(page, "most likely because memory ran out");
  await failed.waitFor();
  assert.equal(await failed.locator("code").isVisible(), false, "details are folded");
  await screenshot(page, "worker-trap");
  await accessible(page);
  await failed.getByText("Details").click();
  await failed.getByText("unreachable").waitFor();
  await openPreset(page, "like-button");
  await failed.waitFor({ state: "detached" });
  await until("it runs", async () => Object.values(await board(page, "Requests")).every((n) => n > 0));
});

claim("a message that cannot be read ends the worker, not the page", "#v2", async (page) => {
  await until("the run goes", async () => (await moment(page)) > 10);
  await page.evaluate(() => window.workers.at(-1).dispatchEvent(new MessageEvent("messageerror")));
  const failed = notice(page, "stopped with an error");
  await failed.waitFor();
  await button(page, "Play").click();
  await failed.waitFor({ state: "detached" });
  await until("the run goes on", async () => (await moment(page)) > 20);
});

claim("twelve clicks that break something are all in the link, and one message at a time is under way", "#v2&fault.count=0", async (page) => {
  await until("the run goes", async () => (await moment(page)) > 10);
  await page.evaluate(() => {
    const button = [...document.querySelectorAll(".breakers button")].find((b) => b.textContent === "Crash the cache");
    for (let i = 0; i < 12; i++) button.click();
  });
  await until("all in the link", async () => /fault\.11=/.test(await link(page)));
  assert.equal(await page.evaluate(() => window.most), 1, "never two");
});

const THOUSAND = () => {
  const faults = Array.from({ length: 1_000 }, (_, i) => `[[fault]]\nat = "${10 + i * 0.05}s"\nwhat = "cache.crash"\nfor = "10ms"\n`);
  return `name = "a thousand crashes"\nduration = "70s"\n[[lane]]\nwrite = "write-back"\n${faults.join("")}`;
};
const hand = async (page, content) => {
  await button(page, "Share").click();
  await page.getByLabel("Open a scenario file").setInputFiles({ name: "mine.toml", mimeType: "", buffer: Buffer.from(content) });
  await page.getByRole("dialog").waitFor({ state: "detached" });
};

claim("an experiment too large for a link says so, is never an empty link, and is kept as a file", SHORT, async (page) => {
  const before = await link(page);
  await hand(page, THOUSAND());
  const told = notice(page, "too large for a link");
  await told.waitFor();
  assert.match(await told.innerText(), /\d\d,\d{3} bytes, and at most 16,384/);
  assert.equal(await link(page), before, "the address keeps the last one that fits");
  await screenshot(page, "too-large");
  await accessible(page);
  const [download] = await Promise.all([page.waitForEvent("download"), button(told, "Save as a file (TOML)").click()]);
  const saved = await (await import("node:fs/promises")).readFile(await download.path(), "utf8");
  assert.equal(saved.match(/\[\[fault\]\]/g).length, 1_000);
  const all = await finish(page);
  await button(page, "Share").click();
  const dialog = page.getByRole("dialog", { name: "Share" });
  await until("neither a link nor a snippet", async () => (await dialog.getByText("too large for a link").count()) === 2);
  assert.equal(await dialog.getByRole("textbox").count(), 0);
  await screenshot(page, "too-large-share");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await openPreset(page, "like-button");
  await told.waitFor({ state: "detached" });
  await until("the link follows again", async () => (await link(page)) === "#v2&preset=like-button");
  await hand(page, saved);
  await told.waitFor();
  assert.deepEqual(await finish(page), all, "the file brings it back");
  const blocks = () => page.locator(".lanes > .fault").count();
  assert.ok((await blocks()) <= 21, "the page does not put up a thousand faults at once");
  await page.getByRole("heading", { name: "Faults" }).click();
  await button(page, "Show more faults (979 hidden)").click();
  await until("more of them", async () => (await blocks()) === 41);
});

claim("twelve lanes can be told apart without their colours", `${SHORT}${Array.from({ length: 12 }, (_, i) => (i < 5 ? "" : `&lane.${i}=(name:L${i + 1},read:look-aside,write:write-around)`)).join("")}`, async (page) => {
  await finish(page);
  const drawn = await page.locator(".scoreboard tbody svg").evaluateAll((all) =>
    all.map((svg) => {
      const [line, ...marker] = [...svg.children].map((child) => child.outerHTML.replace(/(stroke|fill)="var[^"]*"/g, ""));
      return { dash: line, marker: marker.join(""), colour: svg.innerHTML.match(/--lane-\d/)[0] };
    }),
  );
  assert.equal(drawn.length, 12);
  for (const part of ["dash", "marker"]) assert.equal(new Set(drawn.map((lane) => lane[part])).size, 12, part);
  await page.locator(".figures").scrollIntoViewIfNeeded();
  await screenshot(page, "twelve-lanes");
});

const typed = async (page, name, text) => {
  const field = controls(page).getByRole("textbox", { name, exact: true });
  await field.fill(text);
  await field.press("Tab");
  return field;
};
const complaint = (field) => field.evaluate((f) => document.getElementById(f.getAttribute("aria-describedby")?.split(" ")[0])?.textContent ?? "");

claim("a decimal comma is a decimal comma, and what may mean two numbers is refused with both", SHORT, async (page) => {
  for (const [name, text, in_link] of [
    ["Write ratio", "0,5", /write_ratio=0\.5(&|$)/],
    ["Write ratio", "０．２５", /write_ratio=0\.25(&|$)/],
    ["Requests per second", "1 234", /rate=1234(&|$)/],
    ["Requests per second", "1e3", /rate=1000(&|$)/],
    ["Requests per second", "12,5", /rate=12\.5(&|$)/],
    ["TTL", "0,5 s", /cache\.ttl=500ms(&|$)/],
  ]) {
    const field = await typed(page, name, text);
    await until(`${name}: ${text}`, async () => in_link.test(await link(page)), 5_000);
    assert.equal(await field.getAttribute("aria-invalid"), null);
  }
  const before = await link(page);
  for (const [name, text, told] of [
    ["Requests per second", "1,000", /1000 or as 1\.000/],
    ["Capacity (entries)", "0,5", /0\.5: .*a number of entries from 1 to/],
    ["Write ratio", "½", /½/],
    ["TTL", "1,000ms", /1000ms or as 1\.000ms/],
  ]) {
    const field = await typed(page, name, text);
    await until(`${name}: ${text}`, async () => told.test(await complaint(field)), 5_000).catch(async () => assert.fail(await complaint(field)));
    assert.equal(await field.inputValue(), text, "it stays as it was typed");
    assert.equal(await link(page), before);
  }
});

claim("a lane's name cannot turn the text around it", `${SHORT}&lane.0.name=${encodeURIComponent("safe\u202elanif")}`, async (page) => {
  await finish(page);
  const text = await page.locator("main").evaluate((main) => main.textContent);
  assert.ok(!text.includes("\u202e") && text.includes("safe\\u{202e}lanif"));
});

/** A file of one key per line that takes seconds to read, and shrinks to little: the same lines over and over. */
const large = () => gzipSync(Buffer.from("key:1\nkey:2\nkey:3\n".repeat(5_000_000)), { level: 1 });
const open_trace = (page, name, buffer) => controls(page).getByLabel("Replay a trace").setInputFiles({ name, mimeType: "", buffer });

claim("reading a trace shows how far it is, and can be cancelled while all else goes on", "#v1&fault.count=0", async (page) => {
  await until("the run goes", async () => (await moment(page)) > 10);
  const before = [await link(page), await page.getByText("One key per line").innerText()];
  for (const cancel of [(where) => button(where, "Cancel reading").click(), () => page.keyboard.press("Escape")]) {
    await open_trace(page, "large.txt.gz", large());
    const reading = controls(page).getByRole("progressbar", { name: "Reading large.txt.gz" });
    await until("it goes on", async () => (await reading.evaluate((bar) => bar.value)) > 3);
    const seen = await moment(page);
    await until("and so does the run", async () => (await moment(page)) > seen);
    await screenshot(page, "trace-reading");
    await cancel(controls(page));
    await reading.waitFor({ state: "detached", timeout: 1_000 });
    await until("nothing has changed", async () => (await page.getByText("One key per line").innerText()) === before[1]);
    assert.equal(await link(page), before[0]);
  }
  await until("the run goes on", async () => (await moment(page)) > 20);
  assert.equal(await page.evaluate(() => [window.workers.length, window.most].join()), "1,1", "one worker, one message at a time");
  await open_trace(page, "small.txt", Buffer.from("a\nb\na\n"));
  await page.getByText("small.txt: 3 requests, 2 keys").waitFor();
});

claim("a new worker is given the trace in use again, and a run shorter than its trace says so", "#v1&fault.count=0&duration=2s", async (page) => {
  await open_trace(page, "keys.txt", Buffer.from("a\nb\na\nc\n".repeat(1_000)));
  await page.getByText("keys.txt: 4,000 requests, 3 keys").waitFor();
  const all = await finish(page);
  await page.getByText(/The run ends after [\d,]+ of the 4,000 requests of the trace/).waitFor();
  await page.evaluate(() => window.workers.at(-1).dispatchEvent(new ErrorEvent("error", { message: "gone", cancelable: true })));
  await button(notice(page, "stopped with an error"), "Run it again").click();
  await until("another worker", async () => (await workers(page)) === 2);
  assert.deepEqual(await finish(page), all);
});

claim("what the worker refuses is a notice that loses nothing: a fault, an edit", "#v1&fault.count=0", async (page) => {
  await until("the run goes", async () => (await moment(page)) > 10);
  // The menu offers nothing that would be refused.
  const faults = page.getByRole("combobox", { name: "Fault", exact: true });
  assert.equal(await faults.locator("option[value='replica.crash']").count(), 0);
  await faults.evaluate((menu) => {
    menu.add(new Option("replica crash", "replica.crash"));
    menu.value = "replica.crash";
  });
  await button(page, "Inject").click();
  await notice(page, "replica").waitFor();
  const seen = await moment(page);
  await until("the run goes on", async () => (await moment(page)) > seen);
  assert.doesNotMatch((await link(page)).replace("fault.count=0", ""), /fault/);
  await button(page, "Close").click();
  await open_trace(page, "keys.txt", Buffer.from("a\nb\na\nc\n".repeat(1_000)));
  await page.getByText("keys.txt: 4,000 requests, 3 keys").waitFor();
  const all = await finish(page);
  const before = await link(page);
  const arrivals = controls(page).getByRole("combobox", { name: "Arrivals" });
  await arrivals.selectOption("trace"); // which says no times
  await notice(page, "does not say when its requests came").waitFor();
  assert.deepEqual(await digests(page), all, "what was shown stays");
  await until("the link as before", async () => (await link(page)) === before);
  assert.equal(await arrivals.inputValue(), "trace", "the control keeps what was chosen");
  await button(page, "Close").click();
  await page.getByText("still running the last valid scenario").waitFor();
  await button(page, "Play again").click();
  assert.deepEqual(await finish(page), all, "and runs again");
});

claim("several workers run what one would, and stop as one", SHORT, async (page) => {
  const all = await finish(page);
  assert.equal(await workers(page), 3);
  assert.equal(await page.evaluate(() => window.most), 1, "each hears one message at a time");
  // One of them has gone: it is missed like a single one.
  await page.evaluate(() => window.workers.at(-1).terminate());
  const gone = notice(page, "no longer answers");
  await gone.waitFor();
  await button(gone, "Run it again").click();
  await gone.waitFor({ state: "detached" });
  assert.deepEqual(await finish(page), all);
  assert.equal(await workers(page), 6, "all are replaced");
}, { init: on(3) });

claim("a fault that is clicked strikes the lanes of all workers at the same moment", "#v2&fault.count=0&duration=20s", async (page) => {
  await until("the run goes", async () => (await moment(page)) > 100);
  await button(page, "Crash the cache").click();
  const all = await finish(page);
  await until("the link", async () => /fault\.0/.test(await link(page)));
  await page.reload();
  await ready(page);
  assert.deepEqual(await finish(page), all, "the same run from its link");
}, { init: on(3) });
