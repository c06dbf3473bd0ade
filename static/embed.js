// <cache-lane>: a Cachelane figure in a page of your own.
//
//   <script type="module" src="https://…/embed.js"></script>
//   <cache-lane preset="default" write="write-through write-back" figures="latency lost" controls="play crash">
//     <img src="poster.svg" alt="Write-back loses 200 writes at the crash, write-through none">
//   </cache-lane>
//
// Attributes, methods, events, messages and <cache-task>: embed.d.ts, which is their contract.
//
// A figure comes alive near the reader's sight and is put away when it has been out of it for a while, with its moment and
// its changes kept: a page of fifty figures keeps a few workers. An attribute that changes takes effect at once.
//
// What the element keeps from the page it stands in, whatever its attributes say:
//   - It shows nothing but the simulator that this script came with. Any other address in `src` is refused, in words.
//   - The simulator runs in a sandboxed iframe, without an origin: it reaches neither this page nor its own site's storage.
//     It may run scripts, and open the full simulator in a new tab.
//   - The element listens to nothing but that iframe's own window, takes from it numbers, names and the part of a link
//     behind its #, and of all that so much a second and no more.

const BASE = new URL("./", import.meta.url);
const VERSION = "v2";
const VIEW = ["controls", "lanes", "lang", "theme", "speed", "axis", "percentile"];
const HEIGHT = { least: 120, most: 10_000 };
const SANDBOX = "allow-scripts allow-popups allow-popups-to-escape-sandbox";
/** How many figures live out of sight at most, and for how long one does. */
const AWAY = { most: 4, ms: 30_000 };
/** A figure that has said nothing for so long is shown as it is: it may have words about why. */
const SILENT_MS = 10_000;
/** Messages taken from a figure in a second. */
const PER_SECOND = 40;
/** Programs, by their names, as the first figure to need one has fetched it; `null` where that came to nothing. Frames without
 *  an origin share no cache with each other. */
const programs = new Map();
/** The slot of what this script puts beside the author's own children. */
const SLOT = "cachelane";

const STYLE = `
:host { display: block; }
:host([hidden]) { display: none; }
.box { position: relative; display: grid; }
.box > * { grid-area: 1 / 1; min-width: 0; }
img { display: block; width: 100%; height: auto; }
.plain { margin: 0; padding: 1em; border: 1px solid; opacity: 0.75; }
.play { z-index: 1; place-self: center; padding: 0.6em 1.4em; border: 1px solid; border-radius: 2em; font: inherit; color: CanvasText; background: Canvas; cursor: pointer; }
.play:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
.alive > .still, .alive > .play, .refused > .plain { display: none; }
@media print {
  .box { min-height: 0 !important; }
  .play { display: none; }
  .pictured > .still { display: block; }
  .pictured > ::slotted(iframe) { display: none !important; }
}
.unseen { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; }
`;

const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);

/** A shadow root with these elements; made one by one, for hosts that allow no HTML in texts. */
export function shadow(host, ...inside) {
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  root.append(...inside);
}

export const make = (name, properties, ...inside) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...inside);
  return element;
};

/** Halves of characters, which only a script can put into an attribute, cannot be encoded. */
const encode = (text) => encodeURIComponent(String(text).replace(/\p{Surrogate}/gu, "\ufffd"));

const words = (text) => text.split(/[\s,]+/).filter(Boolean);

/** What was written, fit to be shown: no control characters, nothing that turns the text around it, not too long. */
export const shown = (text) => {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u{ad}\u{61c}\u{200b}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2060}-\u{206f}\u{feff}]/gu, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
};

const TEXT = {
  en: {
    refused: (src) => `This figure cannot be shown. src="${src}" is not an address of the simulator that embed.js came from (${BASE.href}). Copy the address from its Share dialog.`,
    title: "Cachelane: cache strategies, side by side",
    play: "Play",
  },
  ko: {
    refused: (src) => `그래프를 표시할 수 없습니다. src="${src}"는 embed.js를 제공한 시뮬레이터(${BASE.href})의 주소가 아닙니다. 시뮬레이터의 ‘공유’에서 주소를 복사하세요.`,
    title: "Cachelane: 캐시 전략 비교",
    play: "재생",
  },
};

export const isKorean = (element) => (element.closest("[lang]")?.lang ?? document.documentElement.lang).startsWith("ko");
const textOf = (element) => TEXT[isKorean(element) ? "ko" : "en"];

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

/** About how high a figure of that link is at that width; rather a little too high, so that nothing below it moves. */
function guess(experiment, width) {
  const view = new URLSearchParams(experiment.slice(1).replaceAll(/(^|&)view\./g, "$1"));
  const figures = words(view.get("embed") ?? "latency lost");
  const narrow = width < 600;
  const [latency, other] = narrow ? [560, 282] : [365, 200];
  const panels = figures.reduce((sum, figure) => sum + (figure === "latency" ? latency : other), 0);
  const asked = view.get("controls");
  // Those that break something have a row of their own.
  const more = /crash/.test(asked) ? (width < 480 ? 110 : narrow ? 74 : 35) : 0;
  const controls = asked === "none" ? 0 : (narrow ? 86 : 51) + more;
  // The sentence on top has more lines in less room.
  const head = narrow ? 190 + (width < 480 ? 30 : 0) + (width < 340 ? 90 : 0) : 120 + (width < 800 ? 30 : 0);
  return panels + controls + head;
}

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const isText = (value, most) => typeof value === "string" && value.length <= most;

/** One lane as a figure tells it: its name and its numbers, and nothing else. */
function laneOf(said) {
  if (!said || !isText(said.name, 200) || typeof said.values !== "object") return null;
  const numbers = Object.entries(said.values ?? {}).filter(([name, value]) => /^[a-z][a-z0-9_]{0,30}$/.test(name) && isNumber(value));
  return Object.freeze({ ...Object.fromEntries(numbers.slice(0, 50)), name: said.name });
}

/** What a figure says of itself, taken apart and put together again; `null` where it is something else. */
function stateOf(said) {
  if (!isNumber(said.time) || !isNumber(said.duration) || !Array.isArray(said.lanes) || said.lanes.length > 64) return null;
  const lanes = said.lanes.map(laneOf);
  if (lanes.includes(null) || !isText(said.hash, 20_000) || !said.hash.startsWith("#v")) return null;
  const { time, duration, hash } = said;
  return Object.freeze({ time, duration, playing: said.playing === true, finished: said.finished === true, lanes: Object.freeze(lanes), hash });
}

/** The faults of a link, as its pairs say them. */
const faultsOf = (hash) => hash.slice(1).split("&").filter((pair) => /^fault\.\d+=/.test(pair)).map((pair) => pair.split(/=(.*)/s).map(decodeURIComponent));

class CacheLane extends HTMLElement {
  /** Those out of sight that still live, the longest first. */
  static #away = new Set();
  static #sight = new IntersectionObserver(
    (entries) => entries.forEach(({ target, isIntersecting }) => target.#comeNear(isIntersecting)),
    { rootMargin: "50% 0px" },
  );

  #box = make("div", { className: "box" });
  #image = make("img");
  #children = make("slot");
  #plain = make("p", { className: "plain" });
  #button = make("button", { type: "button", className: "play" });

  #experiment = null;
  #frame = null;
  /** Whether the figure stands and hears what it is told. */
  #ready = false;
  #near = false;
  /** Whether somebody has asked for it, where it waits for that. */
  #started = false;
  #queue = [];
  /** What the figure said last, and what it is to be again when it comes back. */
  #state = null;
  #kept = null;
  #height = 0;
  #width = 0;
  #budget = { left: PER_SECOND, at: 0 };
  #timer = 0;
  /** Hands on the program that this figure fetches for all. */
  #handOn = () => {};

  #attributes = new MutationObserver(() => this.#change());
  #size = new ResizeObserver(() => this.#reserve());

  constructor() {
    super();
    const still = make("div", { className: "still" }, this.#children, this.#plain);
    still.part = "poster";
    this.#button.part = "play";
    this.#image.onerror = () => this.#picture(null);
    this.#button.onclick = () => this.play();
    this.#children.onslotchange = () => this.#picture(this.getAttribute("poster"));
    this.#box.append(still, this.#button, make("slot", { name: SLOT }));
    shadow(this, this.#box);
  }

  connectedCallback() {
    for (const child of [...this.children]) if (child.slot === SLOT) child.remove(); // of the element this is a copy of
    this.#attributes.observe(this, { attributes: true });
    this.#size.observe(this);
    CacheLane.#sight.observe(this);
    this.#change();
  }

  disconnectedCallback() {
    this.#attributes.disconnect();
    this.#size.disconnect();
    CacheLane.#sight.unobserve(this);
    this.#putAway();
    [this.#experiment, this.#near, this.#started, this.#kept, this.#queue] = [null, false, false, null, []];
  }

  /** Goes on, and begins where it waits for a click. */
  play() {
    this.#started = true;
    this.#say({ type: "play" });
  }

  pause() {
    this.#say({ type: "pause" });
  }

  /** The cache's process dies, now. */
  crash() {
    this.#say({ type: "crash" });
  }

  /** To that second of the run. */
  seek(seconds) {
    if (!isNumber(seconds) || seconds < 0) throw new TypeError(`seek(${seconds}): give seconds from the run's beginning`);
    this.#say({ type: "seek", seconds });
  }

  /** Another value of a field of the experiment, both as links write them: `set("cache.ttl", "5s")`. */
  set(path, value) {
    if (!isText(path, 200) || !isText(String(value), 2_000)) throw new TypeError("set(path, value): give a field's path, such as cache.ttl, and its value");
    this.#say({ type: "set", path, value: String(value) });
  }

  #say(message) {
    if (this.#ready) {
      // Its origin is opaque, so that no address of it could be named; what is said is no secret.
      this.#frame.contentWindow.postMessage({ source: "cachelane-host", ...message }, "*");
    } else if (this.#queue.length < 50) {
      this.#queue.push(message);
      if (message.type !== "pause") this.#wake();
    }
  }

  /** An attribute is another one. */
  #change() {
    const title = this.getAttribute("title") ?? textOf(this).title;
    this.#picture(this.getAttribute("poster"));
    this.#plain.textContent = this.#image.alt = title;
    this.#button.textContent = `▶ ${textOf(this).play}`;
    this.#button.ariaLabel = `${textOf(this).play}: ${title}`;
    const experiment = this.#link();
    if (this.#frame) this.#frame.title = title;
    if (experiment !== this.#experiment) {
      this.#experiment = experiment;
      this.#kept = null;
      const frame = this.#frame;
      if (experiment !== null && frame && this.#ready) {
        // No new entry in the history of the page, and no new worker.
        frame.contentWindow.location.replace(new URL(this.#toOpen(), BASE));
      } else {
        this.#putAway();
      }
    }
    if (experiment === null) return this.#refuse();
    this.#box.classList.remove("refused");
    if (this.#frame?.localName === "p") this.#putAway();
    this.#button.hidden = !this.#waits();
    this.#reserve();
    this.#comeNear(this.#near);
  }

  /** The poster: the picture at that address, else the author's children, else the title. */
  #picture(address) {
    const image = this.#image;
    if (address === null) {
      image.remove();
    } else {
      if (image.getAttribute("src") !== address) image.src = address;
      this.#children.before(image);
    }
    const own = [...this.childNodes].some((node) => node.slot !== SLOT && (node.localName || node.data?.trim()));
    this.#children.hidden = address !== null;
    this.#plain.hidden = address !== null || own;
    this.#box.classList.toggle("pictured", this.#plain.hidden);
  }

  /** Room for the figure before it is there: what it had last, else about what it will need. */
  #reserve() {
    const width = this.clientWidth;
    if (this.#experiment === null || width === 0) return;
    if (Math.abs(width - this.#width) > 1) {
      [this.#width, this.#height] = [width, this.#ready ? 0 : guess(this.#experiment, width)];
    }
    this.#box.style.minHeight = `${this.#height}px`;
  }

  /** Whether it waits for a click that has not come. */
  #waits() {
    return !this.#started && this.#startsOnClick() && !this.hasAttribute("with");
  }

  #startsOnClick() {
    const src = this.getAttribute("src");
    return src === null ? this.getAttribute("start") === "click" : /[&#](view\.)?start=click(&|$)/.test(src);
  }

  #comeNear(near) {
    this.#near = near;
    this.#settle();
    this.#leader()?.#settle();
  }

  /** Alive near the reader's sight, or where one that goes with it is; else soon no more. */
  #settle() {
    const goesOn = this.#near || this.#followers().some((follower) => follower.#near);
    const pending = this.#frame && !this.#box.classList.contains("alive");
    if (!pending) clearTimeout(this.#timer); // else it is the one that waits for a first word
    CacheLane.#away.delete(this);
    if (this.#ready) this.#say({ type: "hold", on: goesOn && !this.#near });
    if (goesOn) {
      if (!this.#waits()) this.#wake();
    } else if (this.#frame) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#putAway(), AWAY.ms);
      CacheLane.#away.add(this);
      if (CacheLane.#away.size > AWAY.most) CacheLane.#away.values().next().value.#putAway();
    }
  }

  #leader() {
    const leader = this.hasAttribute("with") ? document.getElementById(this.getAttribute("with")) : null;
    // One that follows leads nobody: two could chase each other.
    return leader instanceof CacheLane && !leader.hasAttribute("with") ? leader : null;
  }

  #followers() {
    if (!this.id || this.hasAttribute("with")) return [];
    // One further down the page may not be an element of this script yet.
    return [...document.querySelectorAll(`cache-lane[with="${CSS.escape(this.id)}"]`)].filter((other) => other instanceof CacheLane);
  }

  /** Brings the simulator. */
  #wake() {
    if (this.#frame || !this.isConnected) return;
    const experiment = this.#toOpen();
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", SANDBOX);
    frame.name = "cachelane-guest"; // so that it asks for its program
    frame.src = new URL(experiment, BASE).href;
    frame.title = this.getAttribute("title") ?? textOf(this).title;
    // A frame whose scheme is another than its page's is a white box until the page has painted.
    const scheme = this.getAttribute("theme") ?? schemeAround(this) ?? "normal";
    frame.style.cssText = `position: absolute; inset: 0; display: block; width: 100%; height: ${Math.max(this.#height, HEIGHT.least)}px; border: 0; opacity: 0; color-scheme: ${scheme};`;
    addEventListener("message", this.#hear);
    this.#place(frame);
    this.#button.hidden = true;
    this.#timer = setTimeout(() => this.#reveal(), SILENT_MS);
  }

  #place(element) {
    this.#frame?.remove();
    this.#frame = element;
    element.slot = SLOT;
    this.append(element);
  }

  #refuse() {
    const told = document.createElement("p");
    told.setAttribute("role", "alert");
    told.style.cssText = "align-self: start; margin: 0; padding: 0.5em 0.75em; border-left: 3px solid #b3243b; overflow-wrap: anywhere;";
    told.textContent = textOf(this).refused(shown(this.getAttribute("src") ?? ""));
    this.#putAway();
    this.#box.classList.add("refused");
    this.#button.hidden = true;
    this.#place(told);
  }

  /** The poster is back; the frame and its worker are gone. What was changed in it, and its moment, are kept. */
  #putAway() {
    clearTimeout(this.#timer);
    CacheLane.#away.delete(this);
    removeEventListener("message", this.#hear);
    if (this.#ready && this.#state && this.#experiment !== null) this.#kept = this.#state;
    this.#frame?.remove();
    this.#handOn(null);
    [this.#frame, this.#ready, this.#state] = [null, false, null];
    this.#box.classList.remove("alive");
  }

  /** The frame stands in place of the poster. */
  #reveal() {
    clearTimeout(this.#timer);
    this.#box.classList.add("alive");
    Object.assign(this.#frame.style, { position: "static", opacity: "" });
  }

  #hear = (event) => {
    const frame = this.#frame;
    // A sandboxed frame has the origin "null".
    if (!frame || event.source !== frame.contentWindow || event.origin !== "null") return;
    const said = event.data;
    if (said?.source !== "cachelane") return;
    if (said.type === "program") return this.#share(said); // who asks waits for the answer
    if (!this.#affords()) return;
    if (said.type === "height") this.#fit(said.height);
    else if (said.type === "failed") [this.#handOn(null), this.#reveal()];
    else if (said.type === "state") this.#hearState(stateOf(said));
  };

  /** A figure asks for its program, or hands on what it has fetched: the first one is asked to. */
  #share({ name, bytes }) {
    if (bytes instanceof ArrayBuffer) return this.#handOn(bytes);
    this.#handOn(null); // a frame that is loaded again has lost what it had
    const frame = this.#frame;
    const answer = (bytes) => frame.contentWindow?.postMessage({ source: "cachelane-host", type: "program", bytes }, "*");
    if (programs.has(name)) {
      // Where the first one fails, the next one is the first.
      return programs.get(name).then((bytes) => (bytes ? answer(bytes) : frame === this.#frame && this.#share({ name })));
    }
    if (!isText(name, 100) || programs.size > 3) return answer(null);
    programs.set(name, new Promise((done) => {
      this.#handOn = (bytes) => {
        this.#handOn = () => {};
        if (!bytes) programs.delete(name);
        done(bytes);
      };
    }));
    answer(null);
  }

  /** So much is heard in a second, and no more. */
  #affords() {
    const [now, budget] = [performance.now(), this.#budget];
    budget.left = Math.min(PER_SECOND, budget.left + ((now - budget.at) * PER_SECOND) / 1_000);
    budget.at = now;
    return budget.left >= 1 && (budget.left -= 1) >= 0;
  }

  #fit(height) {
    if (!isNumber(height) || height <= 0 || height > HEIGHT.most) return;
    const isFirst = !this.#box.classList.contains("alive");
    if (isFirst) this.#reveal();
    const high = Math.max(height, HEIGHT.least);
    this.#frame.style.height = `${high}px`;
    // What is below has been moved down once and is not moved up again: the sentence on top is longer and shorter. But
    // what was kept free for nothing is given back while all below is still out of sight.
    const isBelow = isFirst && this.#box.getBoundingClientRect().top + high >= innerHeight;
    this.#height = isBelow ? high : Math.max(this.#height, high);
    this.#reserve();
  }

  #hearState(state) {
    if (state === null) return;
    const before = this.#state;
    this.#state = state;
    if (!this.#ready) {
      this.#ready = true;
      if (this.#kept) this.#say({ type: "seek", seconds: this.#kept.time });
      this.#kept = null;
      this.#queue.splice(0).forEach((message) => this.#say(message));
      this.#settle();
      this.#follow();
      this.#tell("ready", state);
    }
    for (const follower of this.#followers()) follower.#follow();
    this.#tell("state", state);
    state.lanes.forEach((lane, i) => {
      const more = lane.lost - (before?.lanes[i]?.lost ?? 0);
      if (before && more > 0 && state.time >= before.time) this.#tell("lost", Object.freeze({ lane: i + 1, name: lane.name, lost: lane.lost, more }));
    });
  }

  /** How many faults were injected since the beginning. */
  get injected() {
    return this.#state ? Math.max(0, faultsOf(this.#state.hash).length - faultsOf(this.#experiment).length) : 0;
  }

  #tell(what, detail) {
    this.dispatchEvent(new CustomEvent(`cachelane-${what}`, { detail, bubbles: true, composed: true }));
  }

  /** To the moment of the figure that this one goes with, and with its faults. */
  #follow() {
    const there = this.#leader()?.#state;
    if (!this.#ready || !there) return;
    const own = new Map(faultsOf(this.#state.hash));
    for (const [path, value] of faultsOf(there.hash)) if (own.get(path) !== value) this.set(path, value);
    if (Math.abs(there.time - this.#state.time) > 1e-3) this.seek(there.time);
  }

  /** What follows the `#` of the frame's address now: as it was left, else as the attributes say. */
  #toOpen() {
    if (this.#experiment === null) return null;
    const left = (this.#kept?.hash ?? this.#experiment).replace(/&(view\.)?start=[^&]*/g, "");
    const hash = /[&#](view\.)?embed=/.test(left) ? left : `${left}&view.embed=latency,lost`; // a figure stays one
    return this.hasAttribute("with") || (this.#kept && !this.#kept.playing) ? `${hash}&view.start=click` : hash;
  }

  /** What the attributes say, as a link; `null` where `src` is an address of something else. */
  #link() {
    const src = this.getAttribute("src");
    if (src !== null) {
      // Whoever clicks starts it; it need not be started once more.
      const experiment = experimentOf(src, document.baseURI)?.replace(/&(view\.)?start=[^&]*/g, "") ?? null;
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
      const value = this.getAttribute(name) ?? (name === "theme" ? schemeAround(this) : name === "controls" && this.hasAttribute("with") ? "none" : null);
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

// <cache-task> is brought where one stands.
const bringTasks = () => document.querySelector("cache-task:not(:defined)") && import(new URL("./cache-task.js", BASE));
bringTasks();
addEventListener("DOMContentLoaded", bringTasks);
document.addEventListener("cachelane-ready", bringTasks);
