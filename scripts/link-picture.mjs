#!/usr/bin/env node
// Draws static/link-picture.png, which other sites show beside a link to the page, from docs/link-picture.svg, which
// `REWRITE_PICTURES=1 cargo test pictures` makes. Needs Chromium, as the browser tests do.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { launch } from "../tests/browser/harness.mjs";

const root = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const svg = readFileSync(root("docs/link-picture.svg"), "utf8");
const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1200, height: 630 } });
await page.setContent(`<style>body { margin: 0; height: 630px; display: grid; place-items: center; background: #fbfaf7 }
  body > svg { width: 1200px; height: 620px }</style>${svg}`);
await page.screenshot({ path: root("static/link-picture.png") });
await browser.close();
