#!/usr/bin/env node
// Draws static/p/*.png, which other sites show beside a link to the page or to a preset, from the drawings that
// `REWRITE_PICTURES=1 cargo test pictures` has left in target/link-pictures. Needs Chromium, as the browser tests do.
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { launch } from "../tests/browser/harness.mjs";

const root = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const made = readFileSync(root("target/link-pictures/made-from.tsv"), "utf8");
mkdirSync(root("static/p"), { recursive: true });
const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1200, height: 630 } });
for (const line of made.trim().split("\n")) {
  const [name] = line.split("\t");
  const svg = readFileSync(root(`target/link-pictures/${name}.svg`), "utf8");
  await page.setContent(`<style>body { margin: 0; height: 630px; display: grid; place-items: center; background: #fbfaf7 }
  body > svg { width: 1200px; height: 620px }</style>${svg}`);
  await page.screenshot({ path: root(`static/p/${name}.png`) });
}
await browser.close();
copyFileSync(root("target/link-pictures/made-from.tsv"), root("tests/data/link_pictures.tsv"));
