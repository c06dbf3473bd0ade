// The npm package: what `npm pack` puts into it, unpacked on a site of its own, shows a figure.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

import { launch, open, serve } from "./harness.mjs";
import { until } from "./person.mjs";

test("the package holds the element, its types, the simulator and the licences, and works where it is unpacked", { timeout: 180_000 }, async () => {
  const packed = execFileSync(fileURLToPath(new URL("../../scripts/pack-embed", import.meta.url)), { encoding: "utf8" }).trim().split("\n").at(-1);
  const folder = mkdtempSync(join(tmpdir(), "cachelane-package-"));
  try {
    execFileSync("tar", ["-xzf", packed, "-C", folder]);
    const inside = (name) => join(folder, "package", name);
    for (const name of ["package.json", "README.md", "LICENSE", ...["embed.js", "embed.d.ts", "cache-task.js", "refusal.js", "boot.js", "index.html", "hosting.html", "LICENSE.txt", "third-party.txt"].map((file) => `dist/${file}`)]) {
      assert.ok(existsSync(inside(name)), name);
    }
    const { exports } = JSON.parse(readFileSync(inside("package.json"), "utf8"));
    for (const path of Object.values(exports["."])) assert.ok(existsSync(inside(path)), path);
    assert.match(readFileSync(inside("dist/third-party.txt"), "utf8"), /^yew v[\d.]+: .*MIT/m);
    assert.doesNotMatch(readFileSync(inside("dist/index.html"), "utf8"), /<script[^>]*>[^<]/, "no inline script");
    // Where pages are put together on a server it can be imported, and does nothing.
    execFileSync(process.execPath, ["--input-type=module", "-e", `await import(${JSON.stringify(inside("dist/embed.js"))})`]);
    const [browser, site] = await Promise.all([launch(), serve({ root: inside("dist/"), base: "/vendor/cachelane/" })]);
    const blog = await serve({ pages: { "/post.html": `<!doctype html><title>post</title><link rel="icon" href="data:,"><script type="module" src="${site.url}embed.js"></script><cache-lane figures="lost"></cache-lane>` } });
    const { page, problems, close } = await open(browser, `${blog.url}post.html`, { locale: "en-US" });
    await until("it runs", async () => {
      const frame = page.frames()[1];
      return frame && frame.getByRole("progressbar").evaluate((p) => p.value > 0, null, { timeout: 500 }).catch(() => false);
    }, 90_000);
    assert.deepEqual(problems, []);
    await close();
    await Promise.all([browser.close(), site.close(), blog.close()]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
