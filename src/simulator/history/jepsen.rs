//! A history of operations in EDN, as Jepsen writes it: transactions on registers. A read and a write is one of a single step;
//! a read-modify-write reads and then writes, and what a client asked for together is read together. Values are the numbers of
//! writes, so each is written once, as Elle's `rw-register` wants it; a key that nobody has written has nil.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::Answered;
use crate::model::{CallError, WriteId};
use crate::time::Nanos;

/// What happened, a line for each beginning and end, by time. A process does one thing at a time, and nothing after one of
/// which nobody knows whether it took effect: a client with several requests under way has several, one after the other.
pub fn jepsen(answered: &[Answered]) -> String {
    let all = transactions(answered);
    // What ends at a moment is over before what begins then.
    let begun = all.iter().enumerate().map(|(place, parts)| ((parts[0].issued, true, place), place));
    let ended =
        all.iter().enumerate().map(|(place, parts)| ((parts[0].at, parts[0].at == parts[0].issued, place), place));
    let mut events: Vec<((Nanos, bool, usize), bool, usize)> = begun.map(|(key, place)| (key, true, place)).collect();
    events.extend(ended.map(|(key, place)| (key, false, place)));
    events.sort_by_key(|(key, begins, _)| (*key, !*begins));
    let (mut text, processes) = (String::new(), processes(&all));
    for (index, ((time, ..), begins, place)) in events.into_iter().enumerate() {
        let (parts, process) = (&all[place], processes[place]);
        let kind = if begins { "invoke" } else { kind_of(parts[0]) };
        let steps = parts.iter().map(|one| steps(one, !begins)).collect::<Vec<_>>().join(" ");
        let ns = time.0;
        let _ =
            write!(text, "{{:index {index}, :type :{kind}, :process {process}, :time {ns}, :f :txn, :value [{steps}]");
        match parts[0].outcome {
            Err(error) if !begins => {
                let _ = write!(text, ", :error :{}", error.name().replace('_', "-"));
            }
            _ => {}
        }
        text += "}\n";
    }
    text
}

/// What was asked for together, each with its parts. Of a multi-get those that failed are transactions of their own, one for each
/// error.
fn transactions(answered: &[Answered]) -> Vec<Vec<&Answered>> {
    let (mut all, mut places): (Vec<Vec<&Answered>>, BTreeMap<_, usize>) = (Vec::new(), BTreeMap::new());
    for one in answered {
        if let Some(number) = one.part_of {
            // Its client may have asked for it again after a while.
            let error = one.outcome.err().map(CallError::name);
            let place = *places.entry((one.client, number, one.issued, error)).or_insert(all.len());
            if place < all.len() {
                all[place].push(one);
                continue;
            }
        }
        all.push(vec![one]);
    }
    all
}

/// What a request does with its register, and once it is over what it saw there.
fn steps(one: &Answered, is_over: bool) -> String {
    let key = one.key;
    let read = |saw: Option<WriteId>| match saw.filter(|saw| is_over && one.outcome.is_ok() && *saw != WriteId::INITIAL)
    {
        Some(saw) => format!("[:r {key} {}]", saw.0),
        None => format!("[:r {key} nil]"),
    };
    match one.write {
        None => read(one.outcome.ok()),
        Some(write) if one.modifies => format!("{} [:w {key} {}]", read(one.base), write.0),
        Some(write) => format!("[:w {key} {}]", write.0),
    }
}

fn kind_of(one: &Answered) -> &'static str {
    match one.outcome {
        Ok(_) => "ok",
        Err(error) if one.write.is_some() && error.leaves_open() => "info",
        Err(_) => "fail",
    }
}

/// Who does which transaction: numbers of processes from 0.
fn processes(all: &[Vec<&Answered>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|place| all[*place][0].issued);
    // By client: its processes that are free, and when the others will be.
    let mut free: BTreeMap<u32, BTreeSet<(Nanos, usize)>> = BTreeMap::new();
    let (mut processes, mut next) = (vec![0; all.len()], 0);
    for place in order {
        let one = all[place][0];
        let own = free.entry(one.client).or_default();
        let process = match own.first().copied().filter(|(from, _)| *from <= one.issued) {
            Some(first) => {
                own.remove(&first);
                first.1
            }
            None => {
                next += 1;
                next - 1
            }
        };
        processes[place] = process;
        if kind_of(one) != "info" {
            // At the same moment it would not be over yet.
            own.insert((Nanos(one.at.0 + u64::from(one.at == one.issued)), process));
        }
    }
    processes
}
