//! A file's bytes, freed of what they are wrapped in: zstd, gzip, xz, one in the other, and UTF-16. Where lines end with a
//! carriage return alone, as on the first Macintosh, they end with a line feed after it.
//!
//! What a layer is, its first bytes say. Each is read as a stream with a window of bounded size, may be several parts one
//! after the other, and is refused where it is damaged or cut off.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::GzDecoder;
use lzma_rust2::XzReader;

use super::zstd::{self, Zstd};
use super::{Input, Problem, TraceError, detect, lines};
use crate::phrase::{Phrase, phrase};

/// How much of a file is looked at to know what it is, in bytes.
pub const HEAD_BYTES: usize = 64 << 10;

/// Layers one in the other, at most: more is no trace that anyone would make.
const LAYERS_MAX: usize = 4;

/// The most memory that a window of xz may take, in KiB: what `xz -9e` writes needs 65 MiB.
const XZ_KIB_MAX: u32 = 128 << 10;

const GZIP: [u8; 3] = [0x1F, 0x8B, 8];
const XZ: [u8; 6] = [0xFD, b'7', b'z', b'X', b'Z', 0];

/// How many bytes were taken of something so far.
#[derive(Clone, Debug, Default)]
pub struct Meter(Rc<Cell<u64>>);

impl Meter {
    /// The bytes.
    pub fn bytes(&self) -> u64 {
        self.0.get()
    }
}

/// Counts what is read through it.
struct Metered<R> {
    reader: R,
    meter: Meter,
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(buffer)?;
        self.meter.0.set(self.meter.0.get() + length as u64);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    #[inline]
    fn consume(&mut self, length: usize) {
        self.reader.consume(length);
        self.meter.0.set(self.meter.0.get() + length as u64);
    }
}

/// A file without its wrapping.
pub struct Unpacked<'a> {
    /// Its name without `.zst`, `.gz` or `.xz`.
    pub name: String,
    /// The tool that frees it of its outermost layer.
    pub tool: Option<&'static str>,
    /// Its first bytes.
    pub head: Vec<u8>,
    /// All of it.
    pub input: Input<'a>,
    /// Of the file as it lies on the disk, what was read.
    pub packed: Meter,
    /// Of what was in it, what was read.
    pub unpacked: Meter,
}

/// Frees `reader`, whose file is called `name`, of its wrapping.
///
/// # Errors
/// When it cannot be read, is damaged, or is wrapped too often.
pub fn unpack<'a>(name: &str, reader: impl BufRead + 'a) -> Result<Unpacked<'a>, TraceError> {
    let unread = |error| lines::wrong(1, Problem::Read(error));
    let (packed, unpacked) = (Meter::default(), Meter::default());
    let mut input: Input<'a> = Box::new(Metered { reader, meter: packed.clone() });
    let (mut name, mut tool) = (name.to_owned(), None);
    for _ in 0..=LAYERS_MAX {
        let (head, whole) = peek(input).map_err(unread)?;
        type Decoder<'a> = (Box<dyn Read + 'a>, &'static [&'static str], &'static str);
        let (decoder, endings, by): Decoder<'a> = if zstd::is(&head) {
            (Box::new(Zstd::new(whole)), &[".zst", ".zstd"], "zstd -dc")
        } else if head.starts_with(&GZIP) {
            (Box::new(Told(Gzip::new(whole))), &[".gz", ".gzip"], "gzip -dc")
        } else if head.starts_with(&XZ) {
            (Box::new(Told(XzReader::new_mem_limit(whole, true, XZ_KIB_MAX))), &[".xz"], "xz -dc")
        } else if let Some(endian) = Utf16::of(&head) {
            let endian_name = if endian == Endian::Little { "iconv -f UTF-16LE" } else { "iconv -f UTF-16BE" };
            (Box::new(Utf16::new(whole, endian)), &[], endian_name)
        } else {
            let ends = ends_with_returns(&head);
            let head = if ends { Returns::new(&head[..]).all()? } else { head };
            let whole: Input<'a> =
                if ends { Box::new(BufReader::with_capacity(1 << 16, Returns::new(whole))) } else { whole };
            let input = Box::new(Metered { reader: whole, meter: unpacked.clone() });
            return Ok(Unpacked { name, tool, head, input, packed, unpacked });
        };
        tool = tool.or(Some(by));
        let stripped = endings.iter().find_map(|ending| name.strip_suffix(ending)).map(str::to_owned);
        name = stripped.unwrap_or(name);
        input = Box::new(BufReader::with_capacity(1 << 16, decoder));
    }
    Err(unread(io::Error::other(phrase!(
        "it is compressed more than {LAYERS_MAX} times; unpack it first",
        "{LAYERS_MAX}번 넘게 압축되어 있습니다. 먼저 압축을 푸세요"
    ))))
}

/// The first bytes of a file, and the file as if they had not been read.
fn peek(mut input: Input<'_>) -> io::Result<(Vec<u8>, Input<'_>)> {
    let mut head = Vec::new();
    input.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let whole = io::Cursor::new(head.clone()).chain(input);
    Ok((head, Box::new(whole)))
}

/// What is said of damaged data.
pub fn damaged() -> io::Error {
    io::Error::other(Phrase::fixed(
        "the compressed data is damaged or cut off; fetch it again",
        "압축된 데이터가 손상되었거나 잘렸습니다. 다시 받으세요",
    ))
}

/// What is said where something else follows the data that a tool packed.
pub fn followed(tool: &str) -> io::Error {
    io::Error::other(phrase!(
        "the compressed data is followed by other bytes, which are not {tool}'s; if they are not needed: {tool} -dc FILE | \
         cachelane replay -",
        "압축된 데이터 뒤에 {tool}의 것이 아닌 바이트가 있습니다. 필요 없다면: {tool} -dc FILE | cachelane replay -"
    ))
}

/// Whether the decoder means what stands after the end of a stream.
fn is_after_xz(error: &io::Error) -> bool {
    let text = error.to_string();
    ["incomplete XZ magic", "invalid data after stream", "stream padding size"].iter().any(|known| text.contains(known))
}

/// Decompresses gzip's members, one after the other. Zeros after one are padding, as for gzip itself.
struct Gzip<R>(Option<GzDecoder<R>>);

impl<R: BufRead> Gzip<R> {
    fn new(reader: R) -> Gzip<R> {
        Gzip(Some(GzDecoder::new(reader)))
    }

    /// Begins the next member, if there is one.
    fn next_member(mut reader: R) -> io::Result<Option<GzDecoder<R>>> {
        loop {
            let held = reader.fill_buf()?;
            let Some(at) = held.iter().position(|byte| *byte != 0) else {
                let length = held.len();
                reader.consume(length);
                if length == 0 {
                    return Ok(None);
                }
                continue;
            };
            if held[at] != GZIP[0] || held.get(at + 1).is_some_and(|byte| *byte != GZIP[1]) {
                return Err(followed("gzip"));
            }
            reader.consume(at);
            return Ok(Some(GzDecoder::new(reader)));
        }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.0 {
            let length = decoder.read(buffer)?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            self.0 = self.0.take().map(|done| Gzip::next_member(done.into_inner())).transpose()?.flatten();
        }
        Ok(0)
    }
}

/// Whether the lines of a file that begins so end with carriage returns.
fn ends_with_returns(head: &[u8]) -> bool {
    head.contains(&b'\r') && !head.contains(&b'\n') && detect::is_text(head, &[])
}

/// A text whose lines end with carriage returns, given with line feeds.
struct Returns<R> {
    reader: R,
    /// Whether the byte before was a carriage return: a line feed after it is no line's end.
    after_return: bool,
}

impl<R: Read> Returns<R> {
    fn new(reader: R) -> Returns<R> {
        Returns { reader, after_return: false }
    }

    fn all(mut self) -> Result<Vec<u8>, TraceError> {
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes).map_err(|error| lines::wrong(1, Problem::Read(error)))?;
        Ok(bytes)
    }
}

impl<R: Read> Read for Returns<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let length = self.reader.read(buffer)?;
            let mut kept = 0;
            for at in 0..length {
                let byte = buffer[at];
                if byte != b'\n' || !self.after_return {
                    buffer[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
                self.after_return = byte == b'\r';
            }
            if kept > 0 || length == 0 {
                return Ok(kept);
            }
        }
    }
}

/// A decoder whose errors say that it is the compressed data that is wrong.
struct Told<R>(R);

impl<R: Read> Read for Told<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            io::ErrorKind::OutOfMemory => {
                let mib = XZ_KIB_MAX >> 10;
                io::Error::other(phrase!(
                    "the compressed data needs a window of more than {mib} MiB; let `xz -dc FILE | cachelane replay -` read it",
                    "압축을 푸는 데 {mib} MiB가 넘는 윈도가 필요합니다. 대신 xz -dc FILE | cachelane replay - 로 읽으세요"
                ))
            }
            io::ErrorKind::InvalidInput if is_after_xz(&error) => followed("xz"),
            io::ErrorKind::InvalidData if is_after_xz(&error) => followed("xz"),
            io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidData
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::Unsupported => damaged(),
            // What is below it has its own words.
            _ => error,
        })
    }
}

/// Which byte of a UTF-16 unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endian {
    Little,
    Big,
}

impl Endian {
    fn unit(self, pair: [u8; 2]) -> u16 {
        match self {
            Endian::Little => u16::from_le_bytes(pair),
            Endian::Big => u16::from_be_bytes(pair),
        }
    }
}

/// Text in UTF-16, as Windows PowerShell's `>` writes it, turned into UTF-8. A byte-order mark stays.
struct Utf16<R> {
    reader: R,
    endian: Endian,
    /// Encoded, not yet given.
    ready: Vec<u8>,
    given: usize,
    /// The first half of a pair.
    high: Option<u16>,
}

impl<R: BufRead> Utf16<R> {
    fn new(reader: R, endian: Endian) -> Utf16<R> {
        Utf16 { reader, endian, ready: Vec::new(), given: 0, high: None }
    }

    /// Encodes what the reader has at hand; false at the end.
    fn refill(&mut self) -> io::Result<bool> {
        let wrong = |what: Phrase| {
            let sentence = phrase!(
                "the text is not UTF-16 all the way: {what}",
                "텍스트에 UTF-16이 아닌 부분이 있습니다: {what}",
                what
            );
            io::Error::other(sentence)
        };
        self.ready.clear();
        self.given = 0;
        let held = self.reader.fill_buf()?;
        let pairs = held.len() / 2;
        if pairs == 0 {
            let mut pair = [0; 2];
            let found = read_up_to(&mut self.reader, &mut pair)?;
            return match found {
                0 if self.high.is_some() => {
                    Err(wrong(Phrase::fixed("it ends within a character", "문자 중간에서 끝납니다")))
                }
                0 => Ok(false),
                1 => Err(wrong(Phrase::fixed(
                    "it has an odd number of bytes; is it cut off?",
                    "바이트 수가 홀수입니다. 파일이 잘렸는지 확인하세요",
                ))),
                _ => self.encode(pair).map_err(wrong).map(|()| true),
            };
        }
        let taken: Vec<[u8; 2]> = held.as_chunks::<2>().0[..pairs.min(4096)].to_vec();
        self.reader.consume(taken.len() * 2);
        taken.into_iter().try_for_each(|pair| self.encode(pair)).map_err(wrong)?;
        Ok(true)
    }

    fn encode(&mut self, pair: [u8; 2]) -> Result<(), Phrase> {
        let unit = self.endian.unit(pair);
        let units = match (self.high.take(), unit) {
            (None, 0xD800..=0xDBFF) => {
                self.high = Some(unit);
                return Ok(());
            }
            (Some(high), _) => vec![high, unit],
            (None, _) => vec![unit],
        };
        for character in char::decode_utf16(units) {
            let character = character
                .map_err(|_| Phrase::fixed("half of a pair stands alone", "서로게이트 쌍의 절반만 있습니다"))?;
            self.ready.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

impl Utf16<()> {
    /// Whether a file that begins so is text in UTF-16: it has a byte-order mark, or every other byte is zero; and what
    /// it then says is text.
    fn of(head: &[u8]) -> Option<Endian> {
        let pairs = head.as_chunks::<2>().0;
        let zeros = |at: usize| pairs.len() >= 4 && pairs.iter().take(64).all(|pair| pair[at] == 0);
        let endian = match head {
            [0xFF, 0xFE, ..] => Endian::Little,
            [0xFE, 0xFF, ..] => Endian::Big,
            _ if zeros(1) => Endian::Little,
            _ if zeros(0) => Endian::Big,
            _ => return None,
        };
        let is_text = |unit: u16| unit >= 32 && unit != 0xFFFF || matches!(unit, 9 | 10 | 13);
        pairs.iter().take(2048).all(|pair| is_text(endian.unit(*pair))).then_some(endian)
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() {
            if buffer.is_empty() || !self.refill()? {
                return Ok(0);
            }
        }
        let length = buffer.len().min(self.ready.len() - self.given);
        buffer[..length].copy_from_slice(&self.ready[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

/// Reads until the buffer is full or the file ends; how much was read.
pub fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'a\nb\na\n'`, packed by the tools themselves (gzip -n, xz).
    const GZ: &[u8] = &[
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0xE4, 0x4A, 0xE2, 0x4A, 0xE4, 2, 0, 0x5B, 0x6C, 0x51, 0x38, 6, 0, 0,
        0,
    ];

    const XZ_FILE: &[u8] = &[
        0xFD, b'7', b'z', b'X', b'Z', 0, 0, 4, 0xE6, 0xD6, 0xB4, 0x46, 2, 0, 0x21, 1, 0x16, 0, 0, 0, 0x74, 0x2F, 0xE5,
        0xA3, 1, 0, 5, 0x61, 0x0A, 0x62, 0x0A, 0x61, 0x0A, 0, 0, 0, 0xFA, 0x3A, 0x24, 7, 3, 0xB2, 0xB0, 0x25, 0, 1,
        0x1E, 6, 0xC1, 0x2F, 0xA4, 0x1D, 0x1F, 0xB6, 0xF3, 0x7D, 1, 0, 0, 0, 0, 4, 0x59, 0x5A,
    ];

    fn read(bytes: &[u8]) -> Result<String, String> {
        let mut text = String::new();
        let mut unpacked = unpack("x", bytes).map_err(|error| error.to_string())?;
        unpacked.input.read_to_string(&mut text).map_err(|error| error.to_string())?;
        Ok(text)
    }

    fn utf16(text: &str, endian: Endian, mark: bool) -> Vec<u8> {
        let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        let bytes = units.flat_map(|unit| match endian {
            Endian::Little => unit.to_le_bytes(),
            Endian::Big => unit.to_be_bytes(),
        });
        bytes.collect()
    }

    #[test]
    fn gzip_is_read_member_after_member_and_refused_where_cut_off() {
        assert_eq!(read(GZ).unwrap(), "a\nb\na\n");
        assert_eq!(read(&[GZ, GZ].concat()).unwrap(), "a\nb\na\na\nb\na\n");
        for length in 3..GZ.len() {
            assert!(read(&GZ[..length]).unwrap_err().contains("damaged or cut off"), "cut after {length}");
        }
    }

    #[test]
    fn xz_is_read_stream_after_stream_and_refused_where_cut_off_or_damaged() {
        assert_eq!(read(XZ_FILE).unwrap(), "a\nb\na\n");
        assert_eq!(read(&[XZ_FILE, XZ_FILE].concat()).unwrap(), "a\nb\na\na\nb\na\n");
        assert_eq!(read(&[XZ_FILE, &[0; 8], XZ_FILE].concat()).unwrap(), "a\nb\na\na\nb\na\n", "padded in between");
        for length in XZ.len()..XZ_FILE.len() {
            assert!(read(&XZ_FILE[..length]).unwrap_err().contains("damaged or cut off"), "cut after {length}");
        }
        for after in [&b"hello"[..], b"\0\0\0\0hello", b"\xFD7zXY ", b"\0\0\0"] {
            let told = read(&[XZ_FILE, after].concat()).unwrap_err();
            assert!(told.contains("followed by other bytes, which are not xz's"), "{after:?}: {told}");
        }
        let mut damaged = XZ_FILE.to_vec();
        damaged[27] ^= 1;
        assert!(read(&damaged).unwrap_err().contains("damaged or cut off"));
    }

    #[test]
    fn one_packing_may_be_in_another_but_not_for_ever() {
        let mut packed = GZ.to_vec();
        for layer in 1..=LAYERS_MAX + 1 {
            assert_eq!(read(&packed).is_ok(), layer <= LAYERS_MAX, "{layer} layers");
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            io::Write::write_all(&mut encoder, &packed).unwrap();
            packed = encoder.finish().unwrap();
        }
    }

    #[test]
    fn utf_16_is_read_in_both_orders_with_or_without_a_mark() {
        for endian in [Endian::Little, Endian::Big] {
            let text = "user:1\r\n한글\r\n😀 and more\r\n".repeat(3_000);
            assert_eq!(read(&utf16(&text, endian, true)).unwrap().trim_start_matches('\u{feff}'), text);
            assert_eq!(read(&utf16("user:1\nuser:2\n", endian, false)).unwrap(), "user:1\nuser:2\n");
            let bytes = utf16("user:1\n", endian, true);
            assert!(read(&bytes[..bytes.len() - 1]).unwrap_err().contains("odd number of bytes"));
        }
        let halves = [0xFF, 0xFE, b'a', 0, 0x00, 0xD8, b'b', 0];
        assert!(read(&halves).unwrap_err().contains("half of a pair"));
    }

    #[test]
    fn a_file_that_only_begins_like_utf_16_is_left_as_it_is() {
        let binary = [0xFF, 0xFE, 1, 0, 2, 0];
        assert_eq!(unpack("x", &binary[..]).unwrap().head, binary);
    }

    #[test]
    fn meters_count_what_lies_on_the_disk_and_what_is_in_it() {
        let mut unpacked = unpack("a.txt.gz", GZ).unwrap();
        assert_eq!((unpacked.name.as_str(), unpacked.unpacked.bytes()), ("a.txt", 0));
        io::copy(&mut unpacked.input, &mut io::sink()).unwrap();
        assert_eq!((unpacked.packed.bytes(), unpacked.unpacked.bytes()), (GZ.len() as u64, 6));
    }
}
