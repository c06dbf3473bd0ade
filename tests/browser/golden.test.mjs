// The golden table, checked natively by tests/golden.rs, holds in the browser's worker too.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { finish, sharedWorld, visit } from "./person.mjs";

const golden = JSON.parse(readFileSync(new URL("../data/golden.json", import.meta.url)));

const world = sharedWorld();

for (const [preset, lanes] of Object.entries({ ...golden.presets, ...golden.twitter })) {
  visit(world, `${preset} has the digests of the golden table`, `#v2&preset=${preset}`, async (page) => {
    assert.deepEqual(await finish(page), lanes);
    const engine = await page.getByRole("region", { name: "See the very same again" }).innerText();
    assert.match(engine, new RegExp(`Engine ${golden.engine}\\b`));
  });
}
