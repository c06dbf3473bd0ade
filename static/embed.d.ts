/**
 * The contract of `embed.js`: the elements, their methods and events, and the messages between a page and a figure.
 *
 * ```ts
 * const figure = document.querySelector("cache-lane")!;
 * figure.addEventListener("cachelane-lost", ({ detail }) => console.log(`${detail.name} lost ${detail.more} writes`));
 * figure.crash();
 * ```
 */

/** A lane's numbers, by the names that limits have in links; what a lane does not have is not there. */
export interface CacheLaneNumbers {
  /** What the lane is called, in the figure's language. */
  readonly name: string;
  readonly requests: number;
  readonly errors: number;
  /** Acknowledged writes that were lost so far. */
  readonly lost?: number;
  readonly lost_increments?: number;
  /** Stale reads so far. */
  readonly stale?: number;
  /** Shares, 0 to 1. */
  readonly error_share?: number;
  readonly goodput?: number;
  readonly hit_ratio?: number;
  readonly read_hit_ratio?: number;
  /** Milliseconds. */
  readonly read_p50?: number;
  readonly read_p99?: number;
  readonly write_p50?: number;
  readonly write_p99?: number;
}

export interface CacheLaneState {
  /** The moment that is seen, and the run's length, in virtual seconds. */
  readonly time: number;
  readonly duration: number;
  readonly playing: boolean;
  /** Whether the end is seen, after everything has settled. */
  readonly finished: boolean;
  /** The lanes that are shown, in their order. */
  readonly lanes: readonly CacheLaneNumbers[];
  /** The experiment as it is now, with what was changed and injected: what follows the `#` of the simulator's address. */
  readonly hash: string;
  /** Its faults, as the value of `fault` in a link: `((at:22.5s,what:cache.crash,for:3s))`. */
  readonly faults: string;
  /** How many of them were injected while it ran. */
  readonly injected: number;
}

export interface CacheLaneLoss {
  /** The lane, from 1 among those that are shown, and its name. */
  readonly lane: number;
  readonly name: string;
  /** Writes lost so far, and since the last event. */
  readonly lost: number;
  readonly more: number;
}

/** Events bubble, and leave shadow roots. States come at most ten times a second. */
export interface CacheLaneEvents {
  /** The figure stands and has run to its first moment; again whenever it comes back after it was put away. */
  "cachelane-ready": CustomEvent<CacheLaneState>;
  /** Something of its state is another one. */
  "cachelane-state": CustomEvent<CacheLaneState>;
  /** A lane has lost acknowledged writes. */
  "cachelane-lost": CustomEvent<CacheLaneLoss>;
  /** Of a `<cache-task>`: it is done. */
  "cachelane-done": CustomEvent<null>;
}

/**
 * `<cache-lane>`. Its attributes, any of which may change at any time:
 *
 * ```text
 * preset    the experiment to begin from; `default` unless told
 * write     the writing strategies to compare, one lane each: write-around, write-through, write-back
 * read      the reading strategy of those lanes, or one for each: look-aside (unless told), read-through, none
 * lanes     instead of `write`: which of the preset's lanes to show, by number from 1
 * figures   any of latency goodput errors hits read-hits misses lost lost-increments stale stale-age diverging db-reads db-rows
 *           db-queue db-busy waiting rejected memory entries
 * controls  play, crash, speed, lanes, step; or none
 * lang      en or ko: what is around it, unless told; a reader's browser decides where that is neither
 * theme     dark or light: as the page around it looks, unless told
 * speed, axis (log or linear), percentile (p50 or p99)
 * start     visible, or click: then nothing of the simulator is loaded before that
 * src       instead of all that: an address copied from the simulator's share dialog
 * version   which presets and defaults are meant, as in links: 2 unless told; a post keeps its figures with it
 * seed, duration, and any field with a dot in its name, such as cache.ttl="5s": settings of the experiment
 * title     what the figure is called
 * poster    the address of a picture that stands there until the figure is alive, and in print; `cachelane poster` draws
 *           one. Else what you put between the tags does.
 * with      the id of another figure: this one goes by its clock, and has its faults in place of its own
 * ```
 *
 * Methods do what the figure's own buttons do, whichever of these it shows, one after the other: `seek(30)` and then
 * `crash()` crash at 30 s. Called before the figure lives, they bring it and are done when it stands (`pause()` alone brings
 * nothing). One that goes with another has that one play, pause, seek and crash.
 */
export interface CacheLaneElement extends HTMLElement {
  play(): void;
  pause(): void;
  /** The cache's process dies at the moment that is seen; a fault of 5 s. */
  crash(): void;
  /**
   * To that second of the run.
   * @throws TypeError if it is no number, or less than 0
   */
  seek(seconds: number): void;
  /**
   * Another value of a field, both as links write them: `set("cache.ttl", "5s")`, `set("lane.0.write", "write-back(every:2s)")`.
   * A value that cannot be is told in the figure and changes nothing.
   * @throws TypeError if the path is no text of at most 200 characters, or the value longer than 10,000
   */
  set(path: string, value: string | number | boolean): void;
  /** What it said last; `null` while it does not live. */
  readonly state: CacheLaneState | null;
  /** How many faults were injected so far. */
  readonly injected: number;
}

/**
 * `<cache-task for="id" when="lost < 10">Find a flush interval that loses fewer than ten writes.</cache-task>` ticks itself
 * off, with the attribute `done`, and stays so.
 *
 * `when`: conditions `NAME SIGN NUMBER`, with `and` or a comma between; shares may have `%` behind the number, times `ms` or `s`
 * (without: latencies are milliseconds, `time` seconds). The names are those of {@link CacheLaneNumbers}, and `time` and
 * `injected`. What must stay low (`<`, `<=`, `=`) is judged at
 * the end of a run, for every lane. What must get high (`>`, `>=`) is enough in one lane: a count or the time as soon as it has
 * it, a share or a latency at the end. `lane="2"` asks that lane alone.
 */
export interface CacheTaskElement extends HTMLElement {
  readonly done: boolean;
}

/**
 * What a page may post to a figure in an `<iframe>` of its own making, with the same effect as the methods. The figure
 * hears its parent window alone and leaves alone what has another shape. It does one after the other: each waits until the
 * one before is done, a value that is set is replaced by the next one of its field, a moment by the next moment. Sixty wait at
 * most, and sixty are done in a second; what comes beyond that is not heard.
 */
export type CacheLaneRequest = { source: "cachelane-host" } & (
  | { type: "play" | "pause" | "crash" }
  | { type: "seek"; seconds: number }
  | { type: "set"; path: string; value: string }
  | { type: "theme"; theme: "dark" | "light" | "system" }
  /** Whether to run on out of sight. */
  | { type: "hold"; on: boolean }
  /** From embed.js alone, which has named the frame "cachelane-guest": the program, or `null` where the figure is to fetch it. */
  | { type: "program"; bytes: ArrayBuffer | null }
);

/** What a figure posts to its parent. A figure that `<cache-lane>` made has the origin `"null"`. */
export type CacheLaneMessage = { source: "cachelane" } & (
  | { type: "height"; height: number }
  | ({ type: "state"; lanes: { name: string; values: Record<string, number> }[] } & Omit<CacheLaneState, "lanes">)
  /** The simulator could not start, and says why in its frame. */
  | { type: "failed" }
  /** To embed.js alone: it asks for its program, or hands on what it has fetched. */
  | { type: "program"; name: string; bytes?: ArrayBuffer }
);

declare global {
  interface HTMLElementTagNameMap {
    "cache-lane": CacheLaneElement;
    "cache-task": CacheTaskElement;
  }
  interface HTMLElementEventMap extends CacheLaneEvents {}
  interface DocumentEventMap extends CacheLaneEvents {}
  interface WindowEventMap extends CacheLaneEvents {}
}
