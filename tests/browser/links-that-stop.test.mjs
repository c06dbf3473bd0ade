// Links that pass the check and yet once stopped the page for good (../shared/cases/links-that-stop.txt), and others like
// them: worlds that are as large as a world may be, in each of its parts. The page stays usable: Finish, then Pause, another
// preset, an edit: each acts within a second. Too large a world is refused with the field and an estimate in bytes.
import assert from "node:assert/strict";
import { test } from "node:test";

import { open } from "./harness.mjs";
import { board, button, controls, link, openPreset, sharedWorld, until } from "./person.mjs";

const world = sharedWorld();

const LINKS = {
  // Those of the file.
  "leases that outlive their wait": "fault.count=0&lane.count=1&lane.0=(read:look-aside(leases:wait),write:write-around)&clients.keys=uniform(count:1)&clients.write_ratio=0&clients.arrivals=poisson(rate:500)&database.read=15s&duration=20s",
  "rows of one key that do not coalesce": "fault.count=0&lane.count=1&lane.0=(read:look-aside,write:write-back(every:10s,batch:1000000,coalesce:false))&clients.keys=uniform(count:1)&clients.write_ratio=1&clients.arrivals=poisson(rate:20000)&duration=25s&cache.command=1us",
  "users who come back at once": "fault.count=1&fault.0=(at:1s,what:app.crash,which:0,for:19s)&app.servers=1&app.work=10s&clients.arrivals=closed(users:100000,think:0s)&duration=20s&lane.count=2",
  "sixty-four shards of ten million keys": "fault.count=0&clients.keys=uniform(count:10000000)&cache.shards=64&clients.arrivals=poisson(rate:20000)&cache.command=1us&cache.capacity=100000&clients.write_ratio=0.01",
  // As large as a world may be, each in another part.
  "OPT is told twenty million requests": "fault.count=0&cache.eviction=opt&clients.arrivals=poisson(rate:100000)&duration=190s&clients.write_ratio=0&clients.keys=uniform(count:1000000)&lane.count=2&lane.0=(read:look-aside,write:write-around)&lane.1=(read:look-aside,write:write-around)",
  "ten million keys are warmed up": "fault.count=0&lane.count=1&lane.0=(read:look-aside(warm_up:10000000),write:write-around)&clients.keys=uniform(count:10000000)&cache.capacity=10000000&duration=60s",
  "a million requests a second of ten million keys": "fault.count=0&clients.keys=zipf(count:10000000,alpha:0.9)&clients.arrivals=poisson(rate:1000000)&duration=90s&lane.count=1&clients.write_ratio=0&cache.command=0s&network.client_app=0s&network.app_cache=0s&app.work=0s",
  "a burst of fifty million": "fault.count=0&lane.count=1&clients.arrivals=bursts(rate:1000000,on:50s,off:10s)&duration=60s&database.queue=10000000&app.database_timeout=none&app.cache_timeout=none",
  "retries without a pause": "fault.count=1&fault.0=(at:1s,what:database.outage,for:50s)&app.retries=100&app.backoff=0s&clients.arrivals=poisson(rate:5000)&duration=60s&lane.count=3&network.app_database=0s",
  "a frozen cache with ten million waiting": "lane.count=1&fault.count=1&fault.0=(at:1s,what:cache.freeze,for:90s)&clients.arrivals=poisson(rate:100000)&duration=100s&app.cache_timeout=none",
};

const refused = (page) => page.getByRole("heading", { name: "This link cannot be opened" });
const playable = (page) => button(page, "Finish now");

/** Opens the link, and hurries to its end; false where it is refused instead. */
async function hurry(page, hash) {
  await page.goto(`${world.site.url}?again=${Math.random()}${hash}`);
  await until("the page", async () => (await refused(page).isVisible()) || (await playable(page).isVisible()));
  if (await refused(page).isVisible()) return false;
  await controls(page).getByRole("heading", { name: "Run" }).waitFor();
  await playable(page).click();
  await button(page, "Pause").waitFor();
  return true;
}

/** How long an act takes to have its effect, in milliseconds. */
async function timed(what, act, effect) {
  const start = Date.now();
  await act();
  await until(what, effect, 20_000);
  return Date.now() - start;
}

async function act(page, hash) {
  const took = {};
  await hurry(page, hash);
  took.pause = await timed("it pauses", () => button(page, "Pause").click(), () => button(page, "Play").isVisible());
  await hurry(page, hash);
  const runs = () => board(page, "Requests").then((all) => Object.keys(all).length === 3 && Object.values(all).every((n) => n > 0), () => false);
  took.preset = await timed("another preset runs", () => openPreset(page, "like-button"), runs);
  await hurry(page, hash);
  await controls(page).getByRole("heading", { name: "Run" }).click();
  const seed = controls(page).getByRole("textbox", { name: "Seed" });
  took.edit = await timed("an edit", async () => {
    await seed.fill("99");
    await seed.press("Tab");
  }, async () => /seed=99/.test(await link(page)));
  return took;
}

for (const [name, pairs] of Object.entries(LINKS)) {
  test(`the page stays usable: ${name}`, { timeout: 240_000 }, async (t) => {
    const hash = `#v1&preset=default&${pairs}`;
    const { page, problems, close } = await open(world.browser, "about:blank", { locale: "en-US" });
    try {
      page.setDefaultTimeout(30_000);
      if (!(await hurry(page, hash))) {
        const told = await page.getByRole("alert").getByRole("listitem").allInnerTexts();
        t.diagnostic(told.join(" "));
        assert.match(told.join(), /(clients|cache|lane|app|database|fault)\.[\w.]+ .*(of memory|can be simulated)/, "which field, and how much");
        return;
      }
      // Each is meant to act within a second, and the figures say whether it does. What this catches is a page that hears
      // nothing: then it takes as long as the world.
      const took = await act(page, hash);
      t.diagnostic(JSON.stringify(took));
      for (const [what, ms] of Object.entries(took)) assert.ok(ms <= 5_000, `${what}: ${ms} ms`);
      assert.deepEqual(problems, []);
    } finally {
      await close();
    }
  });
}
