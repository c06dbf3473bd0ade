// A program that is split does what it did, wherever it is cut.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { execFileSync } from "node:child_process";
import binaryen from "binaryen";

import { bodiesOf, byLikeness } from "../../scripts/order.mjs";

const SPLIT = fileURLToPath(new URL("../../scripts/split.mjs", import.meta.url));
/** Each has a way of its own to leave a branch, or the end of a block; what is done in there is long enough to be worth a cut. */
const LONG = (into, from) => `(local.set ${into} (i32.add (local.get ${into}) (i32.mul (i32.xor (i32.shl (local.get ${from}) (i32.const 3)) (i32.const 77)) (i32.add (local.get ${from}) (i32.const 5)))))`;
const PROGRAM = `(module
  (memory 1) (export "memory" (memory 0))
  (data (i32.const 1024) "constant")
  (func $cachelane::ends (export "ends") (param $n i32) (result i32) (local $sum i32)
    (if (i32.and (local.get $n) (i32.const 1)) (then ${LONG("$sum", "$n")} ${LONG("$sum", "$sum")}) (else (local.set $sum (i32.const 9))))
    (i32.add (local.get $sum) (local.get $n)))
  (func $cachelane::returns (export "returns") (param $n i32) (result i32) (local $sum i32)
    (if (i32.gt_u (local.get $n) (i32.const 5)) (then ${LONG("$sum", "$n")} (if (i32.gt_u (local.get $n) (i32.const 9)) (then (return (local.get $sum)))) ${LONG("$sum", "$n")}))
    (i32.sub (local.get $sum) (local.get $n)))
  (func $cachelane::branches (export "branches") (param $n i32) (result i32) (local $sum i32) (local $i i32)
    (block $out (loop $again
      (br_if $out (i32.ge_u (local.get $i) (local.get $n)))
      (block $second (block $first
        (br_table $first $second $out (i32.rem_u (local.get $i) (i32.const 7))))
        ${LONG("$sum", "$i")} ${LONG("$sum", "$sum")} (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $again))
      ${LONG("$sum", "$i")} ${LONG("$sum", "$n")} (local.set $i (i32.add (local.get $i) (i32.const 3))) (br $again)))
    (i32.add (local.get $sum) (local.get $i)))
  (func $cachelane::has_a_value (export "has_a_value") (param $n i32) (result i32) (local $sum i32) (local $wide i64) (local $half f64)
    (local.set $wide (i64.extend_i32_u (local.get $n)))
    (local.set $sum (if (result i32) (i32.lt_u (local.get $n) (i32.const 4)) (then ${LONG("$sum", "$n")} (local.set $wide (i64.const 7)) (local.set $half (f64.const 1.5)) (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $n) (i32.const 1024)))))
      (else (if (i32.gt_u (local.get $n) (i32.const 20)) (then (local.set $wide (i64.const 5)))) (local.set $half (f64.convert_i32_u (local.get $n))) ${LONG("$sum", "$n")} ${LONG("$sum", "$sum")} (local.get $sum))))
    (i32.add (local.get $sum) (i32.add (i32.wrap_i64 (local.get $wide)) (i32.trunc_sat_f64_s (f64.mul (local.get $half) (f64.const 4))))))
  (func $cachelane::traps (export "traps") (param $n i32) (result i32) (local $sum i32)
    (if (i32.eq (local.get $n) (i32.const 3)) (then ${LONG("$sum", "$n")} (i32.store (i32.const 8) (local.get $sum)) (unreachable)))
    (i32.load (i32.const 8)))
)`;
const FUNCTIONS = ["ends", "returns", "branches", "has_a_value", "traps"];

/** What each function says of each number, one after the other. */
const told = (exports) => FUNCTIONS.map((name) => Array.from({ length: 30 }, (_, n) => {
  try {
    return exports[name](n);
  } catch (error) {
    return error.message;
  }
}));

test("a program does what it did, with each place that can be cut in its second part", () => {
  const folder = mkdtempSync(join(tmpdir(), "cachelane-split-"));
  const path = (name) => join(folder, name);
  const written = binaryen.parseText(PROGRAM);
  written.setFeatures(binaryen.Features.All);
  binaryen.setDebugInfo(true);
  const whole = written.emitBinary();
  const instance = (bytes, imports) => new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  const want = told(instance(whole).exports);

  writeFileSync(path("counted.wasm"), whole);
  execFileSync("node", [SPLIT, "--count", path("counted.wasm")]);
  const counted = instance(readFileSync(path("counted.wasm"))).exports;
  const places = Object.keys(counted).filter((name) => name.startsWith("reached ")).map((name) => name.split(" ")[1]);
  assert.ok(places.length > 6, `${places.length} places are found`);
  assert.deepEqual(told(counted), want, "counting changes nothing");
  const reached = Object.entries(counted).filter(([name, { value }]) => name.startsWith("reached ") && value);
  assert.ok(reached.length > 6, "and it counts");

  // Each by itself, and all together, of which the outer ones are cut.
  for (const later of [...places.map((place) => [place]), places]) {
    writeFileSync(path("program.wasm"), whole);
    writeFileSync(path("later.txt"), later.join("\n"));
    execFileSync("node", [SPLIT, path("program.wasm"), path("later.txt"), path("rest.wasm")], { stdio: "ignore" });
    let loads = 0;
    const program = instance(readFileSync(path("program.wasm")), { rest: { load } }).exports;
    function load() {
      loads += 1;
      const rest = new WebAssembly.Module(readFileSync(path("rest.wasm")));
      const first = { ...program };
      const asked = WebAssembly.Module.imports(rest).filter(({ module, kind }) => module === "first" && kind === "function");
      asked.forEach(({ name }, i) => (first[name] = program.first.get(i)));
      new WebAssembly.Instance(rest, { first });
      program.rest_is_there.value = 1;
    }
    assert.deepEqual(told(program), want, `cut at ${later}`);
    assert.equal(loads, 1, "the rest is called, and loaded once");
  }
  rmSync(folder, { recursive: true });
});

test("functions that are alike come to stand side by side, and every one stands somewhere", () => {
  const constants = (from, count) => Array.from({ length: count }, (_, i) => `(drop (i32.const ${from + 1000 * i}))`).join("");
  // Of four kinds, in turn.
  const functions = Array.from({ length: 12 }, (_, i) => `(func (export "f${i}") ${constants(1e6 * ((i % 4) + 1), 10 + i)})`);
  const order = byLikeness(bodiesOf(binaryen.parseText(`(module ${functions.join("")})`).emitBinary()));
  assert.deepEqual([...order].sort((one, other) => one - other), [...functions.keys()]);
  const kinds = order.map((place) => place % 4);
  assert.equal(kinds.filter((kind, i) => kind !== kinds[i - 1]).length, 4, `${kinds}`);
});
