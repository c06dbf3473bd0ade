// <cache-lane>: a Cachelane figure in a page of your own.
//
//   <script type="module" src="https://…/embed.js"></script>
//   <cache-lane preset="default" write="write-through write-back" figures="latency lost" controls="play crash"></cache-lane>
//
//   preset    the experiment to begin from; `default` unless told
//   write     the writing strategies to compare, one lane each: write-around, write-through, write-back
//   read      the reading strategy of those lanes, or one for each: look-aside (unless told), read-through, none
//   lanes     instead of `write`: which of the preset's lanes to show, by number from 1
//   figures   latency, hits, lost
//   controls  play, crash, speed, lanes, step; or none
//   lang, theme, speed, start (visible or click), axis (log or linear), percentile (p50 or p99)
//   src       instead of all that: an address copied from the simulator's share dialog
//   version   which presets and defaults are meant, as in links: 2 unless told; a post keeps its figures with it
//   seed, duration, and any field with a dot in its name, such as cache.ttl="5s": settings of the experiment
//
// The element holds an iframe, listens to nothing but that iframe's own window, and takes from it its height alone.

const BASE = new URL("./", import.meta.url);
const VERSION = "v2";
const VIEW = ["controls", "lanes", "lang", "theme", "speed", "start", "axis", "percentile"];
const HEIGHT = { first: 560, least: 120, most: 4000 };

const words = (text) => text.split(/[\s,]+/).filter(Boolean);

class CacheLane extends HTMLElement {
  static observedAttributes = ["src", "preset", "write", "read", "figures", "version", ...VIEW];

  #frame = null;
  #hear = (event) => {
    const frame = this.#frame;
    if (!frame || event.source !== frame.contentWindow || event.origin !== new URL(frame.src).origin) return;
    const said = event.data;
    if (said?.source !== "cachelane" || said.type !== "height" || !Number.isFinite(said.height)) return;
    frame.style.height = `${Math.min(Math.max(said.height, HEIGHT.least), HEIGHT.most)}px`;
  };

  connectedCallback() {
    addEventListener("message", this.#hear);
    this.#show();
  }

  disconnectedCallback() {
    removeEventListener("message", this.#hear);
    this.#frame = null;
    this.replaceChildren();
  }

  attributeChangedCallback() {
    if (this.#frame) this.#show();
  }

  #show() {
    const frame = document.createElement("iframe");
    frame.src = this.#address();
    frame.title = this.getAttribute("title") ?? "Cachelane: cache strategies, side by side";
    frame.loading = "lazy";
    frame.allow = "clipboard-write";
    frame.style.cssText = `display: block; width: 100%; height: ${HEIGHT.first}px; border: 0; color-scheme: normal;`;
    this.style.display = "block";
    this.#frame = frame;
    this.replaceChildren(frame);
  }

  #address() {
    const src = this.getAttribute("src");
    if (src) {
      const address = new URL(src, document.baseURI);
      if (!/[&#](view\.)?embed=/.test(address.hash)) address.hash = `${address.hash || `#${VERSION}`}&view.embed=latency,lost`;
      return address.href;
    }
    const version = this.getAttribute("version");
    const pairs = [];
    const put = (key, value) => pairs.push(`${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
    put("preset", this.getAttribute("preset") ?? "default");
    for (const { name, value } of this.attributes) {
      if (name.includes(".") || name === "seed" || name === "duration" || name === "warmup") put(name, value);
    }
    this.#strategies(put);
    put("view.embed", words(this.getAttribute("figures") ?? "latency lost").join(","));
    for (const name of VIEW) {
      const value = this.getAttribute(name);
      if (value !== null) put(`view.${name}`, words(value).join(","));
    }
    return new URL(`#${version ? `v${encodeURIComponent(version)}` : VERSION}&${pairs.join("&")}`, BASE).href;
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
