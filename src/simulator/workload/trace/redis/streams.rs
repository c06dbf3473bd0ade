//! Commands on streams. `t_stream.c`.

use super::numbers::{StreamId, stream_id, stream_id_or_star};
use super::reads::read_streams;
use super::{Not, REFUSED, Sink, Words, elements};
use crate::keyspace::Elements;
use crate::workload::trace::left_out::Reason;

pub fn streams(name: &[u8], words: Words<'_>, sink: &mut impl Sink) -> Result<(), Not> {
    let (place, creates) = match name {
        b"xread" | b"xreadgroup" => return read_streams(words, sink),
        b"xadd" => (1, added(words)?),
        b"xtrim" => {
            trimming(words, false)?;
            (1, false)
        }
        b"xgroup" if words.len() < 3 => return Err(Not::LeftOut(Reason::NoKey)),
        b"xgroup" => (2, group(words)?),
        _ => (1, false),
    };
    elements(words, place, Elements::Stream { creates }, sink)
}

/// `XADD key [NOMKSTREAM] [MAXLEN|MINID …] id field value …`: whether it makes a stream.
fn added(words: Words<'_>) -> Result<bool, Not> {
    let Trimming { id, only_if_present } = trimming(words, true)?;
    let fields = words.len().saturating_sub(id + 1);
    if fields < 2 || fields % 2 == 1 {
        return Err(REFUSED);
    }
    let none = StreamId { ms: 0, sequence: Some(0) };
    let refused = !words.is(id, b"*") && stream_id_or_star(words.word(id)?).is_none_or(|id| id == none);
    if refused { Err(REFUSED) } else { Ok(!only_if_present) }
}

/// What stands before the id of `XADD`, and where that is.
struct Trimming {
    id: usize,
    only_if_present: bool,
}

/// The options of `XADD` and `XTRIM` (`streamParseAddOrTrimArgsOrReply`).
fn trimming(words: Words<'_>, adds: bool) -> Result<Trimming, Not> {
    let (mut only_if_present, mut trims, mut about, mut limited, mut place) = (false, false, false, None, 2);
    while place < words.len() && !(adds && words.is(place, b"*")) {
        let more = place + 1 < words.len();
        match words.option(place).as_slice() {
            b"maxlen" | b"minid" if more && !trims => {
                let marked = place + 2 < words.len() && (words.is(place + 1, b"~") || words.is(place + 1, b"="));
                about = marked && words.is(place + 1, b"~");
                let value = place + 1 + usize::from(marked);
                let good = match words.is(place, b"maxlen") {
                    true => words.count(value).is_ok(),
                    false => stream_id(words.word(value)?).is_some(),
                };
                if !good {
                    return Err(REFUSED);
                }
                (trims, place) = (true, value);
            }
            b"maxlen" | b"minid" if more => return Err(REFUSED),
            b"limit" if more => {
                limited = Some(words.count(place + 1)?);
                place += 1;
            }
            b"nomkstream" if adds => only_if_present = true,
            _ if adds => break,
            _ => return Err(REFUSED),
        }
        place += 1;
    }
    let bad_limit = limited.is_some_and(|limit| limit > 0 && !trims || !about);
    if bad_limit || !adds && !trims { Err(REFUSED) } else { Ok(Trimming { id: place, only_if_present }) }
}

/// `XGROUP CREATE key group id [MKSTREAM] [ENTRIESREAD n]` and others: whether it makes a stream.
fn group(words: Words<'_>) -> Result<bool, Not> {
    let creates = words.is(1, b"create");
    if !creates && !words.is(1, b"setid") {
        return Ok(false);
    }
    let (mut makes, mut place) = (false, 5);
    while place < words.len() {
        match words.option(place).as_slice() {
            b"mkstream" if creates => makes = true,
            b"entriesread" if words.integer(place + 1)? >= -1 => place += 1,
            _ => return Err(REFUSED),
        }
        place += 1;
    }
    let good = words.is(4, b"$") || stream_id(words.word(4)?).is_some();
    if good { Ok(makes) } else { Err(REFUSED) }
}
