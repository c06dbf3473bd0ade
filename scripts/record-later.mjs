// Writes down what each program's first moving figure does without (scripts/later/), by which scripts/split.mjs splits it: builds
// programs that count what is called and reached (into target/counted), and opens what readers open first. To be run when the sizes have
// grown (tests/browser/size.test.mjs), or the rest is asked for too early (tests/browser/rest.test.mjs).
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { launch, open, serve } from "../tests/browser/harness.mjs";
import { seesMoments } from "../tests/browser/person.mjs";
import { markOf } from "./outline.mjs";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const COUNTED = `${ROOT}target/counted/`;
const ENGLISH = { locale: "en-US" };
const KOREAN = { locale: "ko-KR", colorScheme: "dark", viewport: { width: 390, height: 844 } };
/** How much slower than this a machine is: what meets, and is drawn how often, is not the same on all. The first sights are seen so. */
const SLOWER = { rate: 4, sights: 5 };
/** Those with a file; scripts/start.js has the others wait for the rest. */
const PRESETS = readdirSync(`${ROOT}src/base/scenario/presets`).filter((name) => name.endsWith(".toml")).map((name) => name.slice(0, -5));
/** What a program is opened with before anything else, as a rule: addresses, figures of articles, and their readers. */
const SIGHTS = {
  page: [["", ENGLISH], ["", KOREAN], ["#v2&seed=9&cache.ttl=5s&lane.4.write.every=2s", ENGLISH], ["#v2&seed=2", KOREAN], ["#v2&seed=3", ENGLISH], ...PRESETS.map((preset) => [`#v2&preset=${preset}`, ENGLISH])],
  figure: [
    ["<cache-lane></cache-lane>", ENGLISH],
    ['<cache-lane controls="play,crash"></cache-lane>', KOREAN],
    ['<cache-lane write="write-through write-back" cache.ttl="5s" seed="9" figures="latency lost"></cache-lane>', ENGLISH],
    ["<cache-lane></cache-lane>", ENGLISH], // on a dark ground
    ['<cache-lane seed="2"></cache-lane>', KOREAN],
    ...PRESETS.map((preset) => [`<cache-lane preset="${preset}" figures="latency,hits"></cache-lane>`, ENGLISH]),
  ],
};

/** What stands in the first part in any case: what Yew calls when it is to draw a thing twice, which no record meets for certain,
 *  and what says that the program has failed, which must not wait for anything. */
const ALWAYS = /yew(\[\w+\])?::scheduler|drop_in_place::<yew|panick|panic_hook|unwrap_failed|expect_failed|alloc_error|handle_error/;

/** Every function of the program that runs there, and whether it was called; every place in one, and whether it was reached. */
const counts = () => Object.entries(globalThis.cachelaneCalled ?? {}).filter(([name]) => /^(called|reached) /.test(name)).map(([name, { value }]) => [name, value]);

if (!process.argv.includes("--built")) {
  execFileSync("trunk", ["build", "--dist", COUNTED], { cwd: ROOT, stdio: "inherit", env: { ...process.env, CACHELANE_COUNT: "1" } });
}
// The page's thread differs a little in Firefox. Where `make check-firefox` has been, it is asked, too.
const puppeteer = await import(`${ROOT}target/firefox/node_modules/puppeteer-core/lib/esm/puppeteer/puppeteer-core.js`).catch(() => null);
const firefox = await puppeteer?.default.launch({ browser: "firefox", executablePath: process.env.FIREFOX ?? "/usr/bin/firefox", headless: true });
const [browser, site] = await Promise.all([launch(), serve({ root: COUNTED })]);
const articles = await serve({ pages: Object.fromEntries(SIGHTS.figure.map(([figure], i) => [`/${i}.html`, `<!doctype html><html lang="en"><script type="module" src="${site.url}embed.js"></script><style>body { ${i % 2 ? "background: #111; color: #eee" : "max-width: 700px"} }</style>${figure}<div style="height: 5000px">`])) });
// One of them, where its name is given.
const wanted = Object.entries(SIGHTS).filter(([program]) => !process.argv.some((given) => Object.hasOwn(SIGHTS, given)) || process.argv.includes(program));
for (const [program, sights] of wanted) {
  const [all, called, owners] = [new Set(), new Set(), new Map()];
  const note = (said) => {
    for (const [variable, count] of said) {
      const [, what, name] = /^(called|reached) (.*)/s.exec(variable);
      const [mark, owner] = what === "called" ? [markOf(name)] : name.split(" ");
      all.add(mark);
      if (owner) owners.set(mark, (owners.get(mark) ?? new Set()).add(owner));
      if (count || (what === "called" && ALWAYS.test(name))) called.add(mark);
    }
  };
  for (const [i, sight, reader, rate] of sights.flatMap(([sight, reader], i) => [1, SLOWER.rate].slice(0, i < SLOWER.sights ? 2 : 1).map((rate) => [i, sight, reader, rate]))) {
    const { page, problems, close } = await open(browser, "about:blank", reader);
    await (await page.context().newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate });
    await page.addInitScript(() => Object.defineProperty(globalThis, "cachelaneIsPart", { get: () => true, set() {} }));
    await page.goto(program === "page" ? site.url + sight : `${articles.url}${i}.html`);
    const frame = () => page.frames().at(-1);
    // For as long as the rest takes on a slow line.
    await seesMoments(`${program} ${sight} moves`, frame, 50, 120_000);
    // Out of sight it is held, and goes on when it is seen again.
    for (const y of [5_000, 0]) {
      await page.evaluate((y) => scrollTo(0, y), y);
      await new Promise((done) => setTimeout(done, 1_000));
    }
    for (const place of [frame(), ...page.workers()]) note(await place.evaluate(counts));
    console.log(`${program} ${sight}: ${called.size} of ${all.size} functions and places called so far`, ...problems);
    await close();
  }
  for (const i of firefox ? sights.slice(0, SLOWER.sights).keys() : []) {
    const page = await firefox.newPage();
    await page.evaluateOnNewDocument(() => Object.defineProperty(globalThis, "cachelaneIsPart", { get: () => true, set() {} }));
    await page.goto(program === "page" ? site.url + sights[i][0] : `${articles.url}${i}.html`);
    const frame = () => page.frames().at(-1);
    await seesMoments(`${program} ${sights[i][0]} moves in Firefox`, frame, 50, 120_000);
    note(await frame().evaluate(counts));
    console.log(`${program} ${sights[i][0]} in Firefox: ${called.size} of ${all.size} functions and places called so far`);
    await page.close();
  }
  // Of places, those in something that was called or reached.
  const later = [...all].filter((mark) => !called.has(mark) && [...(owners.get(mark) ?? [])].every((owner) => called.has(owner))).sort();
  writeFileSync(`${ROOT}scripts/later/${program}.txt`, `${later.join("\n")}\n`);
}
await Promise.all([browser.close(), firefox?.close()]);
await Promise.all([site, articles].map((server) => server.close()));
