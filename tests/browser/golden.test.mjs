// The golden table, checked natively by tests/golden.rs, holds in the browser's worker too.
//
// One page for all: each preset is opened by its link in the page that has just finished the one before, as a reader
// does who goes from preset to preset. So it is also shown that nothing of an experiment is left over for the next.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { button, finish, sharedWorld, until, visit } from "./person.mjs";

const golden = JSON.parse(readFileSync(new URL("../data/golden.json", import.meta.url)));

const first = JSON.parse(readFileSync(new URL("../data/golden_v1.json", import.meta.url)));

const world = sharedWorld();

visit(world, "a link of version 1 runs as it did in its day, and what follows from it is one of the current version", "#v1&preset=flush-race", async (page) => {
  assert.deepEqual(await finish(page), first.presets["flush-race"]);
  await button(page, "한국어").click();
  const link = await until("the address", async () => {
    const hash = await page.evaluate(() => location.hash);
    return hash.startsWith("#v2&") && hash;
  });
  assert.match(link, /database\.reads=locking/);
});

/** The digests of every preset of `table`, each run to its end in the same page. */
async function digestsOf(page, table) {
  const found = {};
  for (const preset of Object.keys(table)) {
    await page.evaluate((hash) => { location.hash = hash; }, `#v2&preset=${preset}`);
    await until(`${preset} to begin`, async () => !(await button(page, "Play again").isVisible()));
    found[preset] = await finish(page);
    assert.equal(await page.getByRole("alert").count(), 0, `${preset} is told as it is`);
  }
  return found;
}

/** Of Twitter's caches, which are made alike, some of each kind; all are checked natively. */
const some = Object.fromEntries(Object.entries(golden.twitter).filter(([name]) => name.endsWith("1")));

for (const [name, table] of [["the presets", golden.presets], ["some of Twitter's caches", some]]) {
  // A page opens with the preset `default`, and a link to it would change nothing: it is begun with another.
  const options = { timeout: 600_000 };
  visit(world, `${name} have the digests of the golden table`, "#v2&preset=redis-down&seed=99", async (page) => {
    await finish(page);
    assert.deepEqual(await digestsOf(page, table), table);
    const engine = await page.getByRole("region", { name: "Reproduce this run" }).innerText();
    assert.match(engine, new RegExp(`Engine ${golden.engine}\\b`));
  }, options);
}
