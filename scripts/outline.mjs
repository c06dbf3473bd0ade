// Takes what does not run out of functions that do: a branch, or the end of a block, becomes a function of its own, which
// scripts/split.mjs puts into the second part of a program. It is handed those of its function's locals that it reads, and gives
// back those that are read later, with where to go on.
//
// WebAssembly's blocks are entered at their beginnings only. So if one thing in a block has not run, neither has what follows it
// there, and that end is cut off in one piece.
import { createHash } from "node:crypto";
import binaryen from "binaryen";

/** What each kind of expression contains, in the order in which it is evaluated. */
const PARTS = {
  Nop: [], Block: ["children"], If: ["condition", "ifTrue", "ifFalse"], Loop: ["body"], Break: ["value", "condition"], Switch: ["value", "condition"],
  Call: ["operands"], CallIndirect: ["operands", "target"], LocalGet: [], LocalSet: ["value"], GlobalGet: [], GlobalSet: ["value"],
  Load: ["ptr"], Store: ["ptr", "value"], MemoryCopy: ["dest", "source", "size"], MemoryFill: ["dest", "value", "size"], MemorySize: [],
  MemoryGrow: ["delta"], Const: [], Unary: ["value"], Binary: ["left", "right"], Select: ["ifTrue", "ifFalse", "condition"], Drop: ["value"],
  Return: ["value"], Unreachable: [], RefNull: [], RefIsNull: ["value"], RefFunc: [], TableGet: ["index"], TableSet: ["index", "value"],
  TableSize: [], TableGrow: ["value", "delta"],
};
const KINDS = Object.fromEntries(Object.keys(PARTS).map((kind) => [binaryen[`${kind}Id`], kind]));

/** What is smaller, in expressions, is not worth a call. */
const LEAST = 16;

const short = (text) => createHash("sha256").update(text).digest("hex").slice(0, 8);

/** By what a function is known from one build to the next: its name, which says for which types it is, without the numbers of
 *  crates. Ten times shorter than the names themselves. */
export const markOf = (name) => short(name.replaceAll(/\[[0-9a-f]+\]|\.\d+$/g, ""));

const called = new Map();
/** The mark of a function that is called, as a number. */
function calledMark(name) {
  if (!called.has(name)) called.set(name, parseInt(markOf(name), 16));
  return called.get(name);
}

const mixed = (one, other) => {
  const product = Math.imul(one ^ other, 0x9e3779b1);
  return product ^ (product >>> 15);
};

/** An expression with all that it contains, as plain objects; of kind "Other" where binaryen does not say what that is. Alike
 *  code has the same `hash`, whatever its numbers and locals. */
export function treeOf(pointer) {
  const id = binaryen.getExpressionId(pointer);
  const kind = KINDS[id];
  if (!kind) return { kind: "Other", pointer, inner: [], size: 1, hash: id, isWhole: false };
  // Of what contains nothing it says no more than the type.
  const info = binaryen[kind] ? binaryen.getExpressionInfo(pointer) : { type: binaryen.getExpressionType(pointer) };
  const inner = PARTS[kind].flatMap((part) => info[part]).filter((part) => part).map(treeOf);
  const own = kind === "Call" ? calledMark(info.target) : (info.op ?? info.bytes ?? 0);
  return {
    ...info, kind, pointer, inner,
    size: inner.reduce((sum, part) => sum + part.size, 1),
    hash: inner.reduce((hash, part) => mixed(hash, part.hash), mixed(id, own)),
    isWhole: inner.every((part) => part.isWhole),
    mayLeave: ["Break", "Switch", "Return", "Unreachable"].includes(kind) || inner.some((part) => part.mayLeave),
  };
}

/** Where a function may not come though it comes to what is around: a branch, or what follows in a block on something that may
 *  leave it. Each with the place that it is in, from the outer ones to the inner ones. */
function placesOf(body, mark) {
  const places = [];
  const found = (within, at, end, owner) => {
    const cut = within.inner.slice(at, end);
    if (cut.reduce((sum, part) => sum + part.size, 0) < LEAST) return owner;
    const place = { within, at, cut, owner, key: short(cut.reduce((text, part) => `${text} ${part.hash}`, mark)) };
    places.push(place);
    return place;
  };
  const visit = (node, owner) => {
    let here = owner;
    for (const [at, part] of node.inner.entries()) {
      if (node.kind === "If") here = at > 0 ? found(node, at, at + 1, owner) : owner;
      else if (node.kind === "Block" && at > 0 && node.inner[at - 1].mayLeave) here = found(node, at, node.inner.length, here);
      visit(part, here);
    }
  };
  if (body.isWhole) visit(body, null);
  return places;
}

const setBranch = ({ pointer }, at, branch) => (at === 1 ? binaryen.If(pointer).setIfTrue(branch) : binaryen.If(pointer).setIfFalse(branch));

/** Has each place of the functions say that it was reached, in a variable that is exported as `reached KEY OWNER`. */
export function countPlaces(module, functions) {
  const known = new Set();
  for (const { name, body } of functions) {
    const mark = markOf(name);
    // The inner ones, and those further back in a block, first: so the others stay where they are.
    for (const { within, at, cut, owner, key } of placesOf(treeOf(body), mark).reverse()) {
      const variable = `reached ${key} ${owner?.key ?? mark}`;
      if (!known.has(variable)) {
        known.add(variable);
        module.addGlobal(variable, binaryen.i32, true, module.i32.const(0));
        module.addGlobalExport(variable, variable);
      }
      const reached = module.global.set(variable, module.i32.const(1));
      if (within.kind === "Block") binaryen.Block(within.pointer).insertChildAt(at, reached);
      else setBranch(within, at, module.block(null, [reached, binaryen.getExpressionInfo(within.pointer)[at === 1 ? "ifTrue" : "ifFalse"]], cut[0].type));
    }
  }
}

const bitOf = (index) => 1n << BigInt(index);

/** Finds which locals are still read, as bits, before each part of a function (`before`) and after it (`after`). What it gives
 *  tells the same of where the branches to a name go. */
function findLive(body) {
  const named = new Map();
  const at = (name) => named.get(name) ?? 0n;
  const parts = (node, after) => node.inner.reduceRight((live, part) => liveIn(part, live), after);
  const beforeLoop = (node, after) => {
    for (;;) {
      const live = parts(node, after);
      if (!node.name || live === at(node.name)) return live;
      named.set(node.name, live);
    }
  };
  const beforeBranches = ([condition, ...branches], after) => {
    const live = branches.reduce((all, branch) => all | liveIn(branch, after), branches.length < 2 ? after : 0n);
    return liveIn(condition, live);
  };
  const find = (node, after) => {
    switch (node.kind) {
      case "LocalGet": return after | bitOf(node.index);
      case "LocalSet": return parts(node, after & ~bitOf(node.index));
      case "Loop": return beforeLoop(node, after);
      case "If": return beforeBranches(node.inner, after);
      case "Break": return parts(node, at(node.name) | (node.condition ? after : 0n));
      case "Switch": return parts(node, [...node.names, node.defaultName].reduce((all, name) => all | at(name), 0n));
      case "Return":
      case "Unreachable": return parts(node, 0n);
      case "Block": if (node.name) named.set(node.name, after);
    }
    return parts(node, after);
  };
  const liveIn = (node, after) => {
    node.after = after;
    return (node.before = find(node, after));
  };
  liveIn(body, 0n);
  return at;
}

function* allIn(nodes) {
  for (const node of nodes) {
    yield node;
    yield* allIn(node.inner);
  }
}

/** Where `cut` goes on: names of what is left by a branch, and whether it returns or comes to its end. Null where a branch takes
 *  a value along. */
function exitsOf(cut) {
  const [own, targets] = [new Set(), new Set()];
  let returns = false;
  for (const node of allIn(cut)) {
    if (node.kind === "Block" || node.kind === "Loop") own.add(node.name);
    if (node.kind === "Break") targets.add(node.name);
    if (node.kind === "Switch") [...node.names, node.defaultName].forEach((name) => targets.add(name));
    returns ||= node.kind === "Return";
  }
  const names = [...targets].filter((name) => !own.has(name));
  for (const node of allIn(cut)) {
    if (node.value && (node.kind === "Break" || node.kind === "Switch") && [node.name, ...(node.names ?? []), node.defaultName].some((name) => names.includes(name))) return null;
  }
  return { names, returns, ends: cut.every((part) => part.type !== binaryen.unreachable) };
}

const { none, i32, i64, f32, f64, unreachable } = binaryen;
const TYPES = [i32, i64, f32, f64];

/** Two ways to leave a place: at its end, and by leaving its function with it. The others are names of blocks. */
const [END, RETURN] = [Symbol("end"), Symbol("return")];

/** What a place's function is handed (`taken`, numbers of locals) and gives back: which of its `ways` was gone, if there are
 *  several, the value at the end and the one that is returned, and locals (`given`). Locals by type, so that as few types of
 *  functions as can be are needed. Null where it cannot be cut out. */
function contractOf({ cut }, locals, results, liveAt) {
  const exits = exitsOf(cut);
  if (!exits) return null;
  const after = [...exits.names.map(liveAt), exits.ends ? cut.at(-1).after : 0n].reduce((all, bits) => all | bits, 0n);
  const used = new Set();
  let [read, changed] = [0n, 0n];
  for (const { kind, index } of allIn(cut)) {
    if (kind !== "LocalGet" && kind !== "LocalSet") continue;
    used.add(index);
    if (kind === "LocalGet") read |= bitOf(index);
    else changed |= bitOf(index);
  }
  const chosen = (bits) => [...used].filter((index) => bits & bitOf(index)).sort((a, b) => TYPES.indexOf(locals[a]) - TYPES.indexOf(locals[b]) || a - b);
  const given = chosen(changed & after);
  const taken = chosen(cut[0].before & (read | (changed & after)));
  const ways = [...(exits.ends ? [END] : []), ...exits.names, ...(exits.returns ? [RETURN] : [])];
  const value = exits.ends && TYPES.includes(cut.at(-1).type) ? cut.at(-1).type : none;
  const returned = exits.returns ? results : none;
  const back = [...(ways.length > 1 ? [i32] : []), ...[value, returned].filter((type) => type !== none), ...given.map((index) => locals[index])];
  return { ways, taken, given, own: [...used].filter((index) => !taken.includes(index)), value, returned, back };
}

/** Adds a place's function. Whatever way it is left, all that it gives back is given. */
function addPlace(module, { cut }, { ways, taken, given, own, value, returned, back }, locals, name) {
  const places = new Map([...taken, ...own].map((index, i) => [index, i]));
  const zero = (type) => new Map([[i32, () => module.i32.const(0)], [i64, () => module.i64.const(0n)], [f32, () => module.f32.const(0)], [f64, () => module.f64.const(0)]]).get(type)();
  const left = (way, result) => {
    const values = [[value, END], [returned, RETURN]].filter(([type]) => type !== none).map(([type, of]) => (of === way ? result : zero(type)));
    const all = [...(ways.length > 1 ? [module.i32.const(ways.indexOf(way))] : []), ...values, ...given.map((index) => module.local.get(places.get(index), locals[index]))];
    return all.length > 1 ? module.tuple.make(all) : all[0];
  };
  for (const { kind, index, pointer, value: returning } of allIn(cut)) {
    if (kind === "LocalGet") binaryen.LocalGet(pointer).setIndex(places.get(index));
    if (kind === "LocalSet") binaryen.LocalSet(pointer).setIndex(places.get(index));
    if (kind === "Return") binaryen.Return(pointer).setValue(left(RETURN, returning));
  }
  const parts = cut.map((part) => part.pointer);
  const result = places.size; // one more local: locals are given back as they are after the value at the end is made
  if (value !== none) parts.push(module.local.set(result, parts.pop()));
  if (ways.includes(END)) parts.push(module.return(left(END, value === none ? null : module.local.get(result, value))));
  const wrapped = (body, way) => module.block(null, [module.block(way, [body], none), module.return(left(way))], unreachable);
  const body = ways.filter((way) => typeof way === "string").reduce(wrapped, module.block(null, parts, unreachable));
  const typesOf = (indices) => indices.map((index) => locals[index]);
  module.addFunction(name, binaryen.createType(typesOf(taken)), binaryen.createType(back), [...typesOf(own), ...(value === none ? [] : [value])], body);
}

/** What stands there instead: the call, and what follows from what it gives. `calling` are the expressions that call, the call
 *  last; `local` adds a local. */
function standIn(module, { ways, given, value, returned, back }, calling, local) {
  let next = 0;
  const held = back.length > 0 ? local(binaryen.createType(back)) : null;
  const take = () => {
    const place = next++;
    return () => (back.length === 1 ? module.local.get(held, back[0]) : module.tuple.extract(module.local.get(held, binaryen.createType(back)), place));
  };
  const stand = held === null ? [...calling] : [...calling.slice(0, -1), module.local.set(held, calling.at(-1))];
  const way = ways.length > 1 ? take() : null;
  const [atEnd, atReturn] = [value, returned].map((type) => (type === none ? () => undefined : take()));
  for (const index of given) stand.push(module.local.set(index, take()()));
  const is = (number) => (ways.length === 2 && number === 1 ? way() : module.i32.eq(way(), module.i32.const(number)));
  for (const [number, name] of ways.entries()) {
    if (name === END) continue;
    const isLast = !ways.includes(END) && number === ways.length - 1;
    if (name === RETURN) stand.push(isLast ? module.return(atReturn()) : module.if(is(number), module.return(atReturn())));
    else stand.push(isLast ? module.br(name) : module.br(name, is(number)));
  }
  if (ways.length === 0) stand.push(module.unreachable());
  if (value !== none) stand.push(atEnd());
  return stand;
}

/** Puts expressions in the place of those that were cut out. */
function put(module, { within, at, cut }, stand) {
  if (within.kind === "If") return setBranch(within, at, module.block(null, stand, cut[0].type));
  const block = binaryen.Block(within.pointer);
  for (let i = block.getNumChildren() - 1; i >= at; i--) block.removeChildAt(i);
  stand.forEach((part) => block.appendChild(part));
}

/** Functions that places are cut out of: the page's own, and Yew's. Which way others go (how a number is written, a list sorted,
 *  a table grown) depends on values, of which no record meets all. */
const OWN = /^(?!.*(::sort|hashbrown|indexmap|btree|raw_vec)).*(cachelane|yew)/;

/** Makes functions of the places that are listed in `later`: `call` gives the expressions that call one, the call last. Gives
 *  their names. */
export function outline(module, functions, later, call) {
  const names = [];
  for (const own of functions.filter(({ name }) => OWN.test(name)).map(({ name }) => binaryen.getFunctionInfo(module.getFunction(name)))) {
    const tree = treeOf(own.body);
    const isListed = (place) => place && (later.has(place.key) || isListed(place.owner));
    const cuts = placesOf(tree, markOf(own.name)).filter((place) => later.has(place.key) && !isListed(place.owner));
    if (cuts.length === 0) continue;
    const live = findLive(tree);
    const locals = [...binaryen.expandType(own.params), ...own.vars];
    const parameters = binaryen.expandType(own.params).length;
    const local = (type) => locals.push(type) - 1;
    for (const [i, place] of cuts.entries()) {
      const contract = contractOf(place, locals, own.results, live);
      if (!contract) continue;
      const name = `${own.name} (outlined ${i})`;
      const handed = contract.taken.map((index) => module.local.get(index, locals[index]));
      const calling = call(name, handed, binaryen.createType(contract.taken.map((index) => locals[index])), binaryen.createType(contract.back));
      addPlace(module, place, contract, locals, name);
      put(module, place, standIn(module, contract, calling, local));
      names.push(name);
    }
    const body = binaryen.getFunctionInfo(module.getFunction(own.name)).body;
    module.removeFunction(own.name);
    module.addFunction(own.name, own.params, own.results, locals.slice(parameters), body);
  }
  return names;
}
