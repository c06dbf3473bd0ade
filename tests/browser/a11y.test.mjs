// An accessibility checker over every face of the page; and a picture of each.
import assert from "node:assert/strict";

import { screenshot } from "./harness.mjs";
import { accessible, ready, sharedWorld, until, up, visit } from "./person.mjs";

const world = sharedWorld();

const noWider = async (page) => {
  const [has, shows] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(has <= shows, `${has} px in ${shows}: no scrolling to the side`);
};

const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    for (const locale of ["en", "ko"]) {
      const options = { viewport, colorScheme, locale, reducedMotion: "reduce", deviceScaleFactor: 1 };
      visit(world, `the page is accessible and fits: ${size}, ${colorScheme}, ${locale}`, "#v2", async (page) => {
        await page.getByRole("button", { name: /^(Play again|다시 재생)$/ }).waitFor();
        await screenshot(page, `page-${size}-${colorScheme}-${locale}`);
        await noWider(page);
        // What is folded away is not there yet: folds within folds come when theirs is open.
        await until("no fold is left", () => page.evaluate(() => {
          const closed = document.querySelectorAll("main details:not([open])");
          closed.forEach((fold) => (fold.open = true));
          return closed.length === 0;
        }));
        await until("the folds' insides", () => page.getByRole("columnheader", { name: "99.99%" }).count());
        await noWider(page);
        if (size === "phone") {
          await page.getByRole("button", { name: /^(Settings|설정)$/ }).click();
          await page.getByRole("complementary").waitFor();
          await screenshot(page, `sheet-${colorScheme}-${locale}`);
          await noWider(page);
        }
        if ((size === "wide") === (locale === "en")) await accessible(page); // each size, theme and language once with each other
      }, options);
    }
  }
}

for (const colorScheme of ["light", "dark"]) {
  visit(world, `an embed is accessible: ${colorScheme}`, "#v2&view.embed=latency,hits,lost&view.controls=play,crash,speed,lanes,step", async (page) => {
    await screenshot(page, `embed-${colorScheme}`);
    await noWider(page);
    await accessible(page);
  }, { colorScheme, reducedMotion: "reduce", wait: (page) => page.getByRole("link", { name: "Open full simulator" }).waitFor() });

  visit(world, `a link that cannot be opened is told accessibly: ${colorScheme}`, "#v2&cache.tll=5s&seed=x", async (page) => {
    await screenshot(page, `bad-link-${colorScheme}`);
    await accessible(page);
  }, { colorScheme, wait: (page) => page.getByRole("heading", { name: "This link cannot be opened" }).waitFor() });

  visit(world, `dialogs and complaints are accessible: ${colorScheme}`, "#v2", async (page) => {
    const field = page.getByRole("textbox", { name: "Capacity (entries)" });
    await field.fill("0");
    await field.press("Tab");
    await page.getByText("still running the last valid scenario").waitFor();
    await accessible(page);
    for (const [name, dialog] of [["Preset: Five strategies and a crash", "Choose an experiment"], ["Share", "Share"], ["Help", "Help"]]) {
      await page.getByRole("button", { name, exact: true }).click();
      await page.getByRole("dialog", { name: dialog }).waitFor();
      await screenshot(page, `${dialog.toLowerCase().replaceAll(" ", "-")}-${colorScheme}`);
      await accessible(page);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    }
  }, { colorScheme, wait: ready });
}

visit(world, "by Tab, no control is further than 40 stops from a skip link", "#v2", async (page) => {
  const stops = await page.evaluate(() => {
    const seen = new Set();
    const isStop = (element) => {
      if (element.tabIndex < 0 || element.disabled || !element.checkVisibility({ visibilityProperty: true })) return false;
      if (element.type !== "radio") return true;
      return !seen.has(element.name) && seen.add(element.name); // Tab comes by a group once
    };
    const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter(isStop);
    const parts = [".transport", ".scenes", ".figures", ".scoreboard", ".seeds", "#settings", "footer"].map((part) => document.querySelector(part));
    const part = (element) => parts.findLastIndex((part) => part.compareDocumentPosition(element) & (Node.DOCUMENT_POSITION_FOLLOWING | Node.DOCUMENT_POSITION_CONTAINED_BY));
    return parts.map((_, i) => all.filter((element) => part(element) === i).length);
  });
  assert.ok(stops.every((count) => count > 0 && count < 40) && stops.at(-2) > 20, JSON.stringify(stops));
}, { wait: up, viewport: { width: 1440, height: 900 } });
