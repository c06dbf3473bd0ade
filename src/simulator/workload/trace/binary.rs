//! Files that are no text: what they are, by their first bytes, and what to do.

use crate::phrase::{Phrase, phrase};

/// What the first bytes of a file that is no text say it is, and how to get at what is in it.
const MAGIC: &[(&[u8], Phrase, Phrase)] = &[
    (b"\xFF\xFE\0\0", Phrase::fixed("text in UTF-32", "UTF-32 텍스트"), UTF_32),
    (b"\0\0\xFE\xFF", Phrase::fixed("text in UTF-32", "UTF-32 텍스트"), UTF_32),
    (
        b"PK\x03\x04",
        Phrase::fixed("a zip archive", "zip 압축 파일"),
        Phrase::fixed(
            "unpack it: unzip -p FILE | cachelane replay -",
            "압축을 푸세요: unzip -p FILE | cachelane replay -",
        ),
    ),
    (
        b"BZh",
        Phrase::fixed("compressed with bzip2", "bzip2로 압축된 파일"),
        Phrase::fixed(
            "unpack it: bzip2 -dc FILE | cachelane replay -",
            "압축을 푸세요: bzip2 -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"\x04\x22\x4D\x18",
        Phrase::fixed("compressed with lz4", "lz4로 압축된 파일"),
        Phrase::fixed(
            "unpack it: lz4 -dc FILE | cachelane replay -",
            "압축을 푸세요: lz4 -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"\x02\x21\x4C\x18",
        Phrase::fixed("compressed with lz4", "lz4로 압축된 파일"),
        Phrase::fixed(
            "unpack it: lz4 -dc FILE | cachelane replay -",
            "압축을 푸세요: lz4 -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"7z\xBC\xAF\x27\x1C",
        Phrase::fixed("a 7z archive", "7z 압축 파일"),
        Phrase::fixed(
            "unpack it: 7z x -so FILE | cachelane replay -",
            "압축을 푸세요: 7z x -so FILE | cachelane replay -",
        ),
    ),
    (b"Rar!", Phrase::fixed("a rar archive", "rar 압축 파일"), Phrase::fixed("unpack it", "압축을 푸세요")),
    (
        b"\x5D\x00\x00",
        Phrase::fixed("compressed with lzma", "lzma로 압축된 파일"),
        Phrase::fixed(
            "unpack it: xz --format=lzma -dc FILE | cachelane replay -",
            "압축을 푸세요: xz --format=lzma -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"LZIP",
        Phrase::fixed("compressed with lzip", "lzip으로 압축된 파일"),
        Phrase::fixed(
            "unpack it: lzip -dc FILE | cachelane replay -",
            "압축을 푸세요: lzip -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"\x1F\x9D",
        Phrase::fixed("compressed with compress", "compress로 압축된 파일"),
        Phrase::fixed(
            "unpack it: gzip -dc FILE | cachelane replay -",
            "압축을 푸세요: gzip -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"\x1F\x8B",
        Phrase::fixed("compressed with gzip by an unknown method", "알 수 없는 방식의 gzip 압축 파일"),
        Phrase::fixed(
            "unpack it: gzip -dc FILE | cachelane replay -",
            "압축을 푸세요: gzip -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"\xFF\x06\x00\x00sNaPpY",
        Phrase::fixed("compressed with snappy", "snappy로 압축된 파일"),
        Phrase::fixed("unpack it first", "먼저 압축을 푸세요"),
    ),
    (
        b"\x89LZO",
        Phrase::fixed("compressed with lzop", "lzop으로 압축된 파일"),
        Phrase::fixed(
            "unpack it: lzop -dc FILE | cachelane replay -",
            "압축을 푸세요: lzop -dc FILE | cachelane replay -",
        ),
    ),
    (
        b"PAR1",
        Phrase::fixed("a Parquet file", "Parquet 파일"),
        Phrase::fixed(
            "write it as csv, such as with duckdb: COPY 'FILE' TO 'trace.csv'",
            "csv로 저장하세요. 예: duckdb에서 COPY 'FILE' TO 'trace.csv'",
        ),
    ),
    (
        b"ORC",
        Phrase::fixed("an ORC file", "ORC 파일"),
        Phrase::fixed(
            "write it as csv with a header such as time,key,size",
            "time,key,size 같은 헤더를 붙여 csv로 저장하세요",
        ),
    ),
    (
        b"Obj\x01",
        Phrase::fixed("an Avro file", "Avro 파일"),
        Phrase::fixed(
            "write it as csv with a header such as time,key,size",
            "time,key,size 같은 헤더를 붙여 csv로 저장하세요",
        ),
    ),
    (
        b"ARROW1",
        Phrase::fixed("an Arrow file", "Arrow 파일"),
        Phrase::fixed(
            "write it as csv with a header such as time,key,size",
            "time,key,size 같은 헤더를 붙여 csv로 저장하세요",
        ),
    ),
    (
        b"\x89HDF",
        Phrase::fixed("an HDF5 file", "HDF5 파일"),
        Phrase::fixed(
            "write it as csv with a header such as time,key,size",
            "time,key,size 같은 헤더를 붙여 csv로 저장하세요",
        ),
    ),
    (
        b"\x93NUMPY",
        Phrase::fixed("a NumPy array", "NumPy 배열"),
        Phrase::fixed("write it as text: numpy.savetxt", "텍스트로 저장하세요: numpy.savetxt"),
    ),
    (
        b"SQLite format 3",
        Phrase::fixed("an SQLite database", "SQLite 데이터베이스"),
        Phrase::fixed(
            "write the table as csv: sqlite3 -header -csv FILE 'SELECT …'",
            "표를 csv로 저장하세요: sqlite3 -header -csv FILE 'SELECT …'",
        ),
    ),
    (b"REDIS", Phrase::fixed("a dump of Redis' data (RDB)", "Redis 데이터 덤프(RDB)"), NO_REQUESTS),
    (b"\xD4\xC3\xB2\xA1", Phrase::fixed("a capture of network packets (pcap)", "네트워크 패킷 캡처(pcap)"), NO_PACKETS),
    (b"\xA1\xB2\xC3\xD4", Phrase::fixed("a capture of network packets (pcap)", "네트워크 패킷 캡처(pcap)"), NO_PACKETS),
    (b"\x4D\x3C\xB2\xA1", Phrase::fixed("a capture of network packets (pcap)", "네트워크 패킷 캡처(pcap)"), NO_PACKETS),
    (
        b"\x0A\x0D\x0D\x0A",
        Phrase::fixed("a capture of network packets (pcapng)", "네트워크 패킷 캡처(pcapng)"),
        NO_PACKETS,
    ),
    (
        b"\xF0\xDE\xBC\x9A\x78\x56\x34\x12",
        Phrase::fixed("libCacheSim's LCS format", "libCacheSim의 LCS 형식 파일"),
        CONVERT,
    ),
    (b"\x7FELF", Phrase::fixed("a program", "프로그램"), Phrase::fixed("name a trace", "트레이스 파일을 지정하세요")),
    (b"%PDF", Phrase::fixed("a PDF document", "PDF 문서"), Phrase::fixed("name a trace", "트레이스 파일을 지정하세요")),
    (b"\x89PNG", Phrase::fixed("a picture", "이미지"), Phrase::fixed("name a trace", "트레이스 파일을 지정하세요")),
    (
        b"\xFF\xD8\xFF",
        Phrase::fixed("a picture", "이미지"),
        Phrase::fixed("name a trace", "트레이스 파일을 지정하세요"),
    ),
    (b"GIF8", Phrase::fixed("a picture", "이미지"), Phrase::fixed("name a trace", "트레이스 파일을 지정하세요")),
    (
        b"\xD0\xCF\x11\xE0",
        Phrase::fixed("an old Office document", "옛 Office 문서"),
        Phrase::fixed("save the sheet as csv", "시트를 csv로 저장하세요"),
    ),
];

const UTF_32: Phrase = Phrase::fixed(
    "write it as UTF-8: iconv -f UTF-32 -t UTF-8 FILE | cachelane replay -",
    "UTF-8로 바꾸세요: iconv -f UTF-32 -t UTF-8 FILE | cachelane replay -",
);
const NO_REQUESTS: Phrase = Phrase::fixed(
    "it holds values, not requests; record requests: redis-cli MONITOR > capture.txt",
    "요청이 아니라 값이 들어 있습니다. 요청을 기록하세요: redis-cli MONITOR > capture.txt",
);
const NO_PACKETS: Phrase = Phrase::fixed(
    "record what the server is asked instead: redis-cli MONITOR > capture.txt",
    "대신 서버가 받는 요청을 기록하세요: redis-cli MONITOR > capture.txt",
);
const CONVERT: Phrase = Phrase::fixed(
    "convert it to oracleGeneral with libCacheSim's traceConv, or print it as csv with its tracePrint",
    "libCacheSim의 traceConv로 oracleGeneral 형식으로 변환하거나 tracePrint로 csv로 출력하세요",
);

/// What a binary file is, in a sentence.
pub fn sentence(head: &[u8]) -> Phrase {
    if let Some((_, what, todo)) = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return phrase!("this is {what}; {todo}", "이 파일의 형식: {what}. {todo}", what, todo);
    }
    if head.get(257..262) == Some(b"ustar") {
        return Phrase::fixed(
            "this is a tar archive; unpack it: tar -xOf FILE | cachelane replay -",
            "이 파일은 tar 아카이브입니다. 푸세요: tar -xOf FILE | cachelane replay -",
        );
    }
    if is_vscsi(head) {
        let convert = CONVERT;
        return phrase!(
            "this looks like a vscsi trace; {convert}",
            "이 파일은 vscsi 트레이스로 보입니다. {convert}",
            convert
        );
    }
    odd_text(head).unwrap_or(Phrase::fixed(
        "this is a binary file of a kind that is not known; of binary formats oracleGeneral is read (--format oracle-general \
         says so); print it as text first, one key per line or with a header such as time,key,size. If it is only numbers, one \
         after the other: od -An -v -w4 -t u4 FILE | tr -d ' ' | cachelane replay - (with --endian=big for Java's; 8 for 4 where \
         they have eight bytes)",
        "알 수 없는 바이너리 파일입니다. 바이너리 형식은 oracleGeneral만 읽습니다(--format oracle-general로 지정). 먼저 한 줄에 키 \
         하나씩, 또는 time,key,size 같은 헤더를 붙여 텍스트로 출력하세요. 수만 이어진 파일이라면: od -An -v -w4 -t u4 FILE | \
         tr -d ' ' | cachelane replay - (Java가 쓴 파일은 --endian=big, 8바이트 수는 4 대신 8)",
    ))
}

/// Whether a file that begins so is text in UTF-32: numbers of characters after a byte-order mark.
pub fn is_utf_32(head: &[u8]) -> bool {
    let number: fn([u8; 4]) -> u32 = match head {
        [0xFF, 0xFE, 0, 0, ..] => u32::from_le_bytes,
        [0, 0, 0xFE, 0xFF, ..] => u32::from_be_bytes,
        _ => return false,
    };
    head.as_chunks::<4>().0.iter().all(|unit| char::from_u32(number(*unit)).is_some_and(|c| c != '\0'))
}

/// What a text is that is not UTF-8, or has control characters in it; `None` where it is none.
fn odd_text(head: &[u8]) -> Option<Phrase> {
    let is_control = |byte: &u8| *byte < 32 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
    let is_utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character may be cut off at the end of what is looked at.
        Err(error) => error.error_len().is_none(),
    };
    match head.iter().position(is_control) {
        None => Some(Phrase::fixed(
            "this looks like text that is not UTF-8; if it is Latin-1: iconv -f latin1 -t utf8 FILE | cachelane replay - (or \
             cp949, gb18030, shift_jis for latin1)",
            "UTF-8이 아닌 텍스트로 보입니다. CP949라면: iconv -f cp949 -t utf8 FILE | cachelane replay - (다른 인코딩이면 cp949 \
             대신 latin1, gb18030, shift_jis)",
        )),
        Some(at) if is_utf8 && !head.contains(&0) => {
            let line = head[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
            let byte = head[at];
            Some(phrase!(
                "line {line} of this text has a control character in it (\\x{byte:02x}); delete it, or, if each line is one key as \
                 it stands: --format keys",
                "텍스트의 {line}행에 제어 문자(\\x{byte:02x})가 있습니다. 지우세요. 줄 전체가 키 하나라면: --format keys"
            ))
        }
        Some(_) => None,
    }
}

/// Two records of VMware's disk traces, of either version: a field says which.
fn is_vscsi(head: &[u8]) -> bool {
    let version = |at: usize, record: usize, version: u8| {
        (0..2).all(|number| head.get(number * record + at + 1) == Some(&version) && head[number * record + at] < 32)
    };
    version(2, 40, 2) || version(14, 32, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_and_other_binaries_are_told_by_their_first_bytes() {
        for (magic, what) in [
            (&b"PK\x03\x04\0\0"[..], "zip"),
            (b"BZh91AY&SY", "bzip2"),
            (b"PAR1\x15\0", "Parquet"),
            (b"REDIS0011\xfa", "RDB"),
            (b"\x0A\x0D\x0D\x0A\0", "pcapng"),
            (b"\0\x01\x02\x03", "not known"),
        ] {
            assert!(sentence(magic).to_string().contains(what), "{}", sentence(magic));
        }
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        assert!(sentence(&tar).to_string().contains("tar archive"));
        let mut vscsi = vec![0; 80];
        (vscsi[3], vscsi[43]) = (2, 2);
        assert!(sentence(&vscsi).to_string().contains("vscsi"));
    }
}
