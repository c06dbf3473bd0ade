//! Experiments to begin with, each with a question it answers. Their files are in `src/scenario/presets/`.
//!
//! Links say what differs from a preset, so a preset's file, once released, stays as it is: a better one gets a new
//! name, or links get a new [version](super::versions) and the presets of the old one are kept in a folder of that name.

pub mod twitter;

use std::sync::OnceLock;

use super::problem::{Reason, did_you_mean};
use super::{Problem, Scenario, ScenarioError, versions};

/// An experiment with a name.
#[derive(Debug)]
pub struct Preset {
    /// The name, as links and the command line say it.
    pub name: &'static str,
    /// What happens and what to look at, in two or three sentences: English and Korean.
    pub description: [&'static str; 2],
    /// A question to try out: English and Korean.
    pub question: [&'static str; 2],
    /// The file.
    pub toml: &'static str,
    scenario: &'static OnceLock<Scenario>,
    /// As it was in version 1, if it was there.
    first: Option<First>,
}

/// A preset as it was in version 1.
#[derive(Debug)]
struct First {
    toml: &'static str,
    scenario: &'static OnceLock<Scenario>,
}

macro_rules! presets {
    (@read) => {{
        static READ: OnceLock<Scenario> = OnceLock::new();
        &READ
    }};
    (@first $name:literal new) => { None };
    (@first $name:literal) => {
        Some(First { toml: include_str!(concat!("presets/v1/", $name, ".toml")), scenario: presets!(@read) })
    };
    // `"name" new {` where the preset is younger than version 1.
    ($($name:literal $($new:ident)? {
        en: $en:literal, ko: $ko:literal, try_en: $try_en:literal, try_ko: $try_ko:literal
    })*) => {
        &[$(Preset {
            name: $name,
            description: [$en, $ko],
            question: [$try_en, $try_ko],
            toml: include_str!(concat!("presets/", $name, ".toml")),
            scenario: presets!(@read),
            first: presets!(@first $name $($new)?),
        }),*]
    };
}

/// The presets that have a file of their own; the first is where links without a preset begin. [`all`] has the others, too.
pub static ALL: &[Preset] = presets! {
    "default" {
        en: "Five strategies serve the same traffic, and the cache crashes after 20 seconds. Look at the write \
             latency: write-back answers several times faster than the others. Then look at what is lost: only \
             write-back loses acknowledged writes.",
        ko: "다섯 가지 전략이 같은 트래픽을 처리하고, 20초 뒤에 캐시가 죽습니다. 쓰기 지연을 보면 라이트백이 \
             다른 전략보다 몇 배 빨리 답합니다. 이어서 유실을 보면, 응답까지 한 쓰기를 잃는 것은 \
             라이트백뿐입니다.",
        try_en: "Who answers writes fastest, and what does it cost when the cache crashes?",
        try_ko: "쓰기에 가장 빨리 답하는 전략은 무엇이고, 캐시가 죽으면 어떤 대가를 치를까요?"
    }
    "locust-test" {
        en: "A load test of one endpoint, measured with and without Redis: one world in which only the cache is \
             switched. Compare the two rows of percentiles with those that Locust printed; they are in the file.",
        ko: "한 엔드포인트를 Redis 없이, 그리고 Redis와 함께 잰 부하 테스트입니다. 같은 세계에서 캐시만 켜고 \
             끕니다. 두 줄의 백분위를 파일에 적힌 Locust의 출력과 비교해 보세요.",
        try_en: "How many users can you add before the row with the cache looks like the one without?",
        try_ko: "사용자를 얼마나 늘리면 캐시가 있는 줄이 없는 줄처럼 될까요?"
    }
    "like-button" {
        en: "Likes are kept in the cache for 2 hours, renewed by each access, and flushed to the database every 50 \
             minutes or every minute. The cache crashes 30 minutes after the rare flush. Look at what is lost, and \
             at the rows that the database writes: the two are the price of each other.",
        ko: "좋아요는 캐시에 2시간 머물고 접근할 때마다 연장되며, 50분 또는 1분마다 데이터베이스에 반영됩니다. \
             50분 간격의 반영이 있고 30분 뒤에 캐시가 죽습니다. 유실된 쓰기와 데이터베이스가 쓴 행 수를 함께 \
             보세요: 하나를 줄이면 다른 하나가 늘어납니다.",
        try_en: "How many likes does one crash cost, and what if you flush every minute?",
        try_ko: "크래시 한 번에 좋아요를 몇 개나 잃을까요? 1분마다 반영하면 어떨까요?"
    }
    "redis-down" {
        en: "The cache is gone for 20 seconds. Look-aside goes to the database with every request and floods it; \
             read-through knows no other way and fails. Look at the database's queue and at the errors.",
        ko: "캐시가 20초 동안 사라집니다. 룩어사이드는 모든 요청을 데이터베이스로 보내 넘치게 하고, 리드스루는 \
             다른 길이 없어 실패합니다. 데이터베이스 큐와 오류 수를 보세요.",
        try_en: "How many database workers does look-aside need to live through it?",
        try_ko: "룩어사이드가 버티려면 데이터베이스 워커가 몇 개 필요할까요?"
    }
    "product-list" {
        en: "A list of 10,000 products is cached as one entry for 10 seconds. At each expiry look-aside sends \
             everyone to the database at once, and read-through only one. Look at the reads of the database and at \
             the slowest answers.",
        ko: "상품 1만 개짜리 목록을 항목 하나로 10초 동안 캐시합니다. 만료될 때마다 룩어사이드는 모두를 한꺼번에 \
             데이터베이스로 보내고, 리드스루는 하나만 보냅니다. 데이터베이스 읽기 수와 가장 느린 응답을 \
             보세요.",
        try_en: "Does a longer TTL make the stampede rarer or smaller?",
        try_ko: "TTL을 늘리면 쇄도가 드물어질까요, 작아질까요?"
    }
    "view-counter" {
        en: "Page views are counted: one by one in the database, or gathered in the cache and written in bulk. The \
             cache crashes after 45 seconds, half way between two of the rare flushes. Look at the rows that the \
             database writes, and at the views that are lost.",
        ko: "페이지 조회수를 데이터베이스에서 하나씩 올리거나, 캐시에 모았다가 한꺼번에 씁니다. 10초 간격 반영의 \
             한가운데인 45초에 캐시가 죽습니다. 데이터베이스가 쓴 행 수와 유실된 조회수를 보세요.",
        try_en: "How many rows does the database write in each lane, and how many views does the crash cost?",
        try_ko: "레인마다 데이터베이스가 쓰는 행은 몇 개이고, 크래시는 조회수를 얼마나 날릴까요?"
    }
    "session-tokens" {
        en: "Sessions live only in the cache: the database has none, and who is not found is logged out. After 38 \
             seconds the cache crashes, and comes back with nothing, with its last snapshot, or with its \
             append-only file. Look at the acknowledged writes that are lost, at the reads of what vanished, and at \
             the write latency that the safest lane pays while nothing goes wrong.",
        ko: "세션은 캐시에만 있고 데이터베이스에는 없으므로, 찾지 못하면 로그아웃된 사용자입니다. 38초에 캐시가 \
             죽고, 빈손으로, 마지막 스냅샷으로, 또는 AOF로 돌아옵니다. 유실된 쓰기, 사라진 값을 읽은 횟수, \
             그리고 가장 안전한 레인이 평소에 치르는 쓰기 지연을 보세요.",
        try_en: "How many writes to sessions does each way of remembering lose, and what does it cost while \
             nothing goes wrong?",
        try_ko: "방식마다 세션 쓰기를 몇 건이나 잃고, 아무 일도 없을 때는 얼마나 비쌀까요?"
    }
    "keys-star" {
        en: "A monitoring script types KEYS * on a busy, warm cache, about twice a second. One thread serves all \
             commands, and KEYS * looks at every key of its node, so everyone else waits behind it. With four \
             nodes it holds up a quarter of the requests for a quarter of the time: look at the 99th percentile.",
        ko: "모니터링 스크립트가 데워진 바쁜 캐시에 초당 두 번쯤 KEYS *를 칩니다. 명령은 스레드 하나가 처리하고 \
             KEYS *는 그 노드의 모든 키를 훑으므로, 나머지는 모두 그 뒤에서 기다립니다. 노드가 넷이면 요청의 4분의 \
             1이 4분의 1의 시간만 기다리니, 99번째 백분위를 보세요.",
        try_en: "How much slower is the slowest percent of requests, with one node and with four?",
        try_ko: "노드가 하나일 때와 넷일 때, 가장 느린 1 %의 요청은 얼마나 느려질까요?"
    }
    "failover" {
        en: "The primary dies and a replica takes over. What the replica had not heard of yet is lost, though it \
             was acknowledged. Waiting for the replica before each answer loses nothing, and makes every write \
             wait for the replication lag.",
        ko: "프라이머리가 죽고 레플리카가 넘겨받습니다. 레플리카가 아직 받지 못한 쓰기는 이미 응답했더라도 \
             사라집니다. 답하기 전에 레플리카를 기다리면 잃는 것이 없지만, 쓰기마다 복제 지연을 기다립니다.",
        try_en: "What does waiting for one replica cost each write?",
        try_ko: "레플리카 하나를 기다리면 쓰기마다 얼마나 느려질까요?"
    }
    "scale-out" {
        en: "All keys are on one node, or four nodes have a quarter of them each. Node 0 dies for 15 seconds. Look \
             at the database's queue and at the errors: the loss of the only node floods the database, and it does \
             not recover; the loss of a quarter only makes it work harder.",
        ko: "모든 키가 노드 하나에 있거나, 네 노드가 4분의 1씩 나눠 가집니다. 0번 노드가 15초 동안 죽습니다. \
             데이터베이스 큐와 오류를 보세요: 하나뿐인 노드를 잃으면 데이터베이스가 넘쳐 회복하지 못하고, 4분의 \
             1을 잃으면 조금 더 바빠질 뿐입니다.",
        try_en: "Does the database survive the loss of a quarter? And of all?",
        try_ko: "4분의 1을 잃으면 데이터베이스가 버틸까요? 전부를 잃으면요?"
    }
    "local-vs-global" {
        en: "There is one global cache; or a local one in each of eight servers as well; or local ones that are \
             told of every write. Local copies answer in no time, and are served stale for up to their TTL of 5 \
             seconds. Look at the read latency and at the stale reads.",
        ko: "글로벌 캐시 하나, 여기에 서버 여덟 대마다 로컬 캐시, 그리고 모든 쓰기를 통보받는 로컬 캐시를 \
             비교합니다. 로컬 사본은 곧바로 답하지만, TTL인 5초까지 낡은 값을 내줍니다. 읽기 지연과 낡은 읽기를 \
             보세요.",
        try_en: "How stale do local copies get, and what do the messages change?",
        try_ko: "로컬 사본은 얼마나 낡고, 메시지는 무엇을 바꿀까요?"
    }
    "memory-overflow" {
        en: "The data is four times as large as the memory. The cache evicts what was least recently used, or \
             refuses what does not fit, or pages to disk. Look at the hit ratio, the refused writes and the \
             latency: each way fails in one of them.",
        ko: "데이터가 메모리의 네 배입니다. 캐시는 가장 오래 쓰이지 않은 것을 밀어내거나, 안 들어가는 것을 \
             거절하거나, 디스크로 페이징합니다. 적중률, 거절된 쓰기, 지연을 보세요: 방식마다 그중 하나에서 대가를 \
             치릅니다.",
        try_en: "Which of the three would you rather explain to your users?",
        try_ko: "셋 중 사용자에게 설명하기 가장 나은 것은 무엇일까요?"
    }
    "ttl-vs-invalidate" {
        en: "Old copies run out by themselves, after a minute or after 2 seconds, or each write deletes them. A \
             shorter TTL makes fewer reads stale, and for at most that long, and costs hits. Deleting is fresher \
             than both, and hits more often than the short TTL.",
        ko: "낡은 사본이 1분 또는 2초 뒤에 저절로 사라지거나, 쓰기가 그때그때 지웁니다. TTL을 줄이면 낡은 읽기가 \
             줄고 그 시간 안으로 묶이지만, 적중을 잃습니다. 삭제는 둘보다 신선하고, 짧은 TTL보다 더 자주 \
             적중합니다.",
        try_en: "How short must the TTL be to be as fresh as a delete, and what is the hit ratio then?",
        try_ko: "TTL을 얼마나 줄여야 삭제만큼 신선해지고, 그때 적중률은 얼마일까요?"
    }
    "stale-set-race" {
        en: "A reader fetches the old value, a writer deletes the copy, and the reader puts the old value back: it \
             stays until somebody writes again. Deleting again half a second later puts an end to most of that, \
             but more reads are stale meanwhile, since the first delete comes before the commit. Leases end it: no \
             read is stale.",
        ko: "읽는 쪽이 옛 값을 가져오는 사이 쓰는 쪽이 사본을 지우고, 읽는 쪽이 옛 값을 다시 넣으면, 누군가 다시 \
             쓸 때까지 남습니다. 0.5초 뒤에 한 번 더 지우면 대부분 거기서 끝나지만, 첫 삭제가 커밋보다 앞서므로 \
             그동안 낡은 읽기는 오히려 늘어납니다. 리스를 쓰면 낡은 읽기가 없습니다.",
        try_en: "How many reads are stale with each, and for how long?",
        try_ko: "방식마다 낡은 읽기는 얼마나, 얼마 동안 나올까요?"
    }
    "dual-write" {
        en: "Each write goes to the cache and then to the database, over a slow way, and an application server \
             keeps crashing in between: the cache has a value that the database never gets. Who is told yes after \
             the first of the two also loses acknowledged writes. With the database first, or an outbox whose \
             relay tells the cache, nobody reads what was never there.",
        ko: "쓰기마다 느린 길을 지나 캐시에 쓰고 이어서 데이터베이스에 쓰는데, 그 사이에 애플리케이션 서버가 자꾸 \
             죽습니다. 그러면 데이터베이스가 끝내 받지 못한 값이 캐시에 남고, 첫 번째 쓰기 뒤에 바로 응답하면 \
             응답한 쓰기까지 잃습니다. 데이터베이스에 먼저 쓰거나, 릴레이가 캐시에 알리는 아웃박스를 쓰면 없던 \
             값을 읽는 일이 없습니다.",
        try_en: "In which lanes does somebody read a value that was never in the database? What if the servers \
             stop crashing?",
        try_ko: "어느 레인에서 데이터베이스에 없던 값을 읽게 될까요? 서버가 죽지 않으면 어떨까요?"
    }
    "flush-race" {
        en: "The flusher reads the dirty set, writes it, and then deletes it, together with whatever was marked in \
             between. Nothing ever breaks, and still writes are lost. Taking the set in one step loses none.",
        ko: "플러셔가 더티 집합을 읽고, 쓰고, 그 사이에 새로 표시된 것까지 함께 지웁니다. 아무것도 고장 나지 \
             않았는데 쓰기가 사라집니다. 집합을 한 번에 가져가면 하나도 잃지 않습니다.",
        try_en: "How many writes are lost though nothing ever broke?",
        try_ko: "아무것도 고장 나지 않았는데 몇 개의 쓰기가 사라질까요?"
    }
    "expire-dirty" {
        en: "The TTL is 5 seconds and the flush comes every 10: what expires first is gone. A flush every 2 \
             seconds comes in time, and so does one at the moment of expiry. Look at what is lost, and at the rows \
             that each lane writes.",
        ko: "TTL은 5초인데 플러시는 10초마다 와서, 먼저 만료된 것은 사라집니다. 2초마다 플러시하거나 만료되는 \
             순간에 플러시하면 늦지 않습니다. 유실된 쓰기와 레인마다 쓴 행 수를 보세요.",
        try_en: "Which is the longest flush interval that loses nothing?",
        try_ko: "아무것도 잃지 않는 가장 긴 플러시 간격은 얼마일까요?"
    }
    "thundering-herd" {
        en: "Twenty popular pages are cached before the doors open, and ten seconds later they all expire at one \
             moment: everyone reloads them at once, and hundreds of reads wait for the database. Each lane has one \
             remedy: one load per page and server (single flight), a moment of its own for each page (jitter), a \
             reload before the expiry (early refresh), or one load per page in all (leases). Look at the longest \
             database queue and at the slowest reads.",
        ko: "인기 페이지 스무 개를 문을 열기 전에 캐시해 두었는데, 10초 뒤 한꺼번에 만료되어, 모두가 동시에 다시 \
             읽으면서 수백 개의 읽기가 데이터베이스를 기다립니다. 레인마다 처방이 하나씩 있습니다: 서버마다 \
             페이지당 한 번만 읽기(싱글 플라이트), 페이지마다 다른 만료 시각(지터), 만료 전에 다시 읽기(조기 \
             갱신), 전체에서 페이지당 한 번만 읽기(리스)입니다. 데이터베이스 큐의 최댓값과 가장 느린 읽기를 \
             보세요.",
        try_en: "Which remedy sends the fewest reads to the database, and which sends nearly as many as none but \
             spreads them out?",
        try_ko: "데이터베이스 읽기가 가장 적은 처방은 무엇이고, 읽기 수는 거의 그대로인데 흩어 놓기만 하는 처방은 \
             무엇일까요?"
    }
    "db-brownout" {
        en: "The database is six times slower for 15 seconds. Without retries it recovers some seconds later; \
             three retries keep it down until the end of the run, though nothing is wrong with it any more. A \
             circuit breaker lets it recover within a few seconds.",
        ko: "데이터베이스가 15초 동안 여섯 배 느려집니다. 재시도가 없으면 몇 초 뒤 회복하지만, 세 번 재시도하면 \
             이제 아무 이상이 없는데도 끝까지 회복하지 못합니다. 서킷 브레이커가 있으면 몇 초 안에 회복합니다.",
        try_en: "How long after the brown-out are requests answered again in each lane?",
        try_ko: "브라운아웃이 끝난 뒤 레인마다 얼마나 지나야 다시 응답할까요?"
    }
    "increment-race" {
        en: "Two clients read 7, and both write 8: one increment is lost. Compare-and-set notices and tries again, \
             so it reads the database more often and writes take longer. An increment in the database cannot go \
             wrong, and is the fastest.",
        ko: "두 클라이언트가 7을 읽고 둘 다 8을 쓰면 증가 하나가 사라집니다. 비교 후 교체는 이를 알아채고 다시 \
             시도하므로, 데이터베이스를 더 자주 읽고 쓰기가 느려집니다. 데이터베이스의 증가 연산은 틀릴 수 없고 \
             가장 빠릅니다.",
        try_en: "How much slower is compare-and-set when everyone wants the same key?",
        try_ko: "모두가 같은 키를 원할 때 비교 후 교체는 얼마나 느려질까요?"
    }
    "write-heavy" {
        en: "Four of five requests write. A cache that forgets what was written (write-around) hits seldom, and \
             one that keeps it nearly always. But only one that gathers writes spares the database: look at the \
             rows it writes and at the write latency.",
        ko: "요청 다섯 중 넷이 쓰기입니다. 쓴 값을 잊는 캐시(라이트어라운드)는 거의 적중하지 못하고, 간직하는 캐시는 \
             거의 항상 적중하지만, 데이터베이스를 쉬게 하는 것은 쓰기를 모으는 캐시뿐입니다. 데이터베이스가 쓴 행 \
             수와 쓰기 지연을 보세요.",
        try_en: "How many rows does a longer flush interval save the database?",
        try_ko: "플러시 간격을 늘리면 데이터베이스가 쓰는 행이 얼마나 줄까요?"
    }
    "ycsb-a" {
        en: "YCSB workload A: half reads, half updates (a session store). The cache is loaded before the figures \
             begin, with room for a tenth of the records. Compare the hit ratios, and the rows that the database \
             writes.",
        ko: "YCSB 워크로드 A: 읽기 절반, 갱신 절반(세션 저장소)입니다. 수치를 재기 전에 캐시를 채워 두며, 레코드의 \
             10분의 1이 들어갑니다. 적중률과 데이터베이스가 쓴 행 수를 비교해 보세요.",
        try_en: "Which writing strategy suits a store that is written as often as read?",
        try_ko: "읽는 만큼 쓰는 저장소에는 어떤 쓰기 전략이 맞을까요?"
    }
    "ycsb-b" {
        en: "YCSB workload B: 95 % reads, 5 % updates (photo tags). The cache is loaded before the figures begin, \
             with room for a tenth of the records. The hit ratios of the three lanes are nearly the same; look at \
             the write latency.",
        ko: "YCSB 워크로드 B: 읽기 95 %, 갱신 5 %(사진 태그)입니다. 수치를 재기 전에 캐시를 채워 두며, 레코드의 \
             10분의 1이 들어갑니다. 세 레인의 적중률은 거의 같으니 쓰기 지연을 보세요.",
        try_en: "Does the writing strategy still matter?",
        try_ko: "쓰기 전략이 여전히 중요할까요?"
    }
    "ycsb-c" {
        en: "YCSB workload C: reads only (profiles kept elsewhere). The cache is loaded before the figures begin, \
             with room for a tenth of the records. Nobody writes, so the writing strategy changes nothing: what \
             counts is the room.",
        ko: "YCSB 워크로드 C: 읽기만 있습니다(다른 곳에서 관리하는 프로필). 수치를 재기 전에 캐시를 채워 두며, \
             레코드의 10분의 1이 들어갑니다. 아무도 쓰지 않으니 쓰기 전략은 상관없고, 용량만 중요합니다.",
        try_en: "How large must the cache be for a hit ratio of 90 %? Try 3000, 5000 and 8000 of the 10,000 \
             records: the last points cost the most room.",
        try_ko: "적중률 90 %를 얻으려면 캐시가 얼마나 커야 할까요? 레코드 1만 개 중 3000, 5000, 8000개로 해 \
             보세요. 마지막 몇 퍼센트가 가장 비쌉니다."
    }
    "ycsb-d" {
        en: "YCSB workload D: reads of what was just inserted (status updates). The cache is loaded before the \
             figures begin, with room for a tenth of the records. A lane whose writes fill the cache has the \
             newest records there when they are read first.",
        ko: "YCSB 워크로드 D: 방금 추가된 것을 읽습니다(상태 업데이트). 수치를 재기 전에 캐시를 채워 두며, \
             레코드의 10분의 1이 들어갑니다. 쓰기가 캐시를 채우는 레인에서는 새 레코드를 처음 읽을 때 이미 캐시에 \
             있습니다.",
        try_en: "How much better is the hit ratio when writes fill the cache, and why?",
        try_ko: "쓰기가 캐시를 채우면 적중률이 얼마나, 왜 좋아질까요?"
    }
    "ycsb-e" {
        en: "YCSB workload E: short ranges of neighbouring records, each record a read (threaded conversations). \
             The cache is loaded before the figures begin, with room for a tenth of the records. Popular records \
             lie anywhere, so a range reads mostly unpopular ones, and LRU keeps them all for a while.",
        ko: "YCSB 워크로드 E: 이웃한 레코드의 짧은 범위를 읽으며, 레코드 하나가 읽기 하나입니다(대화 스레드). \
             수치를 재기 전에 캐시를 채워 두며, 레코드의 10분의 1이 들어갑니다. 인기 레코드는 흩어져 있어서 범위 \
             읽기는 대부분 인기 없는 레코드를 읽고, LRU는 그것들을 한동안 모두 간직합니다.",
        try_en: "How little does LRU help? Try sieve, which keeps what was asked for twice.",
        try_ko: "LRU는 얼마나 도움이 안 될까요? 두 번 요청된 것을 간직하는 sieve도 해 보세요."
    }
    "ycsb-f" {
        en: "YCSB workload F: half reads, half read-modify-writes (a user database). The cache is loaded before \
             the figures begin, with room for a tenth of the records. Two clients who read the same value and \
             write back overwrite each other: look at the lost increments.",
        ko: "YCSB 워크로드 F: 읽기 절반, 읽고 고쳐 쓰기 절반(사용자 데이터베이스)입니다. 수치를 재기 전에 캐시를 \
             채워 두며, 레코드의 10분의 1이 들어갑니다. 같은 값을 읽은 두 클라이언트는 서로의 쓰기를 덮어쓰니, \
             사라진 증가를 보세요.",
        try_en: "How many modifications are lost because two clients read the same value?",
        try_ko: "두 클라이언트가 같은 값을 읽어서 사라지는 수정은 얼마나 될까요?"
    }
};

/// Every preset: those with a file, then Twitter's caches.
pub fn all() -> impl Iterator<Item = &'static Preset> {
    ALL.iter().chain(twitter::ALL.iter())
}

/// The preset called `name`.
///
/// ```
/// use cachelane::scenario::presets;
/// assert_eq!(presets::get("default").unwrap().scenario().lanes.len(), 5);
/// assert!(presets::get("defualt").unwrap_err().to_string().contains("did you mean default?"));
/// ```
pub fn get(name: &str) -> Result<&'static Preset, ScenarioError> {
    of_version(versions::CURRENT, name)
}

/// The preset called `name`, if it is one of this version of links.
pub(super) fn of_version(version: u32, name: &str) -> Result<&'static Preset, ScenarioError> {
    let there = |preset: &&Preset| version > 1 || preset.first.is_some();
    all().filter(there).find(|preset| preset.name == name).ok_or_else(|| {
        let names: Vec<&str> = all().filter(there).map(|preset| preset.name).collect();
        let meant = did_you_mean(name, &names);
        let mut known: Vec<&str> = ALL.iter().filter(there).map(|preset| preset.name).collect();
        known.push("twitter-cluster01 to twitter-cluster54");
        let reason = Reason::UnknownWord { meant, known: known.into_iter().map(str::to_owned).collect() };
        let value = name.chars().take(80).collect();
        ScenarioError { problems: vec![Problem { field: "preset".to_owned(), value, reason, line: None }] }
    })
}

impl Preset {
    /// What the file says.
    ///
    /// # Panics
    /// Never: a test reads every preset.
    pub fn scenario(&self) -> &'static Scenario {
        self.scenario.get_or_init(|| match Scenario::from_toml(self.toml) {
            Ok(scenario) => scenario,
            Err(error) => panic!("preset {}: {error}", self.name),
        })
    }

    /// What it said in this version of links.
    ///
    /// # Panics
    /// When it is younger.
    pub(super) fn scenario_of(&self, version: u32) -> &'static Scenario {
        if version > 1 {
            return self.scenario();
        }
        let First { toml, scenario } = self.first.as_ref().expect("a preset of that version");
        scenario.get_or_init(|| match Scenario::from_toml_of(1, toml) {
            Ok(scenario) => scenario,
            Err(error) => panic!("preset {} of version 1: {error}", self.name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_good_scenario_under_its_own_name() {
        for preset in ALL {
            assert_eq!(preset.scenario().check(), Ok(()), "{}", preset.name);
            assert!(preset.toml.contains("\nversion = 2\n"), "{}: a copy of it must keep its meaning", preset.name);
            assert!(!preset.scenario().name.is_empty(), "{}", preset.name);
            assert!(preset.question.iter().all(|text| text.contains('?')), "{}", preset.name);
        }
    }

    #[test]
    fn every_preset_says_what_it_is_about_in_two_or_three_sentences() {
        let ends = |text: &str| {
            let words = text.split_whitespace();
            words.filter(|word| word.ends_with(['.', '?', '!'])).count()
        };
        for preset in all() {
            for text in preset.description {
                assert!(
                    (2..=3).contains(&ends(text)) && text.ends_with('.'),
                    "{}: {} in {text}",
                    preset.name,
                    ends(text)
                );
            }
            let [english, korean] = preset.description;
            let is_korean = |c: char| ('가'..='힣').contains(&c);
            assert!(korean.contains(is_korean) && !english.contains(is_korean), "{}", preset.name);
        }
    }

    #[test]
    fn every_presets_seed_is_chosen_for_a_reason() {
        for preset in all() {
            let seed = preset.toml.lines().find(|line| line.starts_with("seed = ")).unwrap_or_default();
            assert!(seed.split_once(" # ").is_some_and(|(_, why)| why.len() > 20), "{}: {seed}", preset.name);
        }
    }
}
