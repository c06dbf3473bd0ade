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
        en: "Five strategies serve the same traffic, and the cache crashes after 22.5 seconds, half way between two \
             flushes. While nothing is broken, write-back answers writes six times as fast as the others (in the median); \
             it alone loses acknowledged writes: 170 to 230 of them, depending on the seed. While the cache is down, it \
             and read-through fail every request that needs the cache: one write in twenty of the whole run.",
        ko: "다섯 가지 전략이 같은 트래픽을 처리하고, 두 플러시의 한가운데인 22.5초에 캐시가 크래시합니다. 라이트백은 \
             장애가 없을 때 다른 전략보다 쓰기에 여섯 배 빨리 응답하지만(중앙값 기준), 성공 응답을 받은 쓰기를 잃는 것도 \
             라이트백뿐이며 시드에 따라 170~230건입니다. 캐시가 멈춘 동안에는 라이트백과 리드스루에서 캐시가 필요한 \
             요청이 모두 실패하며, 라이트백 쓰기의 20분의 1쯤이 여기에 걸립니다.",
        try_en: "Which strategy answers writes fastest, and what does it cost when the cache crashes?",
        try_ko: "쓰기에 가장 빨리 응답하는 전략은 무엇이고, 캐시가 크래시하면 어떤 대가를 치를까요?"
    }
    "locust-test" {
        en: "A calibration: a load test of one endpoint, measured with and without Redis, and one world in which only \
             the cache is switched, fitted to both rows of percentiles. The rows that Locust printed are in the file. \
             Two servers with eight cores each do the work, which is an assumption that the rows do not test.",
        ko: "보정용 프리셋입니다. 한 엔드포인트를 Redis를 쓰지 않을 때와 쓸 때 측정한 부하 테스트의 두 백분위수 \
             행에 맞춘 것으로, 같은 조건에서 캐시만 켜고 끕니다. Locust가 출력한 행은 파일에 적혀 있으며, 코어 \
             여덟 개짜리 서버 두 대라는 것은 그 행으로 검증할 수 없는 가정입니다.",
        try_en: "How many users can you add before the row with the cache is slower than the one without? Try 200, 300 and \
                 400.",
        try_ko: "사용자를 얼마나 늘리면 캐시가 있는 행이 없는 행보다 느려질까요? 200, 300, 400명으로 해 보세요."
    }
    "never-comes-back" new {
        en: "A published trap (Bronson et al., HotOS 2021): a database that serves 300 reads a second stands behind a \
             cache that hits 90 % of 1,000, and the cache is emptied once. From then on look-aside stays at 18 % hits \
             and 82 % errors, since callers give up after a second and nobody fills the cache with what the database \
             still reads for them; single flight does not help (a queue shorter than a second of work would, or \
             a timeout that leaves out the wait for a connection). Read-through keeps what it has loaded, even when its \
             caller is gone, and is back at 90 % within 20 seconds.",
        ko: "논문에 실린 함정으로(Bronson 외, HotOS 2021), 초당 300건을 읽는 DB 앞에서 캐시가 초당 \
             1,000건의 90 %를 적중하다가 한 번 비워집니다. 룩어사이드는 그 뒤로 적중률 18 %, 오류 82 %에 \
             머뭅니다: 호출자는 1초 만에 포기하고, DB가 뒤늦게 읽은 값은 아무도 캐시에 넣지 않으며, 싱글 플라이트도 \
             소용이 없습니다(DB 큐가 1초 분량보다 짧거나 타임아웃에 커넥션 대기가 들어가지 않으면 회복합니다). 리드스루는 호출자가 포기해도 읽은 값을 캐시에 넣으므로 20초 안에 90 %로 돌아옵니다.",
        try_en: "What brings look-aside back: less load, a database queue of 100 (it holds 1,000), more workers?",
        try_ko: "무엇이 룩어사이드를 되돌릴까요? 부하를 줄이면, DB 큐를 1,000건에서 100건으로 줄이면, 워커를 늘리면 \
                 어떨까요?"
    }
    "like-button" {
        en: "Likes are kept in the cache for 2 hours, renewed by each access, and flushed to the database every 50 \
             minutes or every minute. The cache crashes half way between two flushes, and some 9,200 or some 180 likes \
             are lost. Look at the rows that the database writes as well: that is the trade-off.",
        ko: "좋아요는 캐시에 2시간 머물고 접근할 때마다 연장되며, 50분 또는 1분마다 DB에 플러시됩니다. 두 플러시의 \
             한가운데에서 캐시가 크래시해 약 9,200건 또는 약 180건을 잃습니다. DB가 쓴 행 수도 함께 보세요: \
             하나를 줄이면 다른 하나가 늘어납니다.",
        try_en: "How many likes does one crash cost, and what if you flush every 10 minutes?",
        try_ko: "크래시 한 번에 좋아요를 몇 건이나 잃을까요? 10분마다 플러시하면 어떨까요?"
    }
    "redis-down" {
        en: "The cache is gone for 20 seconds. Look-aside sends every request to the database, which can serve half of \
             them: soon nine of ten wait longer than their timeout and fail, and many still do for 8 to 18 seconds \
             after the cache is back, depending on the seed, because it is empty. Read-through has no fallback and \
             fails all reads, but works again within two seconds.",
        ko: "캐시가 20초 동안 사라집니다. 룩어사이드는 모든 요청을 DB로 보내는데 DB는 그 절반만 처리할 수 있습니다: \
             곧 열 건 중 아홉 건이 타임아웃을 넘겨 실패하고, 캐시가 돌아온 뒤에도 비어 있어서 시드에 따라 8~18초 \
             동안 더 많이 실패합니다. 리드스루는 대안이 없어 읽기가 모두 실패하지만, 2초 안에 다시 동작합니다.",
        try_en: "How many database workers does look-aside need to live through it? There are 8; try 12 and 16.",
        try_ko: "룩어사이드가 버티려면 DB 워커가 몇 개 필요할까요? 지금은 8개입니다. 12개와 16개로 해 보세요."
    }
    "cold-start" new {
        en: "An empty cache in front of a database that cannot carry the load, after Marc Brooker's cache_sim: 1,000 \
             reads a second, and of those that miss the database serves 5, 10, 20 or 100 a second and refuses the rest, \
             but for a last lane in which it serves all. After 5 to 8 seconds \
             his hit ratios are .59, .67, .73 and .82, and ten seconds later .70, .75, .79 and .86. Here they are the \
             same within .02 in the mean, and within .06 with any seed: popular keys come first, so even a few loads a \
             second warm a cache.",
        ko: "Marc Brooker의 cache_sim을 옮긴 것으로, 부하를 감당하지 못하는 DB 앞에 빈 캐시가 \
             있습니다. 초당 1,000건을 읽는데, 그중 미스는 DB가 초당 5, 10, 20 또는 100건만 \
             처리하고 나머지는 거절합니다(마지막 레인은 모두 처리). \
             5~8초의 적중률이 그의 시뮬레이터에서는 .59, .67, .73, .82이고 10초 뒤에는 .70, .75, \
             .79, .86인데, 여기서도 평균은 .02 안에서, 시드마다는 .06 안에서 일치합니다: 인기 있는 키부터 \
             들어오므로 초당 몇 건만 읽어도 캐시는 데워집니다.",
        try_en: "How long does it take until 9 of 10 requests are answered? And with a less skewed popularity, alpha = \
                 0.9?",
        try_ko: "요청 열 건 중 아홉 건에 응답하기까지 얼마나 걸릴까요? 편향도(α)를 0.9로 낮추면 어떨까요?"
    }
    "product-list" {
        en: "A list of 10,000 products, a megabyte, is cached as one entry for 10 seconds. At each expiry look-aside \
             reads the database some forty times at once, read-through once. Look at the database's reads and at the \
             slowest answers; even a hit takes two milliseconds, since a megabyte takes its time on the way.",
        ko: "상품 1만 개짜리 목록, 1MB를 항목 하나로 10초 동안 캐시합니다. 만료될 때마다 룩어사이드는 DB를 \
             한꺼번에 마흔 번쯤 읽고, 리드스루는 한 번만 읽습니다. DB 읽기 수와 가장 느린 응답을 보세요; 1MB를 \
             옮기는 데도 시간이 걸려 적중해도 2밀리초입니다.",
        try_en: "Does a longer TTL make the stampede rarer or smaller?",
        try_ko: "TTL을 늘리면 스탬피드가 드물어질까요, 작아질까요?"
    }
    "view-counter" {
        en: "Page views are counted one by one in the database, or gathered in the cache and written in bulk. The \
             cache crashes after 45.5 seconds, half way between two flushes of each second and near the middle of the \
             10 seconds between the rare ones. That costs 60 to 140 views, or 1,000 to 1,250; look at the rows that \
             the database writes instead.",
        ko: "페이지 조회수를 DB에서 하나씩 올리거나, 캐시에 모았다가 한꺼번에 씁니다. 45.5초에 캐시가 크래시하는데, \
             1초 간격 플러시의 한가운데이자 10초 간격 플러시의 중간쯤입니다. 그 대가는 60~140건 또는 \
             1,000~1,250건이며, 대신 DB가 쓰는 행이 얼마나 줄었는지 보세요.",
        try_en: "How many rows does the database write in each lane, and how many views does the crash cost?",
        try_ko: "레인마다 DB가 쓰는 행은 몇 개이고, 크래시로 조회수를 얼마나 잃을까요?"
    }
    "session-tokens" {
        en: "Sessions live only in the cache: a missing session means logged out. After 35.5 seconds, half way between \
             two snapshots and between two syncs, the cache's machine loses power, and comes back with nothing, with \
             its last snapshot, or with what was synced of its append-only file: some 3,150, 500, 45 or no \
             acknowledged writes are lost. The lane that loses none pays with three times the write latency; were only \
             the process killed, neither append-only lane would lose any.",
        ko: "세션은 캐시에만 있으므로, 세션이 없으면 로그아웃된 것입니다. 두 스냅샷과 두 동기화의 한가운데인 35.5초에 \
             캐시 서버의 전원이 나가고, 빈 상태로, 마지막 스냅샷으로, 또는 동기화된 AOF로 돌아와 성공 응답을 받은 쓰기를 \
             약 3,150건, 500건, 45건 잃거나 하나도 잃지 않습니다. 잃지 않는 레인은 쓰기 응답 시간이 세 \
             배이며, 프로세스만 죽었다면 두 AOF 레인 모두 아무것도 잃지 않았을 것입니다.",
        try_en: "How many writes to sessions does each kind of persistence lose, and what does it cost while nothing goes \
                 wrong?",
        try_ko: "지속성 방식마다 세션 쓰기를 몇 건이나 잃고, 평소에는 얼마나 비쌀까요?"
    }
    "keys-star" {
        en: "A monitoring script runs KEYS * on a busy, warm cache, about twice a second. One thread serves all \
             commands, and KEYS * looks at every key of its node, so everything else waits behind it. With four nodes \
             it holds up a quarter of the requests for a quarter of the time: look at the 99th percentile, which is \
             about three times as long with one.",
        ko: "모니터링 스크립트가 데워진 바쁜 캐시에 초당 두 번쯤 KEYS *를 실행합니다. 명령은 스레드 하나가 처리하고 \
             KEYS *는 그 노드의 모든 키를 훑으므로, 나머지는 모두 그 뒤에서 기다립니다. 노드가 넷이면 요청의 4분의 \
             1이 4분의 1의 시간만 기다리니 99백분위수를 보세요: 노드 하나일 때가 세 배쯤 깁니다.",
        try_en: "How much slower is the slowest percent of requests, with one node and with four?",
        try_ko: "노드가 하나일 때와 넷일 때, 가장 느린 1 %의 요청은 얼마나 느려질까요?"
    }
    "failover" {
        en: "The primary dies and a replica takes over. What the replica had not received is lost, though it was \
             acknowledged: 5 to 25 writes, depending on the seed. Waiting for the replica before each answer loses \
             nothing, and makes every write some 65 milliseconds slower, which is the replication lag.",
        ko: "프라이머리가 죽고 복제본이 넘겨받습니다. 복제본이 아직 받지 못한 쓰기는 성공 응답을 받았더라도 사라지며, 시드에 \
             따라 5~25건입니다. 응답하기 전에 복제본을 기다리면 잃는 것이 없지만, 쓰기마다 복제 지연만큼 65밀리초쯤 \
             느려집니다.",
        try_en: "What does waiting for one replica cost each write?",
        try_ko: "복제본 하나를 기다리면 쓰기마다 얼마나 느려질까요?"
    }
    "scale-out" {
        en: "All keys are on one node, or four nodes have a quarter of them each, and node 0 dies for 15 seconds. \
             Losing the only node floods the database: three of four requests fail, and many still do for 9 to 18 \
             seconds after it is back, depending on the seed, until the cache is warm. Losing a quarter only makes the \
             database work harder, and no request fails.",
        ko: "모든 키가 노드 하나에 있거나 네 노드가 4분의 1씩 나눠 가지며, 0번 노드가 15초 동안 죽습니다. 하나뿐인 \
             노드를 잃으면 DB에 요청이 넘쳐 네 건 중 세 건이 실패하고, 노드가 돌아온 뒤에도 캐시가 데워질 때까지 \
             시드에 따라 9~18초 동안 많은 요청이 실패합니다. 4분의 1을 잃으면 DB가 더 바빠질 뿐 실패하는 요청은 없습니다.",
        try_en: "Does the database survive the loss of a half, with two nodes of 4,800 entries each?",
        try_ko: "항목 4,800개짜리 노드 두 개로 절반을 잃으면 DB가 버틸까요?"
    }
    "local-vs-global" {
        en: "There is one global cache; or a local one in each of eight servers as well; or local ones that get a \
             message about every write. Local copies answer with no network hop, and are stale for up to their TTL of \
             5 seconds, more than twenty times as often. With messages less than a tenth of that is left; look at the \
             read latency as well.",
        ko: "글로벌 캐시 하나, 여기에 서버 여덟 대마다 로컬 캐시, 그리고 쓰기마다 무효화 메시지를 받는 로컬 캐시를 \
             비교합니다. 로컬 사본은 네트워크를 거치지 않고 응답하지만 TTL인 5초까지 오래된 값을 내주어, 오래된 읽기가 \
             스무 배 넘게 늘어납니다. 메시지를 받으면 그 10분의 1도 남지 않습니다; 읽기 응답 시간도 보세요.",
        try_en: "How stale do local copies get, and what do the messages change?",
        try_ko: "로컬 사본은 얼마나 오래된 값을 내주고, 메시지는 무엇을 바꿀까요?"
    }
    "memory-overflow" {
        en: "The data is four times as large as the memory. Evicting the least recently used halves the hit ratio, \
             refusing what does not fit turns away almost half of the writes, and paging to disk hits nine of ten and \
             makes the median read several times slower. Each way fails in one of them.",
        ko: "데이터가 메모리의 네 배입니다. LRU로 축출하면 적중률이 절반이 되고, 들어갈 자리가 없을 때 거절하면 쓰기의 \
             절반 가까이를 거절하며, 디스크로 페이징하면 열 번 중 아홉 번 적중하지만 읽기 중앙값이 몇 배 \
             느려집니다. 방식마다 \
             그중 하나에서 대가를 치릅니다.",
        try_en: "Which of the three would you rather explain to your users?",
        try_ko: "셋 중 사용자에게 설명하기 가장 나은 것은 무엇일까요?"
    }
    "ttl-vs-invalidate" {
        en: "Old copies expire by themselves, after a minute or after 2 seconds, or each write deletes them. A shorter \
             TTL makes fewer than half as many reads stale, and for at most that long, and costs hits. Deleting leaves \
             less than a tenth of those, and hits more often than the short TTL.",
        ko: "오래된 사본이 1분 또는 2초 뒤에 저절로 만료되거나, 쓰기가 그때그때 삭제합니다. TTL을 줄이면 오래된 \
             읽기가 절반 아래로 줄고 그 시간 안으로 묶이지만, 적중률이 떨어집니다. 삭제하면 오래된 읽기가 다시 그 \
             10분의 1 아래로 줄고, 짧은 TTL보다 더 자주 적중합니다.",
        try_en: "How short must the TTL be to be as fresh as a delete, and what is the hit ratio then?",
        try_ko: "TTL을 얼마나 줄여야 삭제만큼 신선해지고, 그때 적중률은 얼마일까요?"
    }
    "stale-set-race" {
        en: "A reader fetches the old value, a writer deletes the copy, and the reader puts the old value back: it \
             stays until somebody writes again, and 350 to 800 reads are stale. Deleting again half a second later \
             ends most of that within the half second, but makes more reads stale, since the first delete comes before \
             the commit. With leases no read is stale.",
        ko: "읽는 쪽이 옛 값을 가져오는 사이 쓰는 쪽이 사본을 지우고, 읽는 쪽이 옛 값을 다시 넣으면, 누군가 다시 쓸 \
             때까지 남아 350~800건의 읽기가 오래된 값을 받습니다. 0.5초 뒤에 한 번 더 지우면 대부분 그 안에 \
             끝나지만, 첫 삭제가 커밋보다 앞서므로 오래된 읽기는 오히려 늘어납니다. 리스를 쓰면 오래된 읽기가 없습니다.",
        try_en: "How many reads are stale with each, and for how long?",
        try_ko: "방식마다 오래된 읽기는 얼마나, 얼마 동안 나올까요?"
    }
    "dual-write" {
        en: "Each write goes to the cache and to the database, over a slow link, and an application server keeps \
             crashing in between. With the cache first, 20 to 110 reads get a value that the database never has, and \
             acknowledged after the first of the two, 3 to 20 acknowledged writes are lost. With the database first \
             the crash leaves old copies instead, and only an outbox, whose relay tells the cache, leaves neither.",
        ko: "쓰기마다 느린 링크를 지나 캐시와 DB에 쓰는데, 그 사이에 애플리케이션 서버가 자꾸 크래시합니다. 캐시에 먼저 \
             쓰면 DB가 끝내 받지 못한 값을 20~110건의 읽기가 받고, 첫 번째 쓰기 뒤에 바로 응답하면 성공 응답을 \
             받은 쓰기까지 3~20건 잃습니다. DB에 먼저 쓰면 그 대신 옛 사본이 남고, 릴레이가 캐시에 알리는 아웃박스만 \
             어느 쪽도 남기지 않습니다.",
        try_en: "In which lanes does somebody read a value that was never in the database? What if the servers stop \
                 crashing?",
        try_ko: "어느 레인에서 DB에 없던 값을 읽게 될까요? 서버가 크래시하지 않으면 어떨까요?"
    }
    "flush-race" {
        en: "The flusher reads the dirty set, writes it, and then deletes it, together with whatever was marked in \
             between. Nothing ever breaks, and still 500 to 670 acknowledged writes are lost. Taking the set in one \
             step loses none.",
        ko: "플러셔가 더티 집합을 읽고, 쓰고, 그 사이에 새로 표시된 것까지 함께 지웁니다. 아무것도 고장 나지 않았는데 \
             성공 응답을 받은 쓰기가 500~670건 사라집니다. 집합을 한 번에 꺼내면 하나도 잃지 않습니다.",
        try_en: "How many writes are lost though nothing ever broke?",
        try_ko: "아무것도 고장 나지 않았는데 몇 건의 쓰기가 사라질까요?"
    }
    "expire-dirty" {
        en: "The TTL is 5 seconds and the flush comes every 10: what expires first is gone, a third of all writes. A \
             flush every 2 seconds comes in time, and so does one at the moment of expiry. Look at the rows that each \
             lane writes.",
        ko: "TTL은 5초인데 플러시는 10초마다 와서, 먼저 만료된 쓰기는 사라집니다: 전체의 3분의 1입니다. 2초마다 \
             플러시하거나 만료되는 순간에 플러시하면 늦지 않습니다. 레인마다 쓴 행 수를 보세요.",
        try_en: "Which is the longest flush interval that loses nothing?",
        try_ko: "아무것도 잃지 않는 가장 긴 플러시 간격은 얼마일까요?"
    }
    "thundering-herd" {
        en: "Twenty popular pages are cached before traffic starts, and ten seconds later they all expire at one \
             moment: everyone reloads them, hundreds of reads wait for a database connection, and the slowest takes \
             some three to five seconds. Each lane has one remedy: a moment of its own for each page (jitter) at least \
             halves that, and one load per page and server (single flight), a reload before the expiry (early refresh) \
             or one load per page in all (leases) make it less than a tenth. Look at the slowest reads and at how \
             often the database is read.",
        ko: "트래픽이 시작되기 전에 인기 페이지 스무 개를 캐시해 두었는데, 10초 뒤 한꺼번에 만료됩니다. 모두가 동시에 \
             다시 읽으면서 수백 건의 읽기가 DB 커넥션을 기다리고, 가장 느린 읽기는 3~5초쯤 걸립니다. 레인마다 처방이 \
             하나씩 있습니다: 페이지마다 다른 만료 시각(지터)은 그 시간을 절반 아래로, 서버마다 페이지당 한 번만 \
             읽기(싱글 플라이트), 만료 전에 다시 읽기(조기 갱신), 전체에서 페이지당 한 번만 읽기(리스)는 10분의 1 \
             아래로 줄입니다.",
        try_en: "Which remedy sends the fewest reads to the database, and which sends nearly as many as none but spreads \
                 them out?",
        try_ko: "DB 읽기가 가장 적은 처방은 무엇이고, 읽기 수는 거의 그대로인데 흩어 놓기만 하는 처방은 무엇일까요?"
    }
    "db-brownout" {
        en: "The database is six times slower for 15 seconds. Without retries it recovers within five seconds; three \
             retries keep it down until the end of the run, though nothing is wrong with it any more, because its \
             queue holds more than its callers wait for. With a circuit breaker it recovers within five seconds in \
             spite of them.",
        ko: "DB가 15초 동안 여섯 배 느려집니다. 재시도가 없으면 5초 안에 회복하지만, 세 번 재시도하면 DB에 이제 \
             아무 이상이 없는데도 끝까지 회복하지 못합니다: 큐에 쌓이는 일이 호출자가 기다리는 시간보다 길기 때문입니다. \
             서킷 브레이커가 있으면 재시도를 해도 5초 안에 회복합니다.",
        try_en: "What if the database's queue holds 100 instead of 500?",
        try_ko: "DB 큐가 500건이 아니라 100건이면 어떨까요?"
    }
    "tipping-point" new {
        en: "A published limit (Bronson et al., HotOS 2021): a database that serves 300 reads a second is cut off for \
             ten seconds, and callers give up after one. It heals only below 300 over the tries of a request, so with \
             one retry below 150 a second. At 280 a second only the lane without retries heals; when the load \
             halves after a minute and a half, the one with one retry, too; three retries would need less than 75.",
        ko: "논문에 실린 한계로(Bronson 외, HotOS 2021), 초당 300건을 읽는 DB가 10초 동안 끊기고, \
             호출자는 1초 만에 포기합니다. DB는 부하가 300을 요청당 시도 횟수로 나눈 값보다 작아야 회복하므로, \
             재시도가 한 번이면 초당 150건 아래입니다. 초당 280건에서는 재시도 없는 레인만 회복하고, 1분 30초에 \
             부하가 절반으로 줄면 재시도 1회 레인도 회복하며, 3회라면 75건 아래여야 합니다.",
        try_en: "Does one retry heal at 160 a second, which is doubled for the first 90 seconds? And what if a retry waits, with a backoff of 2 seconds?",
        try_ko: "초당 160건이면(처음 90초는 두 배) 재시도 1회 레인이 회복할까요? 2초 백오프를 두고 재시도하면 어떨까요?"
    }
    "retry-storm" new {
        en: "The MongoDB experiment of OSDI 2022 (Huang et al.), at a twentieth of its 13,333 inserts a second: 80 % of \
             the CPU is gone for 10 seconds, and inserts that take over 3 seconds are sent again, up to four times. As \
             published, that never heals, but it does where 78 % are gone (4.444 times slower instead of 5), or for 9 \
             seconds, or at 10,000 a second (here 500); the database's capacity is fitted to these four. One resend, a queue of 100, or cancelling \
             inserts at their timeout would each have saved it.",
        ko: "OSDI 2022(Huang 외)의 MongoDB 실험을 초당 13,333건의 20분의 1로 옮긴 것으로, \
             10초 동안 CPU가 80 % 줄고, 3초가 넘은 삽입은 네 번까지 다시 보냅니다. 논문처럼 이 조건에서는 \
             끝내 회복하지 못하지만, 78 %만 줄거나(5배 대신 4.444배 느림) 9초만 이어지거나 초당 10,000건(여기서는 \
             500건)이면 회복합니다; DB 처리량은 이 네 결과에 맞춰 정했습니다. 재전송을 한 번만 하거나, 큐를 \
             100건으로 줄이거나, 타임아웃된 삽입을 취소했다면 회복했을 것입니다.",
        try_en: "How long may 80 % of the CPU be gone before four resends keep it down? Try 9 s and 9.5 s.",
        try_ko: "CPU가 80 % 줄어든 상태가 몇 초 이어지면 재전송 4회에서 DB가 회복하지 못할까요? 9초와 9.5초로 해 \
                 보세요."
    }
    "increment-race" {
        en: "Two clients read 7, and both write 8: one increment is lost, and 720 to 880 in all. Compare-and-set (CAS) \
             notices and tries again, so it reads the database two thirds more often and takes 40 % longer. An \
             increment in the database cannot go wrong, and takes two thirds of the time.",
        ko: "두 클라이언트가 7을 읽고 둘 다 8을 쓰면 증가 하나가 사라지며, 모두 720~880건입니다. CAS(비교 후 \
             교체)는 이를 알아채고 다시 시도하므로, DB를 3분의 2쯤 더 읽고 40 % 더 걸립니다. DB의 증가 연산은 \
             틀릴 수 없고 시간도 3분의 2면 됩니다.",
        try_en: "How much slower is compare-and-set when everyone wants the same key?",
        try_ko: "모두가 같은 키를 원할 때 CAS는 얼마나 느려질까요?"
    }
    "write-heavy" {
        en: "Four of five requests write. A cache that forgets what was written (write-around) hits seldom, and one \
             that keeps it nearly always. But only one that gathers writes spares the database: fewer than half the \
             rows with a flush every second, about a sixth with one every 10, and the median write is answered \
             over twenty times as fast.",
        ko: "요청 다섯 중 넷이 쓰기입니다. 쓴 값을 버리는 캐시(라이트어라운드)는 거의 적중하지 못하고, 간직하는 캐시는 \
             거의 항상 적중합니다. 하지만 DB의 부담을 덜어 주는 것은 쓰기를 모으는 캐시뿐입니다: 1초마다 플러시하면 \
             행이 절반 아래로, 10초마다 하면 6분의 1쯤으로 줄고, 쓰기 응답은 중앙값이 스무 배 넘게 \
             빨라집니다.",
        try_en: "How many rows does a longer flush interval save the database?",
        try_ko: "플러시 간격을 늘리면 DB가 쓰는 행이 얼마나 줄까요?"
    }
    "ycsb-a" {
        en: "YCSB workload A: half reads, half updates (a session store). The cache is loaded before the figures \
             begin, with room for a tenth of the records. A cache that keeps what is written hits nearly twice as \
             often as one that deletes it, and write-back writes little more than half of the rows.",
        ko: "YCSB 워크로드 A: 읽기 절반, 갱신 절반(세션 저장소)입니다. 수치를 재기 전에 캐시를 채워 두며, \
             레코드의 10분의 1이 들어갑니다. 쓴 값을 간직하는 캐시는 지우는 캐시보다 거의 두 배 자주 적중하고, \
             라이트백은 행을 절반 남짓만 씁니다.",
        try_en: "Which writing strategy suits a store that is written as often as read?",
        try_ko: "읽는 만큼 쓰는 저장소에는 어떤 쓰기 전략이 맞을까요?"
    }
    "ycsb-b" {
        en: "YCSB workload B: 95 % reads, 5 % updates (photo tags). The cache is loaded before the figures begin, with \
             room for a tenth of the records. The hit ratios of the three lanes are within five points; look at the \
             write latency.",
        ko: "YCSB 워크로드 B: 읽기 95 %, 갱신 5 %(사진 태그)입니다. 수치를 재기 전에 캐시를 채워 두며, \
             레코드의 10분의 1이 들어갑니다. 세 레인의 적중률은 5 %p 안에서 비슷하니 쓰기 응답 시간을 보세요.",
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
        en: "YCSB workload F: half reads, half read-modify-writes (a user database). The cache is loaded before the \
             figures begin, with room for a tenth of the records. Two clients who read the same value and write back \
             overwrite each other: look-aside, whose database is nearly saturated here so that its writes are slow, \
             loses thousands of modifications, write-through hundreds, write-back a few dozen.",
        ko: "YCSB 워크로드 F: 읽기 절반, 읽고 고쳐 쓰기 절반(사용자 데이터베이스)입니다. 수치를 재기 전에 캐시를 \
             채워 두며, 레코드의 10분의 1이 들어갑니다. 같은 값을 읽은 두 클라이언트는 서로의 쓰기를 덮어씁니다: \
             DB가 포화 직전이라 쓰기가 느린 룩어사이드는 수천 건, 라이트스루는 수백 건, 라이트백은 수십 건의 수정을 잃습니다.",
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
