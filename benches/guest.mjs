// What figures cost the article that they stand in: eight of them on a page of another origin, and one on a slow phone. For a
// quiet machine; prints JSON. dist/ is served as a host with files compressed beforehand does (docs/hosting.md), the article's
// posters, of `cachelane poster`, too.
//
// The phone: 1.6 Mbit/s shared by all answers, 150 ms before each, and a page thread four times slower; Chromium slows no
// workers. Memory is the proportional set size of all of Chromium's processes, less that of the article without figures.
import { execFileSync } from "node:child_process";
import { readFile, readdir, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

import { DIST, launch, open } from "../tests/browser/harness.mjs";
import { until } from "../tests/browser/person.mjs";

const MIME = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml", ".wasm": "application/wasm" };
const PRESETS = ["default", "stale-set-race", "dual-write", "flush-race", "redis-down", "never-comes-back", "thundering-herd", "failover"];
const PIECE = 4_096;
const PROGRAM = fileURLToPath(new URL("../target/release/cachelane", import.meta.url));
const POSTERS = Object.fromEntries(PRESETS.map((preset) => [`/${preset}.svg`, execFileSync(PROGRAM, ["poster", preset])]));

/** Serves dist/ and pages, and counts what it has `sent`; with a `rate` in bytes a second all answers share it, and each waits `delay` ms before. */
async function serve(pages, sent, { rate = Infinity, delay = 0 } = {}) {
  const given = new Map(Object.entries(pages).map(([path, text]) => [path, brotliCompressSync(text)]));
  let free = 0; // when the line is free again
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://localhost").pathname.replace(/\/$/, "/index.html");
    const [found, type] = [given.get(path), MIME[extname(path)] ?? "application/octet-stream"];
    const file = join(DIST, path);
    const squeezed = found || (await stat(`${file}.br`).catch(() => null));
    const body = found ?? (await readFile(squeezed ? `${file}.br` : file).catch(() => null));
    if (!body) return response.writeHead(404).end();
    sent.requests += 1;
    sent.bytes += body.length;
    const lasts = /-[0-9a-f]{16}/.test(path) ? "max-age=31536000, immutable" : "max-age=60"; // a name with a hash is for ever
    response.writeHead(200, { "Cache-Control": lasts, "Content-Type": type, "Access-Control-Allow-Origin": "*", ...(squeezed ? { "Content-Encoding": "br" } : {}) });
    if (rate === Infinity) return response.end(body);
    await new Promise((done) => setTimeout(done, delay));
    for (let at = 0; at < body.length; at += PIECE) {
      free = Math.max(free, performance.now()) + (1_000 * Math.min(PIECE, body.length - at)) / rate;
      await new Promise((done) => setTimeout(done, free - performance.now()));
      response.write(body.subarray(at, at + PIECE));
    }
    response.end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  return { url: `http://127.0.0.1:${server.address().port}/` };
}

const article = (simulator, presets) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>post</title><link rel="icon" href="data:,">
<style>body { max-width: 700px; margin: 0 auto } p { height: 300px }</style>
<script type="module" src="${simulator.url}embed.js"></script>
${presets.map((preset) => `<p>About ${preset}.</p><cache-lane preset="${preset}"><img alt="" width="700" src="${preset}.svg" loading="lazy"></cache-lane>`).join("\n")}<p>The end.</p>`;

/** In the page: when something was first painted, the long tasks, and when each figure lived. */
function watch() {
  window.seen = { tasks: [], painted: 0, lived: [] };
  const on = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  on("longtask", (task) => window.seen.tasks.push(task.duration));
  on("largest-contentful-paint", (paint) => (window.seen.painted = paint.startTime));
  const number = (lane) => [...document.querySelectorAll("cache-lane")].indexOf(lane);
  document.addEventListener("cachelane-ready", ({ target }) => (window.seen.lived[number(target)] ??= performance.now()));
}

/** The proportional set size of Chromium and all that it has started, in MB. */
async function memory() {
  const of = async (pid, name) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");
  const all = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const sizes = await Promise.all(all.map(async (pid) => {
    const isOurs = (await of(pid, "cmdline")).includes("chrom");
    return isOurs ? Number(/^Pss:\s+(\d+)/m.exec(await of(pid, "smaps_rollup"))?.[1] ?? 0) : 0;
  }));
  return sizes.reduce((sum, size) => sum + size, 0) / 1_024;
}

const seen = (page) => page.evaluate(() => window.seen);

/** Scrolls to the end in four seconds; the times between frames. */
const scroll = (page) => page.evaluate(() => new Promise((done) => {
  const [from, gaps, end] = [performance.now(), [], document.body.scrollHeight - innerHeight];
  let before = from;
  const step = (now) => {
    gaps.push(now - before);
    before = now;
    scrollTo(0, (end * Math.min(1, (now - from) / 4_000)));
    if (now - from < 4_000) requestAnimationFrame(step);
    else done(gaps);
  };
  requestAnimationFrame(step);
}));

/** Nothing is measured of what went wrong; but a figure that is put away drops what it was loading. */
function refuse(problems) {
  const told = problems.filter((problem) => !problem.endsWith("net::ERR_ABORTED"));
  if (told.length > 0) throw new Error(told.join("\n"));
}

async function eight(browser) {
  const sent = { bytes: 0, requests: 0 };
  const simulator = await serve({}, sent);
  const blog = await serve({ ...POSTERS, "/post.html": article(simulator, PRESETS), "/empty.html": article(simulator, []) }, sent);
  const empty = await open(browser, `${blog.url}empty.html`, { locale: "en-US" });
  const before = await memory();
  await empty.close();
  sent.bytes = sent.requests = 0;
  const { page, problems, close } = await open(browser, `${blog.url}post.html`, { locale: "en-US", init: watch });
  await until("the first figure lives", async () => (await seen(page)).lived[0], 60_000);
  const [first, firstBytes] = [await seen(page), sent.bytes];
  const gaps = await scroll(page);
  for (let i = 0; i < PRESETS.length; i += 1) {
    await page.locator("cache-lane").nth(i).scrollIntoViewIfNeeded();
    await until(`figure ${i + 1} lives`, async () => (await seen(page)).lived[i], 60_000);
  }
  const found = {
    painted_ms: first.painted, first_alive_ms: first.lived[0], first_kb: firstBytes / 1_024, all_kb: sent.bytes / 1_024,
    requests: sent.requests, memory_mb: (await memory()) - before, longest_task_ms: Math.max(0, ...(await seen(page)).tasks),
    frames: gaps.length, late_frames: gaps.filter((gap) => gap > 50).length,
  };
  await close();
  refuse(problems);
  return found;
}

async function phone(browser) {
  const [sent, line] = [{ bytes: 0, requests: 0 }, { rate: 200_000, delay: 150 }];
  const simulator = await serve({}, sent, line);
  const blog = await serve({ ...POSTERS, "/post.html": article(simulator, ["default"]).replace("height: 300px", "") }, sent, line);
  const { page, problems, close } = await open(browser, "about:blank", { locale: "en-US", viewport: { width: 390, height: 844 }, init: watch });
  await (await page.context().newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await page.goto(`${blog.url}post.html`);
  await until("the figure lives", async () => (await seen(page)).lived[0], 60_000);
  const { painted, lived } = await seen(page);
  await close();
  refuse(problems);
  return { painted_ms: painted, first_alive_ms: lived[0], first_kb: sent.bytes / 1_024 };
}

const browser = await launch();
const found = { eight: await eight(browser), phone: await phone(browser) };
await browser.close();
console.log(JSON.stringify(found, null, 1));
