// <cache-lane>: a Cachelane figure in a page of your own.
//
//   <script type="module" src="https://…/embed.js"></script>
//   <cache-lane preset="default" write="write-through write-back" figures="latency lost" controls="play crash"></cache-lane>
//
//   preset    the experiment to begin from; `default` unless told
//   write     the writing strategies to compare, one lane each: write-around, write-through, write-back
//   read      the reading strategy of those lanes, or one for each: look-aside (unless told), read-through, none
//   lanes     instead of `write`: which of the preset's lanes to show, by number from 1
//   figures   any of latency goodput errors hits read-hits misses lost lost-increments stale stale-age diverging db-reads db-rows
//             db-queue db-busy waiting rejected memory entries
//   controls  play, crash, speed, lanes, step; or none
//   lang, theme, speed, start (visible or click), axis (log or linear), percentile (p50 or p99)
//   src       instead of all that: an address copied from the simulator's share dialog
//   version   which presets and defaults are meant, as in links: 2 unless told; a post keeps its figures with it
//   seed, duration, and any field with a dot in its name, such as cache.ttl="5s": settings of the experiment
//
// What the element keeps from the page it stands in, whatever its attributes say:
//   - It shows nothing but the simulator that this script came with. Any other address in `src` is refused, in words.
//   - The simulator runs in a sandboxed iframe, without an origin: it reaches neither this page nor its own site's storage.
//     It may run scripts, and open the full simulator in a new tab.
//   - The element listens to nothing but that iframe's own window, and takes from it its height alone.

const BASE = new URL("./", import.meta.url);
const VERSION = "v2";
const VIEW = ["controls", "lanes", "lang", "theme", "speed", "start", "axis", "percentile"];
const HEIGHT = { first: 560, least: 120, most: 4000 };
const SANDBOX = "allow-scripts allow-popups allow-popups-to-escape-sandbox";

/** Halves of characters, which only a script can put into an attribute, cannot be encoded. */
const encode = (text) => encodeURIComponent(String(text).replace(/\p{Surrogate}/gu, "\ufffd"));

const words = (text) => text.split(/[\s,]+/).filter(Boolean);

/** What was written, fit to be shown: no control characters, nothing that turns the text around it, not too long. */
const shown = (text) => {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u{ad}\u{61c}\u{200b}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2060}-\u{206f}\u{feff}]/gu, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
};

const REFUSED = {
  en: (src) => `This figure cannot be shown. src="${src}" is not an address of the simulator that embed.js came from (${BASE.href}). Copy the address from its Share dialog.`,
  ko: (src) => `그래프를 표시할 수 없습니다. src="${src}"는 embed.js를 제공한 시뮬레이터(${BASE.href})의 주소가 아닙니다. 시뮬레이터의 ‘공유’에서 주소를 복사하세요.`,
};

/** What follows the `#` of an address of the simulator itself; `null` where it is none. Relative ones are the page's. */
function experimentOf(src, page) {
  let address;
  try {
    address = new URL(src, src.startsWith("#") ? BASE : page);
  } catch {
    return null;
  }
  const own = BASE.protocol === "https:" || BASE.protocol === "http:";
  const here = address.origin === BASE.origin && [BASE.pathname, `${BASE.pathname}index.html`].includes(address.pathname);
  return own && here && !address.username && !address.password ? address.hash : null;
}

/** Whether an element stands on a dark or a light ground, where that is not what the system asks for; else `null`. */
function schemeAround(element) {
  for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
    const parts = getComputedStyle(at).backgroundColor.match(/^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/);
    if (!parts || Number(parts[4] ?? 1) < 0.5) continue;
    const [red, green, blue] = parts.slice(1, 4).map(Number);
    const dark = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 110;
    return dark === matchMedia("(prefers-color-scheme: dark)").matches ? null : dark ? "dark" : "light";
  }
  return null;
}

class CacheLane extends HTMLElement {
  static observedAttributes = ["src", "preset", "write", "read", "figures", "version", ...VIEW];

  #stands = false;
  #frame = null;
  #hear = (event) => {
    const frame = this.#frame;
    // A sandboxed frame has the origin "null".
    if (!frame || event.source !== frame.contentWindow || event.origin !== "null") return;
    const said = event.data;
    if (said?.source !== "cachelane" || said.type !== "height" || !Number.isFinite(said.height)) return;
    frame.style.height = `${Math.min(Math.max(said.height, HEIGHT.least), HEIGHT.most)}px`;
  };

  connectedCallback() {
    addEventListener("message", this.#hear);
    this.#stands = true;
    this.#show();
  }

  disconnectedCallback() {
    removeEventListener("message", this.#hear);
    this.#stands = false;
    this.#frame = null;
    this.replaceChildren();
  }

  attributeChangedCallback() {
    if (this.#stands) this.#show();
  }

  #show() {
    this.style.display = "block";
    const experiment = this.#experiment();
    if (experiment === null) return this.#refuse();
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", SANDBOX);
    frame.src = new URL(experiment, BASE).href;
    frame.title = this.getAttribute("title") ?? "Cachelane: cache strategies, side by side";
    frame.loading = "lazy";
    // A frame whose scheme is another than its page's is a white box until the page has painted.
    const scheme = this.getAttribute("theme") ?? schemeAround(this) ?? "normal";
    frame.style.cssText = `display: block; width: 100%; height: ${HEIGHT.first}px; border: 0; color-scheme: ${scheme};`;
    this.#frame = frame;
    this.replaceChildren(frame);
  }

  #refuse() {
    const korean = (this.getAttribute("lang") ?? document.documentElement.lang).startsWith("ko");
    const told = document.createElement("p");
    told.setAttribute("role", "alert");
    told.style.cssText = "margin: 0; padding: 0.5em 0.75em; border-left: 3px solid #b3243b; overflow-wrap: anywhere;";
    told.textContent = REFUSED[korean ? "ko" : "en"](shown(this.getAttribute("src")));
    this.#frame = null;
    this.replaceChildren(told);
  }

  /** What follows the `#` of the frame's address; `null` where `src` is an address of something else. */
  #experiment() {
    const src = this.getAttribute("src");
    if (src !== null) {
      const experiment = experimentOf(src, document.baseURI);
      if (experiment === null || /[&#](view\.)?embed=/.test(experiment)) return experiment;
      return `${experiment || `#${VERSION}`}&view.embed=latency,lost`;
    }
    const version = this.getAttribute("version");
    const pairs = [];
    const put = (key, value) => pairs.push(`${encode(key)}=${encode(value)}`);
    put("preset", this.getAttribute("preset") ?? "default");
    for (const { name, value } of this.attributes) {
      if (name.includes(".") || name === "seed" || name === "duration" || name === "warmup") put(name, value);
    }
    this.#strategies(put);
    put("view.embed", words(this.getAttribute("figures") ?? "latency lost").join(","));
    for (const name of VIEW) {
      const value = this.getAttribute(name) ?? (name === "theme" ? schemeAround(this) : null);
      if (value !== null) put(`view.${name}`, words(value).join(","));
    }
    return `#${version ? `v${encode(version)}` : VERSION}&${pairs.join("&")}`;
  }

  #strategies(put) {
    const writes = words(this.getAttribute("write") ?? "");
    if (writes.length === 0) return;
    const reads = words(this.getAttribute("read") ?? "look-aside");
    put("lane.count", writes.length);
    writes.forEach((write, i) => put(`lane.${i}`, `(read:${reads[i] ?? reads[0]},write:${write})`));
  }
}

if (!customElements.get("cache-lane")) customElements.define("cache-lane", CacheLane);
