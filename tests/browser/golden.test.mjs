// The golden table, checked natively by tests/golden.rs, holds in the browser's worker too.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before } from "node:test";

import { launch, serve } from "./harness.mjs";
import { finish, visit } from "./person.mjs";

const golden = JSON.parse(readFileSync(new URL("../data/golden.json", import.meta.url)));

const world = {};
before(async () => {
  [world.browser, world.site] = await Promise.all([launch(), serve()]);
});
after(async () => {
  await world.browser?.close();
  await world.site?.close();
});

for (const [preset, lanes] of Object.entries(golden.presets)) {
  visit(world, `${preset} has the digests of the golden table`, `#v1&preset=${preset}`, async (page) => {
    assert.deepEqual(await finish(page), lanes);
    const engine = await page.getByRole("region", { name: "See the very same again" }).innerText();
    assert.match(engine, new RegExp(`Engine ${golden.engine}\\b`));
  });
}
