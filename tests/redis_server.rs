//! A real redis-server on loopback, and as much of a client as the checks against it need.

#![allow(clippy::disallowed_methods, reason = "a real server lives in real time")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A redis-server of our own, ended with the test.
pub struct Server {
    process: Child,
    port: u16,
}

impl Server {
    pub fn start() -> Server {
        // The port is free for a moment after this, and the server says so if it is not.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let mut process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--dir", &std::env::temp_dir().to_string_lossy(), "--dbfilename", "unused.rdb"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server can be started; `scripts/setup redis` installs it");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut said = Vec::new();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| {
            let ready = line.contains("Ready to accept connections");
            said.push(line);
            ready
        });
        assert!(ready, "redis-server ended: {}", said.join("\n"));
        // What it says later is read and thrown away, so that it never waits for us.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Server { process, port }
    }

    pub fn connect(&self) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it accepts connections");
        stream.set_nodelay(true).expect("a socket option");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket option");
        Client { reader: BufReader::new(stream.try_clone().expect("a second handle")), stream, out: Vec::new() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Of no use to anyone afterwards, and its files are ours.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Nothing,
    Number(i64),
    Text(Vec<u8>),
    Error(String),
    List(Vec<Reply>),
}

/// As much of Redis' protocol as is needed here.
pub struct Client {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    out: Vec<u8>,
}

impl Client {
    pub fn ask(&mut self, words: &[&[u8]]) -> Reply {
        match self.ask_any(words) {
            Reply::Error(error) => {
                panic!(
                    "the server said {error:?} to {:?}",
                    String::from_utf8_lossy(&self.out[..self.out.len().min(80)])
                )
            }
            reply => reply,
        }
    }

    /// Like [`ask`](Client::ask), but errors are answers, too.
    pub fn ask_any(&mut self, words: &[&[u8]]) -> Reply {
        self.say(words);
        self.reply()
    }

    /// Sends a command whose answer is read later.
    pub fn say(&mut self, words: &[&[u8]]) {
        self.out.clear();
        write!(self.out, "*{}\r\n", words.len()).expect("memory");
        for word in words {
            write!(self.out, "${}\r\n", word.len()).expect("memory");
            self.out.extend_from_slice(word);
            self.out.extend_from_slice(b"\r\n");
        }
        self.stream.write_all(&self.out).expect("the server is there");
    }

    /// Reads an answer.
    pub fn reply(&mut self) -> Reply {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("the server answers");
        let (kind, rest) = line.trim_end().split_at(1);
        match kind {
            "+" => Reply::Text(rest.as_bytes().to_vec()),
            ":" => Reply::Number(rest.parse().expect("a number")),
            "-" => Reply::Error(rest.to_owned()),
            "$" | "*" if rest == "-1" => Reply::Nothing,
            "*" => Reply::List((0..rest.parse::<usize>().expect("a length")).map(|_| self.reply()).collect()),
            "$" => {
                let mut text = vec![0; rest.parse::<usize>().expect("a length") + 2];
                self.reader.read_exact(&mut text).expect("the whole text");
                text.truncate(text.len() - 2);
                Reply::Text(text)
            }
            _ => panic!("{line:?} is no answer"),
        }
    }

    /// Whether an answer has begun to come.
    pub fn has_answer(&mut self) -> bool {
        if !self.reader.buffer().is_empty() {
            return true;
        }
        self.stream.set_nonblocking(true).expect("a socket option");
        let there = self.stream.peek(&mut [0]).is_ok_and(|count| count > 0);
        self.stream.set_nonblocking(false).expect("a socket option");
        there
    }

    pub fn ok(&mut self, words: &[&str]) {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        assert_eq!(self.ask(&words), Reply::Text(b"OK".to_vec()));
    }

    pub fn number(&mut self, word: &str) -> u64 {
        match self.ask(&[word.as_bytes()]) {
            Reply::Number(number) => number as u64,
            other => panic!("{word}: {other:?}"),
        }
    }
}

/// What `redis-cli MONITOR` prints while `work` is done, up to a last command that says so.
pub fn monitored(server: &Server, client: &mut Client, work: impl FnOnce(&mut Client)) -> String {
    let mut monitor = Command::new("redis-cli")
        .args(["-p", &server.port.to_string(), "MONITOR"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-cli can be started; `scripts/setup redis` installs it");
    let mut printed = BufReader::new(monitor.stdout.take().expect("piped"));
    let mut text = String::new();
    printed.read_line(&mut text).expect("it says OK once it listens");
    assert_eq!(text.trim_end(), "OK");
    // Read meanwhile: a monitor that falls behind is cut off by the server.
    let reader = std::thread::spawn(move || {
        while !text.ends_with("\"the end\"\n") {
            assert!(printed.read_line(&mut text).expect("text") > 0, "the monitor ended early");
        }
        text
    });
    work(client);
    client.ask(&[b"ECHO", b"the end"]);
    let text = reader.join().expect("the whole output");
    let _ = monitor.kill();
    let _ = monitor.wait();
    text
}
