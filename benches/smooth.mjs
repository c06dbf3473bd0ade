// How long the page's thread is held up: the longest task while five lanes play, and while panels compute on workers of
// their own; and how long a click on "Finish now" takes. For a quiet machine; prints JSON, of milliseconds, of frames of a sixtieth of
// a second, and of seconds.
import { execFileSync } from "node:child_process";

import { launch, open, serve } from "../tests/browser/harness.mjs";
import { finish, moment, until, up } from "../tests/browser/person.mjs";

const FRAME_MS = 1000 / 60;
const [browser, site] = await Promise.all([launch(), serve()]);

/** What a panel computes, from the click to its end, which is something to take home. */
const panel = (region, begin, end) => async (page) => {
  await finish(page);
  const where = page.getByRole("region", { name: region });
  return async () => {
    await where.getByRole("button", { name: begin }).click();
    await where.getByText(end).first().waitFor({ state: "attached", timeout: 120_000 });
  };
};

const JOBS = {
  "five lanes play for 5 s": async (page) => {
    await until("the run goes", async () => (await moment(page)) > 0);
    return () => page.waitForTimeout(5_000);
  },
  "a capacity curve": panel("Capacity curve", "Draw the curve", "The curves are finished."),
  "hidden capacity": panel("Hidden capacity", "Find each lane's capacity", "Download JSON"),
  "a sweep": panel("Sweep", /^Run \d+ cells/, /^\d+ runs finished\.$/),
};

const found = {};
for (const [name, job] of Object.entries(JOBS)) {
  const { page, close } = await open(browser, `${site.url}#v2`, {
    locale: "en-US",
    init: () => {
      window.tasks = [];
      new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ startTime, duration }) => ({ at: startTime, ms: duration })))).observe({ type: "longtask", buffered: true });
    },
  });
  await up(page);
  const work = await job(page);
  const from = await page.evaluate(() => performance.now());
  await work();
  const ms = Math.max(0, ...(await page.evaluate(() => window.tasks)).filter(({ at }) => at >= from).map((task) => task.ms));
  found[name] = { ms, frames: Math.round((10 * ms) / FRAME_MS) / 10 };
  await close();
}
/** “Finish now” from the click to the end of six lanes of 250,000 requests each, and the same run by the command line, in seconds. */
const SIX = "v2&duration=625s&lane.5.name=Six";
const finishes = [];
const natively = [];
for (let round = 0; round < 3; round++) {
  const { page, close } = await open(browser, `${site.url}#${SIX}`, { locale: "en-US" });
  await up(page);
  await until("the run goes", async () => (await moment(page)) > 0);
  const end = page.getByRole("button", { name: "Play again" });
  finishes.push(
    await page.getByRole("button", { name: "Finish now" }).evaluate(async (button) => {
      const begun = performance.now();
      button.click();
      const isOver = () => [...document.querySelectorAll("button")].some((other) => other.textContent.includes("Play again") || other.ariaLabel === "Play again");
      while (!isOver()) await new Promise(requestAnimationFrame);
      return (performance.now() - begun) / 1000;
    }),
  );
  await end.waitFor();
  await close();
  const begun = performance.now();
  execFileSync("target/release/cachelane", ["compare", SIX], { stdio: "ignore" });
  natively.push((performance.now() - begun) / 1000);
}
await browser.close();
await site.close();
console.log(JSON.stringify({ tasks: found, finish_s: Math.min(...finishes), native_s: Math.min(...natively) }, null, 1));
