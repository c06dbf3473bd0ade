//! A history of operations in EDN, as Jepsen writes it: each read and write is a transaction of one step on a register. Values
//! are the numbers of writes, so each is written once, as Elle's `rw-register` wants it; a key that nobody has written has nil.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::Answered;
use crate::model::WriteId;
use crate::time::Nanos;

/// What happened, a line for each beginning and end, by time. A process does one thing at a time, and nothing after one of
/// which nobody knows whether it took effect: a client with several requests under way has several, one after the other.
pub fn jepsen(answered: &[Answered]) -> String {
    let mut order: Vec<usize> = (0..answered.len()).collect();
    order.sort_by_key(|place| answered[*place].issued);
    let processes = processes(answered, &order);
    // What ends at a moment is over before what begins then.
    let begun = answered.iter().enumerate().map(|(place, one)| ((one.issued, true, place), place));
    let ended = answered.iter().enumerate().map(|(place, one)| ((one.at, one.at == one.issued, place), place));
    let mut events: Vec<((Nanos, bool, usize), bool, usize)> = begun.map(|(key, place)| (key, true, place)).collect();
    events.extend(ended.map(|(key, place)| (key, false, place)));
    events.sort_by_key(|(key, begins, _)| (*key, !*begins));
    let mut text = String::new();
    for (index, ((time, ..), begins, place)) in events.into_iter().enumerate() {
        let (one, process) = (&answered[place], processes[place]);
        let kind = if begins { "invoke" } else { kind_of(one) };
        let key = one.key;
        let step = match (one.write, one.outcome) {
            (Some(write), _) => format!("[:w {key} {}]", write.0),
            (None, Ok(saw)) if !begins && saw != WriteId::INITIAL => format!("[:r {key} {}]", saw.0),
            (None, _) => format!("[:r {key} nil]"),
        };
        let ns = time.0;
        let _ =
            write!(text, "{{:index {index}, :type :{kind}, :process {process}, :time {ns}, :f :txn, :value [{step}]");
        match one.outcome {
            Err(error) if !begins => {
                let _ = write!(text, ", :error :{}", error.name().replace('_', "-"));
            }
            _ => {}
        }
        text += "}\n";
    }
    text
}

fn kind_of(one: &Answered) -> &'static str {
    match one.outcome {
        Ok(_) => "ok",
        Err(error) if one.write.is_some() && error.leaves_open() => "info",
        Err(_) => "fail",
    }
}

/// Who does what, by the places in `answered`: numbers of processes from 0.
fn processes(answered: &[Answered], order: &[usize]) -> Vec<usize> {
    // By client: its processes that are free, and when the others will be.
    let mut free: BTreeMap<u32, BTreeSet<(Nanos, usize)>> = BTreeMap::new();
    let (mut processes, mut next) = (vec![0; answered.len()], 0);
    for place in order {
        let one = &answered[*place];
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
        processes[*place] = process;
        if kind_of(one) != "info" {
            // At the same moment it would not be over yet.
            own.insert((Nanos(one.at.0 + u64::from(one.at == one.issued)), process));
        }
    }
    processes
}
