// <cache-task for="id" when="lost < 10">: something for the reader to do in a figure; it ticks itself off.
//
// embed.js brings this where such an element stands. embed.d.ts says what `when` may hold.

import { isKorean, make, shadow } from "./embed.js";
import { shown } from "./refusal.js";

const TEXT = {
  en: {
    open: "To do",
    done: "Done",
    unclear: (when) => `(when="${when}" cannot be read; write something like: lost < 10. Names: ${NAMES})`,
    nobody: (id) => `(for="${id}": there is no <cache-lane> with this id)`,
  },
  ko: {
    open: "할 일",
    done: "완료",
    unclear: (when) => `(when="${when}"을(를) 해석할 수 없습니다. 예: lost < 10. 쓸 수 있는 이름: ${NAMES})`,
    nobody: (id) => `(for="${id}": 이 id를 가진 <cache-lane>이 없습니다)`,
  },
};

/** What a number with a unit is multiplied with, or divided by; counts have none. */
const MS = { "": [1, 1], ms: [1, 1], s: [1_000, 1] };
const SHARE = { "": [1, 1], "%": [1, 100] };
const SECONDS = { "": [1, 1], s: [1, 1], ms: [1, 1_000] };
const COUNT = { "": [1, 1] };
const UNITS = {
  time: SECONDS, injected: COUNT, requests: COUNT, errors: COUNT, lost: COUNT, lost_increments: COUNT, stale: COUNT,
  error_share: SHARE, goodput: SHARE, hit_ratio: SHARE, read_hit_ratio: SHARE,
  read_p50: MS, read_p99: MS, write_p50: MS, write_p99: MS,
};
const NAMES = Object.keys(UNITS).join(", ");

const textOf = (element) => TEXT[isKorean(element) ? "ko" : "en"];

/** What a task asks for: `lost < 10`, `hit_ratio >= 90 %`, `time > 30`, with commas or `and` between; `null` if unclear. */
function conditionsOf(when) {
  const conditions = when.split(/\s*,\s*|\s+and\s+/).map((part) => {
    const [, name, sign, bound, unit = ""] = part.match(/^\s*([a-z][a-z0-9_]*)\s*(<=|>=|<|>|=)\s*(\d+(?:\.\d+)?)\s*(%|ms|s)?\s*$/) ?? [];
    const [times, by] = (Object.hasOwn(UNITS, name ?? "") && UNITS[name][unit]) || [];
    return times ? { name, sign, bound: (bound * times) / by } : null;
  });
  return conditions.includes(null) ? null : conditions;
}

const HOLDS = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b, "=": (a, b) => a === b };

class CacheTask extends HTMLElement {
  static observedAttributes = ["when", "for", "lang"];

  #mark = make("span", { textContent: "☐ " });
  #note = make("small");
  #said = make("span");

  constructor() {
    super();
    this.#mark.role = "img";
    this.#said.role = "status";
    this.#said.style.cssText = "position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap;";
    shadow(this, this.#mark, make("slot"), this.#note, this.#said);
  }

  connectedCallback() {
    document.addEventListener("cachelane-state", this.#look);
    this.#begin();
  }

  /** Shows what there is to do, and looks whether it is done already. */
  #begin() {
    this.#show();
    const figure = document.getElementById(this.getAttribute("for") ?? "");
    if (figure?.state) this.#look({ target: figure, detail: figure.state });
  }

  disconnectedCallback() {
    document.removeEventListener("cachelane-state", this.#look);
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#begin();
  }

  get done() {
    return this.hasAttribute("done");
  }

  #show() {
    const text = textOf(this);
    const when = this.getAttribute("when") ?? "";
    this.#mark.textContent = this.done ? "☑ " : "☐ ";
    this.#mark.ariaLabel = this.done ? text.done : text.open;
    const id = this.getAttribute("for") ?? "";
    const isThere = document.getElementById(id)?.localName === "cache-lane";
    const wrong = conditionsOf(when) ? !isThere && text.nobody(shown(id)) : text.unclear(shown(when));
    this.#note.textContent = wrong ? ` ${wrong}` : "";
  }

  #look = ({ target, detail }) => {
    if (this.done || target.id !== this.getAttribute("for")) return;
    if (this.#note.textContent) this.#show(); // its figure has come
    if (!this.#holds(target, detail)) return;
    this.setAttribute("done", "");
    this.#show();
    this.#said.textContent = `${textOf(this).done}: ${this.textContent}`;
    this.dispatchEvent(new CustomEvent("cachelane-done", { bubbles: true, composed: true }));
  };

  /** What must stay low is known at the end of a run, for each lane. What must get high is enough in one lane: a count, which
   *  only grows, as soon as it has it, a share or a latency at the end. */
  #holds(figure, { lanes, time, finished }) {
    const conditions = conditionsOf(this.getAttribute("when") ?? "");
    const lane = Number(this.getAttribute("lane") ?? 0);
    const asked = lane > 0 ? lanes.slice(lane - 1, lane) : lanes;
    return conditions?.every(({ name, sign, bound }) => {
      const holds = (value) => value !== undefined && HOLDS[sign](value, bound);
      if (name === "time") return holds(time);
      if (name === "injected") return holds(figure.injected);
      if (sign.startsWith(">")) return (finished || UNITS[name] === COUNT) && asked.some((lane) => holds(lane[name]));
      return finished && asked.length > 0 && asked.every((lane) => holds(lane[name]));
    });
  }
}

if (!customElements.get("cache-task")) customElements.define("cache-task", CacheTask);
