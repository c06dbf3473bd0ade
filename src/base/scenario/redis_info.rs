//! What a Redis server says of itself (`redis-cli INFO`), as fields of a scenario.
//!
//! Some of it is a setting here as there (`maxmemory`), some is worked out (the mean size of a value), and some only tells
//! what the scenario's run is to be compared with (the hit ratio). Each row says from which lines it comes, and how.
//!
//! `INFO` alone will do; `INFO everything` has the commands' counts and times, too, which say the share of writes.
//! Fields by the Redis documentation, "INFO".

use super::{Accept, Arrivals, Capacity, Distribution, Edit, Eviction, FieldValue, Scenario, Sizes, Ttl, TtlMix};
use crate::bytes::Bytes;
use crate::phrase::{Phrase, phrase};
use crate::time::Nanos;

/// What was understood of an INFO.
#[derive(Clone, Debug, PartialEq)]
pub struct RedisInfo {
    /// What it says that a scenario has a field for.
    pub rows: Vec<Row>,
    /// What a run is to be compared with: its name, and its value.
    pub compare: Vec<(Phrase, String)>,
    /// What it leaves open.
    pub notes: Vec<Phrase>,
}

/// A field that the server says something of.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The lines that it comes from, as the server writes them.
    pub from: String,
    /// The field's place in the scenario.
    pub path: &'static str,
    /// What it is to be.
    pub value: FieldValue,
    /// How it was worked out, where it is not just what the server says.
    pub how: Option<Phrase>,
}

impl RedisInfo {
    /// What puts it into a scenario.
    pub fn edits(&self) -> Vec<Edit> {
        self.rows.iter().map(|row| Edit::set(row.path, row.value.clone())).collect()
    }
}

/// Nobody's INFO is longer, in bytes.
const TEXT_MAX: usize = 1_000_000;

/// Commands that write a value.
const WRITES: [&str; 29] = [
    "set",
    "setex",
    "psetex",
    "setnx",
    "mset",
    "msetnx",
    "getset",
    "append",
    "incr",
    "incrby",
    "incrbyfloat",
    "decr",
    "decrby",
    "hset",
    "hmset",
    "hsetnx",
    "hincrby",
    "hincrbyfloat",
    "hdel",
    "lpush",
    "rpush",
    "lpop",
    "rpop",
    "sadd",
    "srem",
    "zadd",
    "zincrby",
    "zrem",
    "setrange",
];
/// Commands that read one.
const READS: [&str; 17] = [
    "get",
    "mget",
    "getex",
    "strlen",
    "getrange",
    "hget",
    "hgetall",
    "hmget",
    "hexists",
    "hlen",
    "lrange",
    "llen",
    "lindex",
    "smembers",
    "sismember",
    "zrange",
    "zscore",
];
/// Commands that delete one.
const DELETES: [&str; 3] = ["del", "unlink", "getdel"];

/// Whether a text looks like an INFO: not whether it can be used.
pub fn is_info(text: &str) -> bool {
    let signs = [
        "redis_version:",
        "valkey_version:",
        "dragonfly_version:",
        "maxmemory:",
        "keyspace_hits:",
        "used_memory:",
        "uptime_in_seconds:",
        "cmdstat_",
        "db0:keys=",
        "# Keyspace",
        "# Memory",
        "# Stats",
        "# Commandstats",
    ];
    text.lines().any(|line| signs.iter().any(|sign| line.trim_start().starts_with(sign)))
}

/// Reads what `redis-cli INFO` printed.
///
/// # Errors
/// What is wrong with the text, or that it says nothing that a scenario has a field for.
///
/// ```
/// use cachelane::scenario::redis_info::read;
/// let info = read("maxmemory:268435456\nmaxmemory_policy:allkeys-lru\nkeyspace_hits:90\nkeyspace_misses:10").unwrap();
/// assert_eq!(info.rows[0].path, "cache.capacity");
/// assert_eq!(info.compare[0].1, "90 %");
/// ```
pub fn read(text: &str) -> Result<RedisInfo, Phrase> {
    if text.len() > TEXT_MAX {
        return Err(Phrase::fixed(
            "this is longer than an INFO (1 MB); paste what redis-cli INFO prints",
            "INFO 출력(1 MB)보다 깁니다. redis-cli INFO의 출력을 붙여 넣어 주세요",
        ));
    }
    let said = Said::of(text)?;
    let mut info = RedisInfo { rows: Vec::new(), compare: Vec::new(), notes: Vec::new() };
    said.room(&mut info)?;
    said.keys(&mut info)?;
    said.traffic(&mut info)?;
    said.hits(&mut info)?;
    said.copies(&mut info)?;
    leave_out_what_is_out_of_range(&mut info);
    if info.rows.is_empty() && info.compare.is_empty() {
        return Err(Phrase::fixed(
            "nothing here is of use; paste what redis-cli INFO prints, such as maxmemory:268435456",
            "쓸 수 있는 값이 없습니다. maxmemory:268435456 같은 줄이 있는 redis-cli INFO의 출력을 붙여 넣어 주세요",
        ));
    }
    Ok(info)
}

/// A scenario would refuse it: it is told instead.
fn leave_out_what_is_out_of_range(info: &mut RedisInfo) {
    let plain = Scenario::default();
    let RedisInfo { rows, notes, .. } = info;
    rows.retain(|row| {
        let edit = Edit::set(row.path, row.value.clone());
        let refused = plain.apply(&[edit], Accept::NoWorse).err();
        if let Some(error) = &refused {
            let (from, why) = (&row.from, error.to_string());
            notes.push(phrase!("{from} is left out: {why}", "{from}은(는) 제외했습니다: {why}"));
        }
        refused.is_none()
    });
}

/// The lines of an INFO.
struct Said<'a>(Vec<(&'a str, &'a str)>);

/// What INFO says of the keys of all databases.
#[derive(Clone, Copy, Default)]
struct Keyspace {
    keys: u64,
    with_end: u64,
    /// Those with an end in databases of which the mean rest of a life is known, in milliseconds, and its sum over them. An
    /// `avg_ttl` of 0 is none: Redis has drawn no sample yet (`activeExpireCycle`).
    known: u64,
    rest_ms: f64,
}

impl<'a> Said<'a> {
    fn of(text: &'a str) -> Result<Said<'a>, Phrase> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let pairs: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
        let twice = |name: &str| pairs.iter().filter(|(known, _)| *known == name).count() > 1;
        if let Some(name) = ["redis_version", "keyspace_hits", "maxmemory"].into_iter().find(|name| twice(name)) {
            return Err(phrase!(
                "{name} is here more than once: give the INFO of one server",
                "{name}이(가) 여러 번 있습니다. 서버 하나의 INFO만 넣어 주세요"
            ));
        }
        Ok(Said(pairs))
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.trim())
    }

    /// A number; refused where something else stands there.
    fn number(&self, name: &str) -> Result<Option<u64>, Phrase> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let text = super::problem::shorten(text.to_owned());
        text.parse().map(Some).map_err(|_| {
            phrase!("{name}:{text} is no whole number, 0 or more", "{name}:{text}: 0 이상의 정수가 아닙니다")
        })
    }

    /// How often the commands of these names were called, by `cmdstat_get:calls=21,…`; nothing where INFO has no counts.
    fn calls(&self, names: &[&str]) -> Option<u64> {
        let mut all = None;
        for (name, value) in &self.0 {
            if let Some(command) = name.strip_prefix("cmdstat_") {
                let calls: u64 = part(value, "calls").and_then(|calls| calls.parse().ok()).unwrap_or(0);
                let counts = names.contains(&command.to_ascii_lowercase().as_str());
                let all = all.get_or_insert(0u64);
                *all = all.saturating_add(if counts { calls } else { 0 });
            }
        }
        all
    }

    fn room(&self, info: &mut RedisInfo) -> Result<(), Phrase> {
        match self.number("maxmemory")? {
            // Whatever the policy is, it never acts.
            Some(0) => return self.no_limit(info),
            Some(bytes) => info.rows.push(Row {
                from: format!("maxmemory:{bytes}"),
                path: "cache.capacity",
                value: FieldValue::of(&Capacity::Bytes(Bytes(bytes))),
                how: None,
            }),
            None => {}
        }
        if let Some(name) = self.text("maxmemory_policy") {
            let name = super::problem::shorten(name.to_owned());
            match name.parse::<Eviction>() {
                Ok(policy) => {
                    let value = FieldValue::of(&policy);
                    let from = format!("maxmemory_policy:{name}");
                    info.rows.push(Row { from, path: "cache.eviction", value, how: None });
                }
                Err(_) => info.notes.push(phrase!(
                    "maxmemory_policy:{name} is not known here; choose the eviction policy that comes nearest.",
                    "maxmemory_policy:{name}은(는) 알 수 없는 정책입니다. 가장 가까운 축출 정책을 고르세요."
                )),
            }
        }
        Ok(())
    }

    /// A server that takes all the memory there is has room for all the keys that it holds.
    fn no_limit(&self, info: &mut RedisInfo) -> Result<(), Phrase> {
        let keys = self.keyspace()?.map_or(0, |all| all.keys);
        // More than a scenario takes are left out, and told, like every number out of its range.
        let entries = u32::try_from(keys).unwrap_or(u32::MAX);
        if entries == 0 {
            info.notes.push(Phrase::fixed(
                "maxmemory is 0: this server has no limit, and nothing here says how many keys it holds. Give cache.capacity \
                 room for all keys; cache.eviction is left as it is.",
                "maxmemory가 0이므로 이 서버에는 메모리 제한이 없고, 보관 중인 키의 수도 알 수 없습니다. cache.capacity는 모든 키가 \
                 들어가게 정하세요. cache.eviction은 그대로 둡니다.",
            ));
            return Ok(());
        }
        let how = Phrase::fixed(
            "no limit: room for all the keys it holds",
            "메모리 제한이 없으므로 보관 중인 키가 모두 들어가는 크기",
        );
        let (from, value) = (format!("maxmemory:0, keys={keys}"), FieldValue::of(&Capacity::Entries(entries)));
        info.rows.push(Row { from, path: "cache.capacity", value, how: Some(how) });
        info.notes.push(Phrase::fixed(
            "maxmemory is 0: this server has no limit and evicts nothing, so cache.eviction is left as it is. Where a scenario \
             asks for more keys than it holds, give cache.capacity room for them.",
            "maxmemory가 0이므로 이 서버에는 메모리 제한이 없고 축출도 없습니다. cache.eviction은 그대로 둡니다. 시나리오의 키가 \
             보관 중인 키보다 많으면 cache.capacity를 그만큼 늘리세요.",
        ));
        Ok(())
    }

    /// `db0:keys=21,expires=7,avg_ttl=1800000`, of all databases.
    fn keyspace(&self) -> Result<Option<Keyspace>, Phrase> {
        let mut all = None;
        let numbered = |name: &str| name.strip_prefix("db").is_some_and(|rest| rest.parse::<u32>().is_ok());
        for (name, value) in self.0.iter().filter(|(name, _)| numbered(name)) {
            let of = |field: &str| -> Result<u64, Phrase> {
                part(value, field).and_then(|text| text.parse().ok()).ok_or_else(|| {
                    let value = super::problem::shorten((*value).to_owned());
                    phrase!("{name}:{value} has no {field}", "{name}:{value}: {field}이(가) 없습니다")
                })
            };
            let all: &mut Keyspace = all.get_or_insert_default();
            let (keys, with_end) = (of("keys")?, of("expires")?);
            all.keys = all.keys.saturating_add(keys);
            all.with_end = all.with_end.saturating_add(with_end);
            if let Some(rest) = of("avg_ttl").ok().filter(|rest| *rest > 0) {
                all.known = all.known.saturating_add(with_end);
                all.rest_ms += with_end as f64 * rest as f64;
            }
        }
        Ok(all)
    }

    fn keys(&self, info: &mut RedisInfo) -> Result<(), Phrase> {
        let Some(all @ Keyspace { keys, .. }) = self.keyspace()? else { return Ok(()) };
        if keys == 0 {
            info.notes.push(Phrase::fixed(
                "The server holds no key now: it says nothing of sizes and TTLs.",
                "지금은 키가 없어 값의 크기와 TTL을 알 수 없습니다.",
            ));
            return Ok(());
        }
        let from = format!("keys={keys}");
        let held = |how| Row {
            from: from.clone(),
            path: "clients.keys.count",
            value: FieldValue::word(&keys.to_string()),
            how: Some(how),
        };
        match (self.number("evicted_keys")?, self.number("expired_keys")?) {
            (None, None) => {
                info.rows.push(held(Phrase::fixed(
                    "held now; how many were evicted or have expired is not said",
                    "지금 보관 중인 키. 축출·만료된 키의 수는 알 수 없습니다",
                )));
                info.notes.push(phrase!(
                    "evicted_keys and expired_keys (# Stats) are not here: more keys may be asked for than the {keys} that it holds now.",
                    "evicted_keys와 expired_keys(# Stats)가 없습니다. 요청되는 키는 지금 보관 중인 {keys}개보다 많을 수 있습니다."
                ));
            }
            (evicted, expired) => match (evicted.unwrap_or(0), expired.unwrap_or(0)) {
                // Where a key in ten has come and gone, what is held is not what is asked for.
                (0, expired) if expired <= keys / 10 => info.rows.push(held(Phrase::fixed(
                    "hardly any was evicted or has expired: what is held is what is asked for",
                    "축출되거나 만료된 키가 거의 없으므로 보관 중인 키를 요청 대상으로 봅니다",
                ))),
                (evicted, expired) => info.notes.push(phrase!(
                    "It holds {keys} keys, has evicted {evicted}, and {expired} have expired: how many are asked for, only your traffic can say.",
                    "보관 중인 키는 {keys}개, 축출된 키는 {evicted}개, 만료된 키는 {expired}개입니다. 요청되는 키의 수는 실제 트래픽으로만 알 수 있습니다."
                )),
            },
        }
        // used_memory alone counts the server's own memory, too, which is most of it where there are few keys.
        if let Some(bytes) = self.number("used_memory_dataset")? {
            let from = format!("used_memory_dataset:{bytes}, keys={keys}");
            match (bytes / keys).checked_sub(OVERHEAD).filter(|size| *size > 0) {
                Some(size) => {
                    let how = phrase!(
                        "the mean, without {OVERHEAD} B for each key and its place",
                        "평균에서 키와 관리용 {OVERHEAD} B를 뺀 크기"
                    );
                    let value = FieldValue::of(&Sizes::Constant(Bytes(size)));
                    info.rows.push(Row { from, path: "clients.value_size", value, how: Some(how) });
                }
                None => info.notes.push(phrase!(
                    "{from} is less than {OVERHEAD} B a key: it says nothing of how large values are.",
                    "{from}: 키당 {OVERHEAD} B보다 작아 값의 크기를 알 수 없습니다."
                )),
            }
        }
        ttls(all, info);
        Ok(())
    }

    fn traffic(&self, info: &mut RedisInfo) -> Result<(), Phrase> {
        let [reads, writes, deletes] = [&READS[..], &WRITES, &DELETES].map(|names| self.calls(names));
        let uptime = self.number("uptime_in_seconds")?.filter(|seconds| *seconds > 0);
        if let (Some(reads), Some(writes), Some(deletes)) = (reads, writes, deletes)
            && let all = reads.saturating_add(writes).saturating_add(deletes)
            && all > 0
        {
            // Rounded down: all shares together are at most 1.
            let share = |part: u64| FieldValue::word(&((part as f64 / all as f64 * 1e4).floor() / 1e4).to_string());
            let from = |part: u64| format!("cmdstat_…: {part} of {all} calls");
            info.rows.push(Row { from: from(writes), path: "clients.write_ratio", value: share(writes), how: None });
            if deletes > 0 {
                info.rows.push(Row {
                    from: from(deletes),
                    path: "clients.delete_ratio",
                    value: share(deletes),
                    how: None,
                });
            }
        }
        let now = self.text("instantaneous_ops_per_sec").and_then(|rate| rate.parse::<f64>().ok());
        let mean = uptime.zip(self.number("total_commands_processed")?).map(|(up, all)| all as f64 / up as f64);
        let (from, rate) = match (now.filter(|now| *now > 0.0), mean) {
            (Some(now), _) => (format!("instantaneous_ops_per_sec:{now}"), now),
            (None, Some(mean)) => (format!("total_commands_processed ÷ uptime_in_seconds = {mean:.1}"), mean),
            (None, None) => return Ok(()),
        };
        if rate > 0.0 {
            let value = FieldValue::of(&Arrivals::Poisson { rate: three_digits(rate) });
            info.rows.push(Row {
                from,
                path: "clients.arrivals",
                value,
                how: Some(Phrase::fixed(
                    "commands of all clients, to three digits; a request here is one or two",
                    "모든 클라이언트의 명령 수(유효숫자 세 자리)입니다. 여기서 요청 하나는 명령 한두 개입니다",
                )),
            });
        }
        self.command_time(info);
        Ok(())
    }

    /// The time of a GET, by `cmdstat_get:calls=21,usec=175,usec_per_call=8.33`.
    fn command_time(&self, info: &mut RedisInfo) {
        let get = self.text("cmdstat_get").and_then(|value| part(value, "usec_per_call"));
        let Some(each) = get.and_then(|each| each.parse::<f64>().ok()).filter(|each| *each > 0.0 && *each < 1e8) else {
            return;
        };
        let time = Distribution::Constant(Nanos((each * 1_000.0) as u64));
        let how = Phrase::fixed("the mean of GET, in the server alone", "서버 안에서 잰 GET의 평균");
        info.rows.push(Row {
            from: format!("cmdstat_get: usec_per_call={each}"),
            path: "cache.command",
            value: FieldValue::of(&time),
            how: Some(how),
        });
    }

    fn hits(&self, info: &mut RedisInfo) -> Result<(), Phrase> {
        if let (Some(hits), Some(misses)) = (self.number("keyspace_hits")?, self.number("keyspace_misses")?)
            && hits.saturating_add(misses) > 0
        {
            let ratio = hits as f64 / (hits as f64 + misses as f64) * 100.0;
            info.compare.push((
                Phrase::fixed("Hit ratio since the start", "시작 이후 적중률"),
                format!("{} %", rounded(ratio, 2)),
            ));
        }
        for (name, called) in [
            ("evicted_keys", Phrase::fixed("Evicted since the start", "시작 이후 축출된 키")),
            ("expired_keys", Phrase::fixed("Expired since the start", "시작 이후 만료된 키")),
        ] {
            if let Some(count) = self.number(name)? {
                info.compare.push((called, count.to_string()));
            }
        }
        Ok(())
    }
}

/// Where what is in memory stands a second time: on the disk, and with replicas.
impl Said<'_> {
    fn copies(&self, info: &mut RedisInfo) -> Result<(), Phrase> {
        if self.text("role") == Some("slave") {
            info.notes.push(Phrase::fixed(
                "role:slave: this is the INFO of a replica, whose traffic and disk are not those of its primary; cache.persistence and \
                 cache.replicas are left as they are.",
                "role:slave: 복제본의 INFO이므로 트래픽과 디스크 설정이 프라이머리와 다를 수 있습니다. cache.persistence와 \
                 cache.replicas는 그대로 둡니다.",
            ));
            return Ok(());
        }
        match self.number("aof_enabled")? {
            Some(0) => info.notes.push(Phrase::fixed(
                "aof_enabled:0: whether the server takes snapshots (save) is not in INFO; cache.persistence is left as it is.",
                "aof_enabled:0: 스냅샷을 만드는지(save)는 INFO에 없으므로 cache.persistence는 그대로 둡니다.",
            )),
            Some(is_on) => info.rows.push(Row {
                from: format!("aof_enabled:{is_on}"),
                path: "cache.persistence",
                value: FieldValue::word("append-only"),
                how: Some(Phrase::fixed(
                    "synced every second, Redis' default: appendfsync is not in INFO",
                    "appendfsync는 INFO에 없으므로 Redis의 기본값인 1초마다 fsync로 둡니다",
                )),
            }),
            None => {}
        }
        if let Some(replicas) = self.number("connected_slaves")? {
            info.rows.push(Row {
                from: format!("connected_slaves:{replicas}"),
                path: "cache.replicas",
                value: FieldValue::word(&replicas.to_string()),
                how: None,
            });
            if replicas > 0 {
                info.notes.push(Phrase::fixed(
                    "Whether a replica takes over (Sentinel, Cluster) and how many must follow (min-replicas-to-write) is not in INFO: \
                     cache.failover and cache.min_replicas are left as they are.",
                    "장애 때 복제본이 승격되는지(Sentinel, Cluster)와 min-replicas-to-write는 INFO에 없습니다. cache.failover와 \
                     cache.min_replicas는 그대로 둡니다.",
                ));
            }
        }
        Ok(())
    }
}

/// How long values live: twice the mean rest of a life of those that end, and for ever of the others.
fn ttls(Keyspace { keys, with_end, known, rest_ms }: Keyspace, info: &mut RedisInfo) {
    let rest = rest_ms / known.max(1) as f64;
    let ttl = Nanos::from_secs_f64((2.0 * rest).round().min(1e12) / 1e3);
    let share = rounded(with_end as f64 / keys as f64, 4);
    let value = match TtlMix::new(&[(ttl, share), (TtlMix::NO_TTL, rounded(1.0 - share, 4))]) {
        _ if with_end == 0 || share == 0.0 => Ttl::None,
        // Without an avg_ttl, which old servers do not say, nothing is known.
        _ if rest <= 0.0 => return,
        Some(mix) if with_end < keys => Ttl::Mixed(mix),
        _ => Ttl::Fixed(ttl),
    };
    let how = if with_end == 0 {
        Phrase::fixed("no key has a TTL", "TTL이 있는 키가 없습니다")
    } else {
        phrase!(
            "twice the mean rest of a life ({rest:.0} ms): lives of one length are half over on average",
            "평균 남은 수명({rest:.0} ms)의 두 배(TTL이 같으면 평균적으로 절반이 지난 상태이므로)"
        )
    };
    info.rows.push(Row {
        from: format!("keys={keys}, expires={with_end}, avg_ttl={rest:.0}"),
        path: "cache.ttl",
        value: FieldValue::of(&value),
        how: Some(how),
    });
}

/// What an entry takes besides its value here (`cache.capacity`).
const OVERHEAD: u64 = 64;

/// `b` of `a=1,b=2`.
fn part<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    value.split(',').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// A number to three digits.
pub fn three_digits(value: f64) -> f64 {
    if value <= 0.0 { value } else { rounded(value, 2 - libm::floor(libm::log10(value)) as i32) }
}

fn rounded(value: f64, decimals: i32) -> f64 {
    let step = libm::pow(10.0, f64::from(decimals));
    (value * step).round() / step
}
