// <cache-task for="id" when="lost < 10">: something for the reader to do in a figure; it ticks itself off.
//
// embed.js brings this where such an element stands. embed.d.ts says what `when` may hold.

import { isKorean, make, shadow, shown } from "./embed.js";

const TEXT = {
  en: { open: "To do", done: "Done", unclear: (when) => `(when="${when}" cannot be read; write something like: lost < 10)` },
  ko: { open: "할 일", done: "완료", unclear: (when) => `(when="${when}"을 해석할 수 없습니다. 예: lost < 10)` },
};

const textOf = (element) => TEXT[isKorean(element) ? "ko" : "en"];

/** What a task asks for: `lost < 10`, `hit_ratio >= 90 %`, `time > 30`, with commas or `and` between; `null` if unclear. */
function conditionsOf(when) {
  const parts = when.split(/\s*,\s*|\s+and\s+/).map((part) => part.match(/^\s*([a-z][a-z0-9_]*)\s*(<=|>=|<|>|=)\s*(\d+(?:\.\d+)?)\s*(%|ms|s)?\s*$/));
  return parts.includes(null) ? null : parts.map(([, name, sign, bound, unit]) => ({ name, sign, bound: unit === "%" ? bound / 100 : Number(bound) }));
}

const HOLDS = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b, "=": (a, b) => a === b };

class CacheTask extends HTMLElement {
  static observedAttributes = ["when", "lang"];

  #mark = make("span", { textContent: "☐ " });
  #note = make("small");
  #said = make("span", { className: "unseen" });

  constructor() {
    super();
    this.#mark.role = "img";
    this.#said.role = "status";
    shadow(this, this.#mark, make("slot"), this.#note, this.#said);
  }

  connectedCallback() {
    document.addEventListener("cachelane-state", this.#look);
    this.#show();
  }

  disconnectedCallback() {
    document.removeEventListener("cachelane-state", this.#look);
  }

  attributeChangedCallback() {
    this.#show();
  }

  get done() {
    return this.hasAttribute("done");
  }

  #show() {
    const text = textOf(this);
    const when = this.getAttribute("when") ?? "";
    this.#mark.textContent = this.done ? "☑ " : "☐ ";
    this.#mark.ariaLabel = this.done ? text.done : text.open;
    this.#note.textContent = conditionsOf(when) ? "" : ` ${text.unclear(shown(when))}`;
  }

  #look = ({ target, detail }) => {
    if (this.done || target.id !== this.getAttribute("for") || !this.#holds(target, detail)) return;
    this.setAttribute("done", "");
    this.#show();
    this.#said.textContent = `${textOf(this).done}: ${this.textContent}`;
    this.dispatchEvent(new CustomEvent("cachelane-done", { bubbles: true, composed: true }));
  };

  /** What must stay low is known at the end of a run, for each lane; what must get high, as soon as one lane has it. */
  #holds(figure, { lanes, time, finished }) {
    const conditions = conditionsOf(this.getAttribute("when") ?? "");
    const lane = Number(this.getAttribute("lane") ?? 0);
    const asked = lane > 0 ? lanes.slice(lane - 1, lane) : lanes;
    return conditions?.every(({ name, sign, bound }) => {
      const holds = (value) => value !== undefined && HOLDS[sign](value, bound);
      if (name === "time") return holds(time);
      if (name === "injected") return holds(figure.injected);
      if (sign.startsWith(">")) return asked.some((lane) => holds(lane[name]));
      return finished && asked.length > 0 && asked.every((lane) => holds(lane[name]));
    });
  }
}

if (!customElements.get("cache-task")) customElements.define("cache-task", CacheTask);
