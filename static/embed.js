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
/** Messages taken from a figure in a second. */
const PER_SECOND = 40;
/** Programs, by their names, as the first figure to need one has fetched it; `null` where that came to nothing. Frames without
 *  an origin share no cache with each other. */
const programs = new Map();
/** The longest value that can be set, as a figure takes it. */
const VALUE_MOST = 10_000;
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
`;

// On a server, where pages are put together, there are no elements: the script can be imported there, and does nothing.
const hasElements = typeof HTMLElement === "function";
const Base = hasElements ? HTMLElement : Object;
const sheet = hasElements && new CSSStyleSheet();
if (hasElements) sheet.replaceSync(STYLE);

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

/** What stands between spaces and commas, with all that is in its parentheses. */
const words = (text) => text.match(/(?:[^\s,()]|\((?:[^()]|\([^()]*\))*\)|[()])+/g) ?? [];

const TEXT = {
  en: { title: "Cachelane: cache strategies, side by side", play: "Play" },
  ko: { title: "Cachelane: 캐시 전략 비교", play: "재생" },
};

/** The language that an element's words are in, as far as the simulator speaks it; else `undefined`. */
const languageOf = (element) => /^(en|ko)\b/i.exec(element.closest("[lang]")?.lang ?? "")?.[1].toLowerCase();
export const isKorean = (element) => languageOf(element) === "ko";
const textOf = (element) => TEXT[languageOf(element) ?? "en"];

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

const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;

let canvas;

/** How light a colour is, 0 to 255, and how much it covers, 0 to 1. A canvas knows all of CSS's notations; some browsers let
 *  nobody read from one, and most colours need none. */
function partsOf(colour) {
  let [red, green, blue, covers = 1] = /^rgba?\(([\d., ]+)\)$/.exec(colour)?.[1].split(", ").map(Number) ?? [];
  if (red === undefined) {
    canvas ??= Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    [red, green, blue, covers] = canvas.getImageData(0, 0, 1, 1).data;
    covers /= 255;
  }
  return { light: 0.2126 * red + 0.7152 * green + 0.0722 * blue, covers };
}

/** Whether an element stands on a dark or a light ground, where that is not what the system asks for; else `null`. Under a
 *  picture, or a ground that nobody has painted, its text tells: light text is meant for a dark one. */
function schemeAround(element) {
  let dark = partsOf(getComputedStyle(element).color).light > 145;
  for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
    const { backgroundColor, backgroundImage } = getComputedStyle(at);
    const { light, covers } = partsOf(backgroundColor);
    if (backgroundImage !== "none") break;
    if (covers < 0.5) continue;
    dark = light < 110;
    break;
  }
  return dark === isDark() ? null : dark ? "dark" : "light";
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
  if (!isText(said.faults, 20_000) || !isNumber(said.injected)) return null;
  const { time, duration, playing, finished, hash, faults, injected } = said;
  return Object.freeze({ time, duration, playing: !!playing, finished: !!finished, lanes: Object.freeze(lanes), hash, faults, injected });
}

/** An experiment without its faults. */
const calm = (hash) => hash.replace(/&fault\.[^=]*=[^&]*/g, "");

class CacheLane extends Base {
  /** Those out of sight that still live, the longest first. */
  static #away = new Set();
  static #sight = hasElements && new IntersectionObserver(
    (entries) => entries.forEach(({ target, isIntersecting }) => target.#comeNear(isIntersecting)),
    { rootMargin: "50% 0px" },
  );
  /** All that stand in the page, and whether they are about to be looked at. */
  static #all = new Set();
  static #painting = null;

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
  /** `dark` or `light`, where that is not what the system asks for. */
  #theme = null;
  /** Until when another experiment, set while it stood there, runs what has been seen once more: nothing is lost in that. */
  #again = -1;
  /** How many faults it had been given when it was put away. */
  #injected = 0;
  /** The faults of its leader that it was told of last. */
  #shared = null;
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
    CacheLane.#all.add(this);
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
    CacheLane.#all.delete(this);
    this.#putAway(); // what it was is kept: it may only be moved
    this.#near = false;
  }

  /** What is around the figures has perhaps become dark, or light. */
  static repaint() {
    CacheLane.#painting ??= requestAnimationFrame(() => {
      CacheLane.#painting = null;
      for (const lane of CacheLane.#all) lane.#repaint();
    });
  }

  #repaint() {
    if (!this.#ready || this.hasAttribute("src")) return;
    const theme = this.getAttribute("theme") ?? schemeAround(this);
    if (theme === this.#theme) return;
    this.#theme = theme;
    this.#frame.style.colorScheme = theme ?? "normal";
    this.#say({ type: "theme", theme: theme ?? "system" });
  }

  /** Goes on, and begins where it waits for a click. */
  play() {
    this.#started = true;
    this.#sayToClock({ type: "play" });
  }

  pause() {
    this.#sayToClock({ type: "pause" });
  }

  /** The cache's process dies, now. */
  crash() {
    this.#sayToClock({ type: "crash" });
  }

  /** To that second of the run. */
  seek(seconds) {
    if (!isNumber(seconds) || seconds < 0) throw new TypeError(`seek(${seconds}): give seconds from the run's beginning`);
    this.#sayToClock({ type: "seek", seconds });
  }

  /** Another value of a field of the experiment, both as links write them: `set("cache.ttl", "5s")`. */
  set(path, value) {
    if (!isText(path, 200) || !isText(String(value), VALUE_MOST)) throw new TypeError("set(path, value): give a field's path, such as cache.ttl, and its value");
    this.#say({ type: "set", path, value: String(value) });
  }

  /** Two figures that share a clock are told by one of them. */
  #sayToClock(message) {
    const leader = this.#leader();
    if (leader && message.type !== "pause") this.#wake();
    (leader ?? this).#say(message);
  }

  #say(message) {
    if (this.#ready) {
      // Its origin is opaque, so that no address of it could be named; what is said is no secret.
      this.#frame.contentWindow.postMessage({ source: "cachelane-host", ...message }, "*");
    } else if (this.#queue.length < 1_000) {
      this.#queue.push(message); // the figure does one after the other, and of those alike the last
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
      [this.#kept, this.#shared, this.#injected, this.#again] = [null, null, 0, -1];
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
      [this.#width, this.#height] = [width, this.#ready ? 0 : guess(this.#toOpen(), width)];
    }
    this.#box.style.minHeight = `${this.#height}px`;
  }

  /** Whether it waits for a click that has not come. */
  #waits() {
    return !this.#started && this.#startsOnClick() && !this.#follows();
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
    clearTimeout(this.#timer);
    CacheLane.#away.delete(this);
    if (this.#ready) this.#say({ type: "hold", on: goesOn && !this.#near });
    if (goesOn) {
      if (!this.#waits()) this.#wake();
    } else if (this.#frame) {
      this.#timer = setTimeout(() => this.#putAway(), AWAY.ms);
      CacheLane.#away.add(this);
      if (CacheLane.#away.size > AWAY.most) CacheLane.#away.values().next().value.#putAway();
    }
  }

  /** Whether there is another one that this one goes with; it may not be an element of this script yet. One that follows
   *  leads nobody: two could chase each other. */
  #follows() {
    const leader = document.getElementById(this.getAttribute("with") ?? "");
    return leader?.localName === "cache-lane" && !leader.hasAttribute("with") && leader;
  }

  #leader() {
    const leader = this.#follows();
    return leader instanceof CacheLane ? leader : null;
  }

  #followers() {
    if (!this.id || this.hasAttribute("with")) return [];
    return [...document.querySelectorAll(`cache-lane[with="${CSS.escape(this.id)}"]`)].filter((other) => other instanceof CacheLane);
  }

  /** Brings the simulator. */
  #wake() {
    if (this.#frame || !this.isConnected) return;
    const experiment = this.#toOpen();
    const frame = make("iframe", {
      sandbox: SANDBOX,
      name: "cachelane-guest", // so that it asks for its program
      src: new URL(experiment, BASE),
      title: this.getAttribute("title") ?? textOf(this).title,
    });
    // A frame whose scheme is another than its page's is a white box until the page has painted.
    this.#theme = this.getAttribute("theme") ?? schemeAround(this);
    frame.style.cssText = `position: absolute; inset: 0; display: block; width: 100%; height: ${Math.max(this.#height, HEIGHT.least)}px; border: 0; opacity: 0; color-scheme: ${this.#theme ?? "normal"};`;
    addEventListener("message", this.#hear);
    this.#place(frame);
    this.#button.hidden = true;
  }

  #place(element) {
    this.#frame?.remove();
    this.#frame = element;
    element.slot = SLOT;
    this.append(element);
  }

  #refuse() {
    this.#putAway();
    this.#box.classList.add("refused");
    this.#button.hidden = true;
    const told = make("p", { textContent: this.#plain.textContent });
    this.#place(told);
    // Its words are brought to the few pages that need them.
    import(new URL("./refusal.js", BASE)).then(({ tell }) => tell(told, this, BASE.href), console.error);
  }

  /** The poster is back; the frame and its worker are gone. What was changed in it, and its moment, are kept. */
  #putAway() {
    clearTimeout(this.#timer);
    CacheLane.#away.delete(this);
    removeEventListener("message", this.#hear);
    if (this.#ready && this.#state && this.#experiment !== null) this.#kept = this.#state;
    this.#frame?.remove();
    this.#handOn(null);
    [this.#frame, this.#ready, this.#state, this.#shared] = [null, false, null, null];
    this.#box.classList.remove("alive");
  }

  /** The frame stands in place of the poster. */
  #reveal() {
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
    if (bytes !== undefined) return this.#handOn(bytes instanceof ArrayBuffer ? bytes : null, name);
    this.#handOn(null); // a frame that is loaded again has lost what it had
    const frame = this.#frame;
    const answer = (bytes) => frame.contentWindow?.postMessage({ source: "cachelane-host", type: "program", name, bytes }, "*");
    if (programs.has(name)) {
      // Where the first one fails, the next one is the first.
      return programs.get(name).then((bytes) => (bytes ? answer(bytes) : frame === this.#frame && this.#share({ name })));
    }
    if (!isText(name, 100) || programs.size > 3) return answer(null);
    programs.set(name, new Promise((done) => {
      this.#handOn = (bytes, of = name) => {
        if (of !== name) return;
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

  #hearState(said) {
    if (said === null) return;
    const before = this.#state;
    if (!this.#ready) this.#injected = this.#kept?.injected ?? 0;
    const state = Object.freeze({ ...said, injected: this.#leader()?.injected ?? said.injected + this.#injected });
    this.#state = state;
    if (!this.#ready) {
      this.#ready = true;
      if (this.#kept) this.#say({ type: "seek", seconds: this.#kept.time });
      this.#kept = null;
      this.#repaint(); // what is around it may have changed meanwhile
      this.#queue.splice(0).forEach((message) => this.#say(message));
      this.#settle();
      this.#tell("ready", state);
    }
    this.#follow();
    for (const follower of this.#followers()) follower.#follow();
    if (before && calm(state.hash) !== calm(before.hash)) this.#again = before.time;
    this.#tell("state", state);
    state.lanes.forEach((lane, i) => {
      const more = lane.lost - (before?.lanes[i]?.lost ?? 0);
      if (more > 0 && before && state.time >= before.time && state.time > this.#again) this.#tell("lost", Object.freeze({ lane: i + 1, name: lane.name, lost: lane.lost, more }));
    });
  }

  /** What it said last; `null` while it does not live. */
  get state() {
    return this.#state;
  }

  /** How many faults were injected since the beginning. */
  get injected() {
    return this.#state?.injected ?? 0;
  }

  #tell(what, detail) {
    this.dispatchEvent(new CustomEvent(`cachelane-${what}`, { detail, bubbles: true, composed: true }));
  }

  /** To the moment of the figure that this one goes with, and with its faults in place of its own. */
  #follow() {
    const there = this.#leader()?.#state;
    if (!this.#ready || !there) return;
    if (there.faults !== this.#state.faults && there.faults !== this.#shared && isText(there.faults, VALUE_MOST)) {
      this.#say({ type: "set", path: "fault", value: there.faults });
      this.#shared = there.faults; // one that cannot have them says so once
    }
    if (Math.abs(there.time - this.#state.time) > 1e-3) this.#say({ type: "seek", seconds: there.time });
  }

  /** What follows the `#` of the frame's address now: as it was left, else as the attributes say. */
  #toOpen() {
    if (this.#experiment === null) return null;
    let hash = (this.#kept?.hash ?? this.#experiment).replace(/&(view\.)?start=[^&]*/g, "");
    if (!/[&#](view\.)?embed=/.test(hash)) hash += "&view.embed=latency,lost"; // a figure stays one
    for (const [name, value] of this.#around()) {
      hash = hash.replace(new RegExp(`&view\\.${name}=[^&]*`), "") + (value ? `&view.${name}=${value}` : "");
    }
    return this.#follows() || (this.#kept && !this.#kept.playing) ? `${hash}&view.start=click` : hash;
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
      const value = this.getAttribute(name) && (name === "lang" ? languageOf(this) : this.getAttribute(name));
      if (value) put(`view.${name}`, words(value).join(","));
    }
    return `#${version ? `v${encode(version)}` : VERSION}&${pairs.join("&")}`;
  }

  /** How it is looked at where its attributes do not say so: as all around it. */
  #around() {
    if (this.hasAttribute("src")) return [];
    const around = { lang: languageOf(this), theme: schemeAround(this), controls: this.#follows() && "none" };
    return Object.entries(around).filter(([name]) => !this.hasAttribute(name));
  }

  #strategies(put) {
    const writes = words(this.getAttribute("write") ?? "");
    if (writes.length === 0) return;
    const reads = words(this.getAttribute("read") ?? "look-aside");
    put("lane.count", writes.length);
    writes.forEach((write, i) => put(`lane.${i}`, `(read:${reads[i] ?? reads[0]},write:${write})`));
  }
}

// <cache-task> is brought where one stands, or comes later.
const arrivals = hasElements && new MutationObserver(bringTasks);
function bringTasks() {
  if (!document.querySelector("cache-task")) return;
  arrivals.disconnect();
  import(new URL("./cache-task.js", BASE));
}

if (hasElements && !customElements.get("cache-lane")) {
  customElements.define("cache-lane", CacheLane);
  arrivals.observe(document.documentElement, { childList: true, subtree: true });
  bringTasks();
  // A page that its reader makes dark, or light again.
  const repaint = new MutationObserver(CacheLane.repaint);
  for (const part of [document.documentElement, document.body].filter(Boolean)) {
    repaint.observe(part, { attributes: true });
    part.addEventListener("transitionend", ({ target }) => target === part && CacheLane.repaint());
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", CacheLane.repaint);
}
