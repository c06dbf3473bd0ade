// Writes down what each program's first moving figure does without (scripts/later/), by which scripts/split.mjs splits it: builds
// programs that count what is called (into target/counted), and opens what readers open first. To be run when the sizes have
// grown (tests/browser/size.test.mjs), or the rest is asked for too early (tests/browser/rest.test.mjs).
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { launch, open, serve } from "../tests/browser/harness.mjs";
import { until } from "../tests/browser/person.mjs";
import { markOf } from "./split.mjs";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const COUNTED = `${ROOT}target/counted/`;
const ENGLISH = { locale: "en-US" };
const KOREAN = { locale: "ko-KR", colorScheme: "dark", viewport: { width: 390, height: 844 } };
/** What a program is opened with before anything else, as a rule: addresses and readers. */
const SIGHTS = {
  page: [["", ENGLISH], ["", KOREAN], ["#v2&preset=redis-down", ENGLISH]],
  figure: [
    ["#v2&view.embed=latency,lost", ENGLISH],
    ["#v2&view.embed=latency,lost&view.controls=play,crash", KOREAN],
    ...["redis-down", "stale-set-race", "flush-race", "thundering-herd"].map((preset) => [`#v2&preset=${preset}&view.embed=latency,hits`, ENGLISH]),
  ],
};

/** Every function of the program that runs there, and whether it was called. */
const counts = () => Object.entries(globalThis.cachelaneCalled ?? {}).filter(([name]) => name.startsWith("called ")).map(([name, { value }]) => [name.slice(7), value]);

if (!process.argv.includes("--built")) {
  execFileSync("trunk", ["build", "--dist", COUNTED], { cwd: ROOT, stdio: "inherit", env: { ...process.env, CACHELANE_COUNT: "1" } });
}
const [browser, site] = await Promise.all([launch(), serve({ root: COUNTED })]);
for (const [program, sights] of Object.entries(SIGHTS)) {
  const [all, called] = [new Set(), new Set()];
  for (const [hash, reader] of sights) {
    const { page, problems, close } = await open(browser, site.url + hash, reader);
    const time = () => page.evaluate(() => Number(/^([\d.]+) ?(s|초) \//m.exec(document.body.innerText)?.[1] ?? 0));
    // For as long as the rest takes on a slow line.
    await until(`${program} ${hash} moves`, async () => (await time()) > 12, 120_000);
    for (const place of [page, ...page.workers()]) {
      for (const [name, times] of await place.evaluate(counts)) {
        all.add(markOf(name));
        if (times) called.add(markOf(name));
      }
    }
    console.log(`${program} ${hash}: ${called.size} of ${all.size} functions called so far`, ...problems);
    await close();
  }
  const later = [...all].filter((mark) => !called.has(mark)).sort();
  writeFileSync(`${ROOT}scripts/later/${program}.txt`, `${later.join("\n")}\n`);
}
await browser.close();
await site.close();
