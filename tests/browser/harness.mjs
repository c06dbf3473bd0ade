// What every browser test needs: a browser, a page that keeps a record of what went wrong, screenshots.
//
// Tests wait for conditions (page.waitForFunction, locator.waitFor), never for a time.
import { accessSync, constants, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export { DIST, serve } from "./server.mjs";

const SCREENSHOTS = fileURLToPath(new URL("../../target/screenshots/", import.meta.url));

/** The path of Chromium or Chrome: the variable CHROME, else the first one found. */
export function chromePath() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const candidates = [
    ...(process.env.CHROME ? [process.env.CHROME] : []),
    ...names.flatMap((name) => (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name))),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ];
  for (const path of candidates) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // the next one
    }
  }
  throw new Error("no Chromium or Chrome found: run scripts/setup, or put its path in the variable CHROME");
}

/**
 * What Chromium does without. Of several such lists it takes the last: this is Playwright's (`disabledFeatures` in
 * playwright-core, to be looked at when its version moves), and the pages that make up the
 * suggestions of the address bar. Nobody sees them, and to load them beside each page took as much time as ours.
 */
const WITHOUT = [
  ...["AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable"],
  ...["LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect"],
  ...["TcpPortRandomizationWin", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch"],
  ...["WebUIOmniboxPopup", "WebUIOmniboxAimPopup"],
];

/** A headless browser; close it in `after`. */
export function launch(extra = []) {
  return chromium.launch({
    executablePath: chromePath(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--disable-features=${WITHOUT}`,
      ...extra,
    ],
  });
}

/**
 * Opens a page in a context of its own (nothing stored, nothing cached) and keeps a record of what goes wrong in it.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 * @param {import("playwright-core").BrowserContextOptions & {init?: () => void}} [options] context options
 *   (`viewport`, `locale`, `colorScheme`, `reducedMotion`, …) and `init`, code to run before the page's own
 * @returns `page`; `problems`, an array that fills with console errors and warnings, uncaught errors (the page's and its
 *   workers'), and failed or refused requests; `close()`
 */
export async function open(browser, url, { init, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  if (init) await context.addInitScript(init);
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`uncaught: ${error.stack ?? error.message ?? error}`));
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText;
    // A worker that is replaced while its program still loads needs it no more: an edit came early, and nothing is missing.
    const replaced = why === "net::ERR_ABORTED" && /\/page-\w+(-worker\.js|_rest\.wasm|\.js)$/.test(request.url());
    if (!replaced) problems.push(`request failed: ${request.url()} ${why}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  await page.goto(url);
  return {
    page,
    problems,
    close: () => context.close(),
  };
}

/** Writes target/screenshots/NAME.png and returns its path. */
export async function screenshot(page, name, options = {}) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const path = join(SCREENSHOTS, `${name}.png`);
  await page.screenshot({ path, fullPage: true, ...options });
  return path;
}
