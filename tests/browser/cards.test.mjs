// The pages that a link to a preset is shown by elsewhere, as a card: each has a picture of its own, and with the address of
// the site a description for oEmbed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

import { DIST, launch, open, serve } from "./harness.mjs";

const presets = readdirSync(fileURLToPath(new URL("../../src/base/scenario/presets", import.meta.url)))
  .filter((name) => name.endsWith(".toml"))
  .map((name) => name.replace(".toml", ""));

/** What a card says under a name, `og:image`. */
function said(html, name) {
  return new RegExp(`<meta property="${name}" content="([^"]*)">`).exec(html)?.[1];
}

/** Width and height of a PNG. */
function size(png) {
  assert.equal(png.toString("latin1", 1, 4), "PNG");
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

test("the page and each preset have a card with a picture of their own", () => {
  const pictures = ["index.html", ...presets.map((name) => `p/${name}.html`)].map((file) => {
    const html = readFileSync(join(DIST, file), "utf8");
    for (const name of ["og:title", "og:description", "og:image:alt"]) assert.ok(said(html, name), `${file}: ${name}`);
    const picture = join(DIST, file, "..", said(html, "og:image"));
    const [width, height] = size(readFileSync(picture));
    assert.deepEqual([said(html, "og:image:width"), said(html, "og:image:height")].map(Number), [width, height], file);
    return picture;
  });
  assert.equal(new Set(pictures).size, presets.length + 1);
});

test("what a description for oEmbed embeds is a figure that opens", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "cachelane-cards-"));
  const [browser, site] = await Promise.all([launch(), serve()]);
  try {
    execFileSync(fileURLToPath(new URL("../../scripts/preset-pages", import.meta.url)), [folder], { env: { ...process.env, CACHELANE_SITE: site.url } });
    const { html } = JSON.parse(readFileSync(join(folder, "p", "default.json"), "utf8"));
    // Those that were written before named no figures.
    for (const frame of [html, html.replace("view.embed=latency,lost", "view.embed=1")]) {
      const blog = await serve({ pages: { "/post.html": `<!doctype html><title>post</title><link rel="icon" href="data:,">${frame}` } });
      const { page, problems, close } = await open(browser, `${blog.url}post.html`, { locale: "en-US" });
      await page.frameLocator("iframe").getByRole("heading", { name: "Lost writes" }).waitFor();
      assert.deepEqual(problems, []);
      await close();
      await blog.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await Promise.all([browser.close(), site.close()]);
  }
});

test("with the address of the site, cards and descriptions for oEmbed name whole addresses", () => {
  const folder = mkdtempSync(join(tmpdir(), "cachelane-cards-"));
  try {
    const env = { ...process.env, CACHELANE_SITE: "https://example.org/cachelane/" };
    execFileSync(fileURLToPath(new URL("../../scripts/preset-pages", import.meta.url)), [folder], { env });
    for (const name of presets) {
      const html = readFileSync(join(folder, "p", `${name}.html`), "utf8");
      const oembed = JSON.parse(readFileSync(join(folder, "p", `${name}.json`), "utf8"));
      assert.equal(said(html, "og:image"), `https://example.org/cachelane/p/${name}.png`);
      assert.equal(oembed.thumbnail_url, said(html, "og:image"));
      assert.deepEqual(size(readFileSync(join(DIST, "p", `${name}.png`))), [oembed.thumbnail_width, oembed.thumbnail_height]);
      assert.ok(oembed.html.includes(`src="https://example.org/cachelane/#v2&amp;preset=${name}&amp;view.embed=latency,lost"`), oembed.html);
      assert.match(html, new RegExp(`oembed" href="https://example.org/cachelane/p/${name}.json"`));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
