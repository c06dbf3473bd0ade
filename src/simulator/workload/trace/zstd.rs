//! Zstandard-compressed traces, decompressed as they are read.
//!
//! RFC 8878. A file may be several frames one after the other, and have skippable ones between; checksums are checked
//! where a frame has one. The decoder is `ruzstd`, which also runs in a browser.

use std::error::Error;
use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::unpack::{damaged, followed};
use crate::phrase::{Phrase, phrase};

/// The first bytes of a frame.
const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// Whether a file that begins so is compressed so: with a frame, or one to be skipped.
pub fn is(head: &[u8]) -> bool {
    head.starts_with(&MAGIC) || matches!(head, [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..])
}

/// The most memory that a frame may ask for: what the `zstd` tool allows without being asked for more.
const WINDOW_BYTES_MAX: u64 = 128 << 20;

/// Decompresses what it reads.
pub struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
    in_frame: bool,
    /// Whether a frame was read to its end.
    has_ended: bool,
}

impl<R: BufRead> Zstd<R> {
    /// Decompresses `source`.
    pub fn new(source: R) -> Zstd<R> {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW_BYTES_MAX);
        Zstd { source, decoder, in_frame: false, has_ended: false }
    }

    /// Begins the next frame; false at the end of the file.
    fn begin_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => {
                    self.in_frame = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let skipped = io::copy(&mut self.source.by_ref().take(u64::from(length)), &mut io::sink())?;
                    if skipped < u64::from(length) {
                        return Err(io::Error::other(Phrase::fixed(
                            "the compressed data is cut off, in a frame to be skipped",
                            "압축된 데이터가 건너뛸 프레임 안에서 잘렸습니다",
                        )));
                    }
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_)))
                    if self.has_ended =>
                {
                    return Err(followed("zstd"));
                }
                Err(error) => return Err(broken(&error)),
            }
        }
        Ok(false)
    }

    fn end_frame(&mut self) -> io::Result<()> {
        (self.in_frame, self.has_ended) = (false, true);
        let told = self.decoder.get_checksum_from_data();
        if told.is_some() && told != self.decoder.get_calculated_checksum() {
            return Err(io::Error::other(Phrase::fixed(
                "the compressed data is damaged: a checksum does not fit",
                "압축된 데이터가 손상되었습니다: 체크섬이 맞지 않습니다",
            )));
        }
        Ok(())
    }
}

fn broken(error: &FrameDecoderError) -> io::Error {
    if let FrameDecoderError::WindowSizeTooBig { requested, .. } = error {
        let most = WINDOW_BYTES_MAX >> 20;
        return io::Error::other(phrase!(
            "the compressed data needs a window of {requested} bytes, and at most {most} MiB are given; compress it again \
             without --long, or let `zstd -dc --long=31` read it: zstd -dc --long=31 FILE | cachelane replay -",
            "압축을 푸는 데 {requested}바이트의 윈도가 필요한데 한도는 {most} MiB입니다. --long 없이 다시 압축하거나 다음처럼 \
             읽으세요: zstd -dc --long=31 FILE | cachelane replay -"
        ));
    }
    // Where the file itself could not be read, that is the reason.
    let mut reason: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = reason {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && error.kind() != io::ErrorKind::UnexpectedEof
        {
            return io::Error::new(error.kind(), error.to_string());
        }
        reason = error.source();
    }
    damaged()
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            if !self.in_frame && !self.begin_frame()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let decoded = self.decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1));
                decoded.map_err(|error| broken(&error))?;
            }
            let length = self.decoder.read(buffer)?;
            if length > 0 {
                return Ok(length);
            }
            self.end_frame()?;
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'a\nb\na\n' | zstd -c --check`
    const PLAIN: &[u8] = &[
        0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x31, 0x00, 0x00, 0x61, 0x0A, 0x62, 0x0A, 0x61, 0x0A, 0xEA, 0xCA, 0xD3,
        0x49,
    ];

    fn read(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        Zstd::new(bytes).read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        assert_eq!(read(PLAIN).unwrap(), "a\nb\na\n");
        assert_eq!(read(b"").unwrap(), "");
    }

    #[test]
    fn frames_follow_one_another_and_skippable_ones_are_skipped() {
        let skippable = [&[0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0][..], b"xyz"].concat();
        let text = read(&[&skippable[..], PLAIN, &skippable, PLAIN].concat()).unwrap();
        assert_eq!(text, "a\nb\na\na\nb\na\n");
    }

    #[test]
    fn a_file_cut_off_anywhere_is_refused_also_in_a_frame_to_be_skipped() {
        let skippable = [&[0x53, 0x2A, 0x4D, 0x18, 9, 0, 0, 0][..], b"123456789"].concat();
        let whole = [PLAIN, &skippable, PLAIN].concat();
        let borders = [0, PLAIN.len(), PLAIN.len() + skippable.len(), whole.len()];
        for length in 0..=whole.len() {
            assert_eq!(read(&whole[..length]).is_ok(), borders.contains(&length), "cut after {length}");
        }
    }

    #[test]
    fn a_window_larger_than_allowed_is_refused_with_what_to_do() {
        // No single segment, a window of 2^40 bytes.
        let told = read(&[0x28, 0xB5, 0x2F, 0xFD, 0x00, 30 << 3, 1, 0, 0]).unwrap_err().to_string();
        assert!(told.contains("needs a window of 1099511627776 bytes") && told.contains("--long=31"), "{told}");
    }

    #[test]
    fn a_damaged_or_cut_file_is_refused() {
        let mut damaged = PLAIN.to_vec();
        damaged[10] ^= 1;
        assert!(read(&damaged).unwrap_err().to_string().contains("damaged"));
        assert!(read(&PLAIN[..PLAIN.len() - 7]).unwrap_err().to_string().contains("cut off"));
        assert!(read(b"plain text").is_err());
    }
}
