// The golden table, checked natively by tests/golden.rs, holds in the browser's worker too.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { finish, sharedWorld, until, visit } from "./person.mjs";

const golden = JSON.parse(readFileSync(new URL("../data/golden.json", import.meta.url)));

const world = sharedWorld();

const first = JSON.parse(readFileSync(new URL("../data/golden_v1.json", import.meta.url)));

visit(world, "a link of version 1 runs as it did in its day, and the address is one of the current version then", "#v1&preset=flush-race", async (page) => {
  assert.deepEqual(await finish(page), first.presets["flush-race"]);
  const link = await until("the address", async () => {
    const hash = await page.evaluate(() => location.hash);
    return hash.startsWith("#v2&") && hash;
  });
  assert.match(link, /database\.reads=locking/);
});

for (const [preset, lanes] of Object.entries({ ...golden.presets, ...golden.twitter })) {
  visit(world, `${preset} has the digests of the golden table`, `#v2&preset=${preset}`, async (page) => {
    assert.deepEqual(await finish(page), lanes);
    const engine = await page.getByRole("region", { name: "See the very same again" }).innerText();
    assert.match(engine, new RegExp(`Engine ${golden.engine}\\b`));
  });
}
