//! 한국어.

use super::super::sections::headline::{Harm, Headline, Piece, Speed};
use super::super::sections::more_metrics::Metric as Extra;
use super::super::state::Failure;
use super::super::state::view::{Control, Lang};
use super::{PresetGroup, Words, ends, family_name, lane, left_out, unless_none};
use crate::chart::{Labels, Panel, text};
use crate::escape::shown;
use crate::scenario::estimate::{Amount, Share};
use crate::scenario::limits::{self, Limit, Range};
use crate::scenario::{Link, Part, Reason, What};

pub static WORDS: Words = Words {
    lang: Lang::Ko,
    starting: "같은 트래픽을 모든 전략에 동시에 흘려보냅니다.",
    headline,
    labels: Labels {
        reads_p50: "읽기, 중앙값",
        reads_p99: "읽기, p99",
        writes_p50: "쓰기, 중앙값",
        writes_p99: "쓰기, p99",
        hit_ratio: "적중률",
        lost_writes: "유실된 쓰기",
        lost: "유실",
        at_risk: "유실 위험",
        nothing_yet: "아직 응답 없음",
    },
    figures: "그래프",
    latency: "응답 시간",
    hits: "적중률",
    lost_figure: "유실된 쓰기",
    lost_key: "선: 유실 · 면: 유실 위험",
    summary,
    percentile: "백분위수",
    median: "중앙값",
    log_axis: "로그 축",
    time: "시각",
    time_controls: "재생",
    play: "재생",
    pause: "일시 정지",
    replay: "다시 재생",
    step_once: "한 단계",
    restart: "처음부터",
    finish: "끝까지 실행",
    speed: "속도",
    moment: "재생 위치",
    time_of: |now, all| format!("{} / 전체 {}", text::moment(now, true), text::moment(all, false)),
    key_space: "스페이스",
    key_right: "→",
    key_r: "R",
    key_f: "F",
    break_now: "장애 주입",
    crash_cache: "캐시 크래시",
    crash_app: "앱 서버 크래시",
    database_outage: "DB 중단",
    partition: "앱–캐시 단절",
    break_more: "다른 장애…",
    for_how_long: "지속 시간",
    fault_name: |what| match what {
        What::CacheCrash => "캐시 크래시",
        What::CachePowerLoss => "캐시 서버 정전",
        What::CacheFreeze => "캐시 멈춤",
        What::FlushAll => "캐시 전체 삭제",
        What::SlowCommand => "느린 캐시 명령",
        What::CacheSlow => "느려진 캐시",
        What::ReplicaCrash => "복제본 중단",
        What::AppCrash => "앱 서버 크래시",
        What::AppFreeze => "앱 서버 멈춤",
        What::AppSlow => "느려진 앱 서버",
        What::DatabaseOutage => "DB 중단",
        What::DatabasePowerLoss => "DB 서버 정전",
        What::DatabaseFreeze => "DB 멈춤",
        What::DatabaseSlow => "느려진 DB",
        What::DatabaseFailing => "트랜잭션 실패",
        What::Partition => "네트워크 단절",
        What::LinkSlow => "느려진 링크",
        What::LinkLoss => "패킷 손실",
    },
    scoreboard: "전략별 비교",
    strategy: "전략",
    requests: "요청",
    hit_ratio: "적중률",
    read_p50: "읽기 p50",
    read_p99: "읽기 p99",
    write_p50: "쓰기 p50",
    write_p99: "쓰기 p99",
    errors: "오류",
    goodput: "유효 처리율(goodput)",
    stale_reads: "오래된 읽기",
    diverging_copies: "DB와 다른 사본",
    now: "현재",
    at_most: "최댓값",
    at_the_end: "실행 종료 시점",
    diverged_why: "DB와 달라진 모든 사본의 원인",
    divergence,
    at_risk: "유실 위험",
    lost: "유실",
    cache_nodes: "캐시 노드",
    node: "노드",
    commands: "명령 수",
    busy: "사용률",
    entries: "항목",
    hottest_key: "핫 키",
    hot_key: |key, share| format!("{key} (전체의 {share})"),
    more_figures: "그 밖의 수치",
    extra: |extra| match extra {
        Extra::DatabaseReads => "DB 읽기",
        Extra::RowsWritten => "DB 쓰기 행 수",
        Extra::LongestQueue => "DB 큐 최댓값",
        Extra::LockWaits => "로우 락 대기",
        Extra::Cancelled => "취소된 쿼리",
        Extra::Overdue => "기한 초과 대기",
        Extra::MostDiverging => "DB와 다른 사본 최댓값",
        Extra::LostAndRead => "조회된 유실 쓰기",
        Extra::KeysLost => "마지막 값이 유실된 키",
        Extra::VanishedReads => "나중에 유실된 값의 조회",
        Extra::Increments => "증가 연산",
        Extra::LostIncrements => "유실된 증가",
        Extra::NearHits => "로컬 캐시 적중",
        Extra::Coalesced => "병합된 로드",
        Extra::LeaseWaits => "리스 대기",
        Extra::FillsRefused => "거부된 채우기",
        Extra::RefusedFull => "거부됨(캐시 가득 참)",
        Extra::Refreshes => "조기 갱신",
        Extra::PoolWaits => "커넥션 대기",
        Extra::BreakerRejections => "브레이커 차단",
        Extra::Saves => "디스크 저장",
        Extra::Failovers => "페일오버",
    },
    percentiles: "응답 시간 백분위수",
    all_requests: "전체 요청",
    with_errors: "전체 요청(실패 포함)",
    reads: "읽기",
    writes: "쓰기",
    count: "요청 수",
    lane_stopped: |lane, why| format!("‘{lane}’ 레인은 한도에 도달해 끝났습니다: {why}."),
    lost_writes: "유실된 쓰기",
    none_lost: "성공 응답을 받은 쓰기 중 유실된 것은 없습니다. 더티 항목이 쌓여 있을 때 캐시를 크래시시켜 보세요.",
    and_more: |n| format!("외 {}건", text::count(n)),
    what_was_lost: |read, keys| {
        let read = match read {
            0 => "DB에는 끝내 반영되지 않습니다. 유실된 값을 반환받은 읽기는 없습니다.".to_owned(),
            n => format!("DB에는 끝내 반영되지 않습니다. 이 중 {}건은 읽기 요청에 반환되었습니다.", text::count(n)),
        };
        match keys {
            0 => format!("{read} 해당 키에는 모두 그 뒤에 새 값이 기록되었습니다."),
            n => format!("{read} 키 {}개는 마지막으로 성공 응답을 받은 값이 유실되었습니다.", text::count(n)),
        }
    },
    story_of: |write, key| format!("쓰기 {} (키 {key})", text::count(write)),
    step,
    cause,
    reproduce: "재현하기",
    reproduce_why: "시나리오, 시드, 엔진 버전이 같으면 어떤 기기에서든 모든 이벤트가 비트 단위까지 같습니다. 다이제스트로 확인할 수 있습니다.",
    seed: "시드",
    engine: "엔진",
    digest: "다이제스트",
    events: "이벤트",
    controls: "설정",
    lanes: "레인",
    show_or_hide: "보이기/숨기기",
    undo: "실행 취소",
    redo: "다시 실행",
    add_lane: "레인 추가",
    remove_lane: |name| format!("{name} 삭제"),
    options: "옵션",
    all_fields: "모든 항목",
    with_usual: "켬",
    own_field: "이 레인만 다르게",
    choose_field: "항목 선택…",
    back_to_default: |name, default| format!("{name}: 기본값 {default}(으)로"),
    default_is: |default| format!("기본값 {default}"),
    range,
    lane_name,
    strategy_name,
    cached_copy: "캐시에 있던 값",
    order: "쓰는 순서",
    database_first: "DB 먼저",
    cache_first: "캐시 먼저",
    rollback: "DB가 거부하면 캐시 값을 되돌림",
    flush_every: "플러시 주기",
    flush_at: "더티 개수로 플러시 (0: 안 함)",
    batch: "배치당 최대 행 수",
    requeue: "실패한 행 재시도 횟수",
    coalesce: "같은 키의 쓰기를 하나로 합침",
    on_expiry: "더티 항목 만료 시",
    on_eviction: "더티 항목 축출 시",
    traffic: "트래픽",
    arrivals: "요청 도착",
    arrivals_name: |name| {
        match name {
            "poisson" => "오픈 루프, 포아송",
            "constant" => "오픈 루프, 일정 간격",
            "closed" => "클로즈드 루프, 사용자",
            "bursts" => "오픈 루프, 버스트",
            "wave" => "오픈 루프, 사인파",
            "spike" => "오픈 루프, 일시 급증",
            "trace" => "트레이스 시각",
            other => other,
        }
        .to_owned()
    },
    rate: "초당 요청 수",
    users: "사용자 수",
    think: "대기 시간(think time)",
    write_ratio: "쓰기 비율",
    keys: "키 분포",
    keys_name: |name| {
        match name {
            "zipf" => "Zipf",
            "uniform" => "균등",
            "hot-set" => "핫 셋",
            "zipf-sample" => "Zipf 표본",
            "latest" => "최신 키 우선",
            "scan" => "순차",
            "trace" => "트레이스 파일",
            other => other,
        }
        .to_owned()
    },
    key_count: "키 개수",
    alpha: "편향도 (α)",
    hot: "핫 키 비율",
    hot_traffic: "핫 키로 가는 트래픽",
    open_trace: "트레이스 재생",
    trace_formats: "한 줄에 키 하나, 키 열이 있는 표, ARC, LIRS, oracleGeneral, Twitter와 Meta의 캐시 트레이스, MSR·SPC 블록 트레이스, \
        redis-cli MONITOR 출력. gzip, xz, zstd 압축 파일도 됩니다.",
    trace_reading: |name| format!("{} 읽는 중…", shown(name)),
    cancel_reading: "읽기 취소",
    trace_stopped: |name| format!("{} 읽기를 중단했습니다. 실행 중이던 실험은 계속됩니다.", shown(name)),
    trace_longer: |played, all| {
        let (played, all) = (text::count(played), text::count(all));
        format!("트레이스의 요청 {all}건 중 {played}건까지만 실행했습니다. 실행 시간을 늘리면 더 재생합니다.")
    },
    trace_opened: |name, facts| {
        let says = facts.says.iter().map(|what| match what.as_str() {
            "operations" => "연산",
            "times" => "시각",
            "ttls" => "TTL",
            "sizes" => "크기",
            _ => "클라이언트",
        });
        let says = unless_none(says.map(str::to_owned), |says| format!(" (함께 기록된 정보: {says})"));
        let left_out: String = left_out(facts)
            .map(|(why, commands, more)| {
                let more = if more > 0 { format!(" 외 {more}종") } else { String::new() };
                format!(" 제외한 명령: {commands}{more}{}.", why_left_out(why))
            })
            .collect();
        let (requests, keys) = (text::count(facts.requests), text::count(facts.keys.into()));
        format!("{}: 요청 {requests}건, 키 {keys}개{says}.{left_out}", shown(name))
    },
    cache: "캐시",
    capacity: "용량 (항목 수)",
    eviction: "축출 정책",
    ttl_kind: "만료 방식",
    ttl_name: |name| {
        match name {
            "none" => "TTL 없음",
            "fixed" => "고정 TTL",
            "jittered" => "지터 TTL",
            "sliding" => "슬라이딩 TTL",
            "mixed" => "키마다 다른 TTL",
            other => other,
        }
        .to_owned()
    },
    ttl: "TTL",
    spread: "지터",
    command: "명령당 처리 시간",
    database: "DB",
    workers: "워커 수",
    queue: "큐 한도",
    database_read: "읽기 시간",
    database_write: "쓰기 시간",
    batch_row: "배치 추가 행당 시간",
    abort: "트랜잭션 실패율",
    application: "애플리케이션 서버",
    servers: "서버 수",
    work: "요청당 CPU 시간",
    cache_timeout: "캐시 타임아웃",
    database_timeout: "DB 타임아웃",
    retries: "재시도 횟수",
    backoff: "백오프",
    network: "네트워크 (편도)",
    link_name: |link| match link {
        Link::ClientApp => "클라이언트–앱",
        Link::AppCache => "앱–캐시",
        Link::AppDatabase => "앱–DB",
        Link::CacheDatabase => "캐시–DB",
    },
    faults: "장애",
    no_faults: "예정된 장애가 없습니다.",
    add_fault: "장애 추가",
    more_faults: |n| format!("장애 더 보기 ({}개 숨김)", text::count(n)),
    remove_fault: "이 장애 삭제",
    what_breaks: "종류",
    at_moment: "시점",
    fault_part: |part| match part {
        Part::Cache => "캐시",
        Part::Replica => "복제본",
        Part::App => "애플리케이션 서버",
        Part::Database => "DB",
        Part::Link => "네트워크 구간",
    },
    when: "발생 조건",
    when_name: |name| {
        match name {
            "moment" => "지정한 시점",
            "every" => "무작위",
            "before_flush" => "플러시 직전",
            "after_acknowledged" => "쓰기 N건 응답 후",
            other => other,
        }
        .to_owned()
    },
    mean_between: "평균 장애 간격",
    mean_repair: "평균 복구 시간",
    nth_flush: "플러시 순번",
    nth_write: "성공 응답한 쓰기 수",
    times_as_long: "느려지는 배수",
    share_struck: "비율",
    silent: "무응답(호출 측은 타임아웃까지 대기)",
    which_node: "캐시 노드",
    all_nodes: "모두",
    which_server: "서버",
    which_link: "구간",
    run: "실행",
    duration: "실행 시간",
    warmup: "워밍업 (집계 제외)",
    distribution: |name| {
        match name {
            "constant" => "상수",
            "exponential" => "지수 분포",
            "uniform" => "균등 분포",
            "lognormal" => "로그 정규 분포",
            "normal" => "정규 분포",
            "empirical" => "실측 분포",
            other => other,
        }
        .to_owned()
    },
    distribution_kind: "분포",
    mean: "평균",
    least: "최소",
    most: "최대",
    p99: "p99",
    deviation: "표준편차",
    reason,
    last_good_runs: "설정값이 잘못되었습니다. 마지막으로 유효했던 시나리오를 계속 실행합니다.",
    worker_failed: |failure| match failure {
        Failure::NotStarted => {
            "시뮬레이션을 시작하지 못했습니다. 워커 파일을 받지 못했거나 이 페이지에서 실행할 수 없습니다."
        }
        Failure::Crashed => "시뮬레이션이 오류로 멈췄습니다.",
        Failure::OutOfMemory => {
            "시뮬레이션이 멈췄습니다. 메모리가 부족했을 가능성이 큽니다. 키, 샤드, 복제본, 레인 수를 줄여 보세요."
        }
        Failure::Gone => "시뮬레이션 워커가 응답하지 않습니다. 브라우저가 메모리를 확보하려고 종료했을 수 있습니다.",
    },
    details: "자세히",
    reload_page: "페이지를 새로 고치세요. 그래도 안 되면 사이트의 Content-Security-Policy가 워커를 막고 있을 수 있습니다.",
    needs_cors: "이 그래프는 샌드박스 프레임 안에 있습니다. 시뮬레이터 사이트가 .js와 .wasm 파일에 Access-Control-Allow-Origin: * 헤더를 붙여야 합니다.",
    was_stopped: |at| match at {
        Some(at) => {
            format!("{at} 시점에서 중단했습니다. 다시 실행하면 그 시점까지 다시 계산합니다. 설정을 바꿔도 됩니다.")
        }
        None => "시작하기 전에 중단했습니다. 다시 실행하거나 설정을 바꿔 보세요.".to_owned(),
    },
    still_loading: "시뮬레이션을 불러오는 중입니다…",
    still_computing: "아직 계산 중입니다. 오래 걸리는 실험이며, 그동안 다른 조작은 그대로 할 수 있습니다.",
    maybe_gone: "20초 넘게 응답이 없습니다. 시뮬레이션이 종료되었거나 계산이 매우 오래 걸리고 있습니다.",
    stop: "중단",
    run_again: "다시 실행",
    too_long: |bytes, most| {
        format!(
            "실험이 너무 커서 링크로 만들 수 없습니다. {}바이트가 필요한데, 어디서나 열리는 링크는 {}바이트까지입니다.",
            text::count(bytes),
            text::count(most)
        )
    },
    address_is_old: "주소 창에는 링크로 만들 수 있었던 마지막 실험이 남아 있습니다. 이 실험은 파일로 저장하고, ‘공유’의 ‘시나리오 파일 열기’로 다시 여세요.",
    save_scenario: "파일로 저장 (TOML)",
    open_default: "기본 프리셋 열기",
    link_not_opened: "이 링크를 열 수 없습니다",
    link_text: "링크",
    open_edited: "고친 링크 열기",
    close: "닫기",
    preset: "프리셋",
    preset_name: |name| {
        match name {
            "default" => "다섯 가지 전략과 크래시",
            "locust-test" => "부하 테스트, 캐시 유무 비교",
            "like-button" => "좋아요 버튼",
            "redis-down" => "Redis 다운",
            "product-list" => "상품 목록 스탬피드",
            "view-counter" => "조회수 카운터",
            "session-tokens" => "세션 토큰",
            "keys-star" => "운영 중 KEYS *",
            "failover" => "페일오버",
            "scale-out" => "샤드 늘리기",
            "local-vs-global" => "로컬 캐시와 글로벌 캐시",
            "memory-overflow" => "메모리보다 큰 데이터",
            "ttl-vs-invalidate" => "TTL과 무효화",
            "stale-set-race" => "룩어사이드 경쟁 상태",
            "dual-write" => "이중 쓰기",
            "flush-race" => "플러시 경쟁 상태",
            "expire-dirty" => "더티 상태로 만료",
            "thundering-herd" => "몰려드는 요청",
            "db-brownout" => "DB 브라운아웃",
            "increment-race" => "증가 연산 경쟁",
            "write-heavy" => "쓰기가 많은 서비스",
            "never-comes-back" => "돌아오지 않는 캐시",
            "tipping-point" => "재시도의 임계점",
            "cold-start" => "콜드 스타트",
            "retry-storm" => "재시도 폭풍",
            other => return family_name(other).unwrap_or_else(|| other.to_owned()),
        }
        .to_owned()
    },
    preset_group: |group| match group {
        PresetGroup::Stories => "사례",
        PresetGroup::Ycsb => "YCSB 워크로드",
        PresetGroup::Twitter => "Twitter의 캐시",
    },
    own_scenario: "내 시나리오",
    change_theme: "라이트/다크",
    share: "공유",
    link: "링크",
    link_why: "장애와 시드까지 실험 전체가 링크에 들어 있어, 누가 열어도 똑같이 재현됩니다.",
    copy: "복사",
    copied: "복사했습니다.",
    not_copied: "브라우저가 허용하지 않습니다. 텍스트를 선택해 복사하세요.",
    embed: "블로그에 넣기",
    embed_why: "선택한 레인과 컨트롤만 담은 자동 재생 그래프입니다.",
    plain_iframe: "스크립트 없이 iframe만 쓰기",
    control_name: |control| match control {
        Control::Play => "재생과 일시 정지",
        Control::Crash => "장애 버튼",
        Control::Speed => "속도",
        Control::Lanes => "레인 보이기/숨기기",
        Control::Step => "한 단계, 처음부터, 끝까지",
    },
    files: "파일",
    scenario_toml: "시나리오 (TOML)",
    report_json: "결과 (JSON)",
    series_csv: "그래프 데이터 (CSV)",
    open_scenario: "시나리오 파일 열기",
    open_full: "전체 시뮬레이터 열기",
    help: "도움말",
    how_to_read: "레인 하나가 전략 하나입니다. 모든 레인은 똑같은 요청과 똑같은 장애를 겪으므로, 선이 갈라진 만큼이 전략의 차이입니다. \
        클라이언트가 성공 응답을 받았지만 DB에 끝내 반영되지 않는 쓰기는 ‘유실’이고, 캐시에만 있는 동안은 ‘유실 위험’입니다. \
        DB와 값이 다른데 바로잡을 작업이 더는 남아 있지 않은 캐시 항목은 ‘DB와 다른 사본’입니다.",
    keys_help: &[
        ("스페이스", "재생, 일시 정지"),
        ("→", "한 단계"),
        ("R", "처음부터"),
        ("F", "끝까지 실행"),
        ("1 … 9", "레인 보이기/숨기기"),
        ("Ctrl+Z", "실행 취소"),
        ("Ctrl+Shift+Z, Ctrl+Y", "다시 실행"),
        ("Esc", "트레이스 읽기 취소"),
        ("?", "도움말"),
    ],
    footer: "Cachelane은 측정이 아니라 시뮬레이션입니다. 계산 결과는 큐잉 이론과 실제 트레이스로 검증합니다.",
};

/// 받침에 맞는 조사.
fn josa(word: &str, with: &'static str, without: &'static str) -> &'static str {
    let last = word.chars().rev().find(|c| c.is_alphanumeric());
    match last {
        Some(c @ '가'..='힣') => {
            if (c as u32 - '가' as u32).is_multiple_of(28) {
                without
            } else {
                with
            }
        }
        Some('0' | '1' | '3' | '6' | '7' | '8' | 'l' | 'm' | 'n' | 'r') => with,
        _ => without,
    }
}

fn topic(titles: &[String], number: usize) -> [Piece; 2] {
    let name = titles.get(number).map_or("", String::as_str);
    [lane(titles, number), Piece::Text(format!("{} ", josa(name, "은", "는")))]
}

fn headline(said: &Headline, titles: &[String]) -> Vec<Piece> {
    let text = |text: &str| Piece::Text(text.to_owned());
    let mut pieces = vec![text(if said.lanes > 1 { "모두 같은 트래픽을 받습니다. " } else { "" })];
    let kind = |speed: Speed| match (speed.tail, speed.writes) {
        (false, false) => "읽기",
        (false, true) => "쓰기",
        (true, false) => "가장 느린 읽기(p99)",
        (true, true) => "가장 느린 쓰기(p99)",
    };
    match (said.speed, said.harm) {
        (Some(speed), harm) => {
            let same = harm.filter(|harm| harm.lane() == speed.lane);
            pieces.extend(topic(titles, speed.lane));
            if same.is_none() {
                pieces.extend([lane(titles, speed.than), text("보다 ")]);
            }
            pieces.extend([text(kind(speed)), text("에 "), Piece::Number(times(speed.factor)), text(" 빠르게 ")]);
            match (same, harm) {
                (Some(harm), _) => {
                    pieces.push(text("응답했지만 "));
                    pieces.extend(harm_of(harm));
                }
                (None, Some(harm)) => {
                    pieces.push(text("응답했고, "));
                    pieces.extend(topic(titles, harm.lane()));
                    pieces.extend(harm_of(harm));
                }
                (None, None) => pieces.push(text("응답했습니다.")),
            }
        }
        (None, Some(harm)) => {
            pieces.extend(topic(titles, harm.lane()));
            pieces.extend(harm_of(harm));
        }
        (None, None) if said.alike => pieces.push(text("아직은 눈에 띄는 차이가 없습니다.")),
        (None, None) => pieces.push(text("곧 전략별로 차이가 드러납니다.")),
    }
    pieces
}

/// 배수: 6.1배.
fn times(factor: f64) -> String {
    text::times(factor).replace('×', "배")
}

fn harm_of(harm: Harm) -> Vec<Piece> {
    let text = |text: &str| Piece::Text(text.to_owned());
    match harm {
        Harm::Lost { writes, .. } => vec![Piece::Alarm(text::count(writes)), text("건을 유실했습니다.")],
        Harm::Increments { lost, of, .. } => {
            vec![
                text(&format!("증가 {}건 중 ", text::count(of))),
                Piece::Alarm(text::count(lost)),
                text("건을 유실했습니다."),
            ]
        }
        Harm::Failed { requests, .. } => {
            vec![text("요청 "), Piece::Alarm(text::count(requests)), text("건에 실패했습니다.")]
        }
        Harm::AtRisk { writes, .. } => vec![Piece::Number(text::count(writes)), text("건이 유실될 수 있습니다.")],
        Harm::Stale { reads, .. } => {
            vec![text("오래된 값을 "), Piece::Number(text::count(reads)), text("번 반환했습니다.")]
        }
    }
}

fn summary(panel: &Panel) -> String {
    let ends: Vec<String> = ends(panel).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
    let what = if ends.is_empty() { "아직 없음".to_owned() } else { ends.join(", ") };
    format!("{}: {what}.", panel.title)
}

/// The lanes of presets; whatever else a lane is called stays as it is.
fn lane_name(name: &str) -> String {
    let known = match name {
        "Write-back every second" => "라이트백, 1초마다",
        "Write-back every 10 s" => "라이트백, 10초마다",
        "Without Redis" => "Redis 미사용",
        "With Redis" => "Redis 사용",
        "Told yes after the first" | "Acknowledged after the first" => "첫 쓰기 후 응답",
        "Three retries" => "재시도 3회",
        "Taken in one step" => "원자적으로 꺼내기",
        "TTLs with jitter" => "TTL 지터",
        "TTL of a minute" => "TTL 1분",
        "TTL of 2 s" => "TTL 2초",
        "Straight to the database" => "DB 직접 쓰기",
        "Single flight" => "싱글 플라이트",
        "Retries and a breaker" => "재시도와 서킷 브레이커",
        "Refuse what does not fit" => "초과분 거부",
        "Read, write, then delete" => "읽기, 쓰기, 삭제",
        "Read, add one, write" => "읽기, 증가, 쓰기",
        "Page to disk" => "디스크 페이징",
        "One global cache" => "글로벌 캐시 하나",
        "Nothing on disk" => "디스크 저장 없음",
        "No retries" => "재시도 없음",
        "Local, told of every write" => "로컬 캐시, 쓰기마다 무효화",
        "Increment in the database" => "DB에서 증가",
        "In the database" => "DB 카운터",
        "In the cache, written every second" => "캐시 카운터, 1초마다 플러시",
        "In the cache, written every 10 s" => "캐시 카운터, 10초마다 플러시",
        "Flushed when it expires" => "만료 시 플러시",
        "Flushed every minute" => "1분마다 플러시",
        "Flushed every 50 min" => "50분마다 플러시",
        "Flushed every 2 s" => "2초마다 플러시",
        "Flushed every 10 s" => "10초마다 플러시",
        "Evict the least recently used" => "LRU 축출",
        "Everyone reloads" => "전원 재로드",
        "Early refresh" => "조기 갱신",
        "Deleted by each write" => "쓰기 시 삭제",
        "Delete twice" => "이중 삭제",
        "Delete after the write" => "쓰기 후 삭제",
        "Database, then cache" => "DB 먼저, 캐시 나중",
        "Compare and set" => "CAS(비교 후 교체)",
        "Cache, then database" => "캐시 먼저, DB 나중",
        "Append-only, every second" => "AOF, 1초마다",
        "Append-only, always" => "AOF, 매번",
        "Answered when a replica has it" => "복제 후 응답",
        "Answered at once" => "즉시 응답",
        "And a local one in each server" => "서버마다 로컬 캐시 추가",
        "A snapshot every 10 s" => "10초마다 스냅샷",
        "One node" => "노드 하나",
        "Look-aside, single flight" => "룩어사이드, 싱글 플라이트",
        "One retry" => "재시도 1회",
        "5 a second" => "초당 5건",
        "10 a second" => "초당 10건",
        "20 a second" => "초당 20건",
        "100 a second" => "초당 100건",
        "As many as are asked for" => "제한 없음",
        "Four resends" => "재전송 4회",
        "One resend" => "재전송 1회",
        "A queue of 100" => "큐 100건",
        "Inserts cancelled at their timeout" => "타임아웃 시 쿼리 취소",
        "Four nodes" => "노드 넷",
        "Leases" => "리스",
        "Writes update the cache" => "쓰기 시 갱신",
        "Writes delete the cached copy" => "쓰기 시 삭제",
        other => return strategy_name(other),
    };
    known.to_owned()
}

fn strategy_name(name: &str) -> String {
    match name.to_lowercase().as_str() {
        "none" | "no cache" => "캐시 없음",
        "look-aside" => "룩어사이드",
        "read-through" => "리드스루",
        "write-around" => "라이트어라운드",
        "write-through" => "라이트스루",
        "write-back" => "라이트백",
        "outbox" => "아웃박스",
        _ => name,
    }
    .to_owned()
}

fn divergence(name: &str) -> String {
    match name {
        "never_committed" => "커밋된 적 없는 값",
        "overwritten_by_older" => "DB에서 더 오래된 쓰기로 덮어써짐",
        "restored" => "크래시 후 복원된 옛 값",
        "stale_fill" => "오래된 값으로 채움",
        "overtaken_update" => "순서가 뒤바뀐 갱신",
        "crash_between" => "커밋과 캐시 갱신 사이의 크래시",
        "lost_invalidation" => "무효화 실패",
        "commit_without_answer" => "오류 응답 후 커밋됨",
        "left" => "무효화하지 않음",
        other => other,
    }
    .to_owned()
}

fn step(name: &str) -> String {
    match name {
        "issued" => "클라이언트가 요청",
        "buffered" => "캐시에 더티 상태로 저장",
        "acknowledged" => "클라이언트에 성공 응답",
        "refused" => "클라이언트에 거절 응답",
        "coalesced" => "버퍼에서 같은 키의 새 쓰기로 대체",
        "committed" => "DB에 커밋",
        "read" => "다른 요청이 조회",
        "overwritten" => "DB에서 더 오래된 쓰기로 덮어써짐",
        "dropped" => "보관하던 서버가 폐기",
        "lost" => "유실: DB에 끝내 반영되지 않음",
        "flush_due" => "유실을 막았을 플러시 시각",
        other => other,
    }
    .to_owned()
}

fn cause(name: &str) -> String {
    match name {
        "cache_crash" => "캐시에만 있을 때 크래시",
        "expired_dirty" => "더티 상태로 만료",
        "evicted_dirty" => "더티 상태로 축출",
        "dropped_after_retries" => "재시도 소진 후 폐기",
        "failover_lag" => "뒤처진 복제본으로 페일오버",
        "dual_write_half_done" => "이중 쓰기 중 하나만 성공",
        "flush_mark_lost" => "플러시 표시 유실",
        "persistence_window" => "디스크 기록 전 크래시",
        "overwritten_by_older" => "더 오래된 쓰기로 덮어써짐",
        "flush_all" => "캐시 전체 삭제",
        "refused" => "DB가 거부",
        "connection_lost" => "연결 끊김",
        "never_delivered" => "전달 시도 없음",
        other => other,
    }
    .to_owned()
}

/// 명령을 제외한 이유.
fn why_left_out(reason: &str) -> &'static str {
    match reason {
        "no_key" => " (키를 읽거나 바꾸지 않음)",
        "script" => " (스크립트: 실행한 명령은 트레이스에 따로 기록됨)",
        "refused" => " (서버가 거절해 바뀐 것이 없음)",
        "unnamed_keys" => " (이름을 밝히지 않은 키를 읽으며, 그 읽기는 세지 않음)",
        "other_keys" => " (트레이스에 나오지 않는 키를 들여오거나 바꾸므로, 그 뒤의 수치는 다를 수 있음)",
        "depends_on_values" => " (보관하지 않는 값이나 필드 TTL에 따라 동작이 달라짐)",
        "unknown" => " (알 수 없는 명령)",
        _ => "",
    }
}

/// 허용 범위.
fn range(limit: &Limit) -> String {
    let range = match limit.range {
        Range::Whole(least, most) => format!("{least}부터 {most}까지의 정수"),
        Range::Number(least, most) => format!("{least}부터 {most}까지의 수"),
        Range::Time(least, most) => format!("{least}부터 {most}까지의 시간"),
        Range::Size(least, most) => format!("{least}부터 {most}까지의 크기"),
        Range::Room(entries, least, most) => {
            format!("항목 1개부터 {entries}개까지, 또는 {least}부터 {most}까지의 크기")
        }
    };
    if limit.or_none { format!("{range} 또는 none") } else { range }
}

/// 범위가 없는 항목에 들어갈 수 있는 것.
fn expected(allowed: &str) -> &str {
    match allowed {
        "true or false" => "true 또는 false",
        "a whole number, 0 or more" => "0 이상의 정수",
        "a number" => "수",
        "a text" => "문자열",
        "a list" => "목록",
        "a duration with its unit, such as \"250ms\" or \"2h\"" => "\"250ms\"나 \"2h\"처럼 단위를 붙인 시간",
        other => other,
    }
}

fn reason(reason: &Reason) -> String {
    let list = |what: &str, meant: &Option<String>, known: &[String]| match meant {
        Some(meant) => format!("{what} 혹시 {meant}인가요? 가능한 값: {}", known.join(", ")),
        None => format!("{what} 가능한 값: {}", known.join(", ")),
    };
    match reason {
        Reason::NotAllowed(allowed) => format!("사용할 수 없는 값입니다. 허용되는 값: {}", expected(allowed)),
        Reason::UnknownField { meant, known } => list("그런 항목은 없습니다.", meant, known),
        Reason::UnknownWord { meant, known } => list("그런 선택지는 없습니다.", meant, known),
        Reason::Separator { readings, .. } if readings.len() > 1 => {
            format!("{} 둘 다로 읽힐 수 있습니다. 그중 하나로 적어 주세요.", readings.join(", "))
        }
        Reason::Separator { readings, allowed } => {
            let allowed =
                if allowed.is_empty() { String::new() } else { format!(" 허용되는 값: {}", expected(allowed)) };
            format!("{}처럼 소수점은 마침표로, 천 단위 구분 없이 적어 주세요.{allowed}", readings.concat())
        }
        Reason::Missing(what) => format!("값이 필요합니다: {what}"),
        Reason::TooMuchMemory { bytes, shares } => {
            let (bytes, most) = (Amount(*bytes), limits::MEMORY_MAX);
            let shares: Vec<String> = shares.iter().map(share).collect();
            let shares = shares.join("; ");
            format!(
                "메모리가 최대 {bytes}까지 필요할 수 있어 한도 {most}를 넘습니다: {shares}. 이 중 하나를 줄여 주세요."
            )
        }
        Reason::Because(sentence) => sentence.clone(),
    }
}

/// 메모리를 차지하는 부분과 그 크기, 그것을 정하는 항목.
fn share(share: &Share) -> String {
    let part = match share.what {
        "what each lane has" => "레인별 기본 메모리",
        "figures over time" => "시간별 수치",
        "tables by key" => "키별 테이블",
        "entries of the cache" => "캐시 항목",
        "near caches" => "로컬 캐시",
        "messages to near caches" => "로컬 캐시로 가는 메시지",
        "the ledger of writes" => "쓰기 기록",
        "dirty rows" => "더티 행",
        "records of the outbox" => "아웃박스 레코드",
        "changes that replicas lack" => "복제본에 아직 없는 변경",
        "changes since the last snapshot or sync" => "마지막 스냅샷이나 동기화 이후의 변경",
        "timeouts" => "타임아웃",
        "calls that the relay or a flusher gave up" => "릴레이나 플러셔가 포기한 호출",
        "what is loaded at the start" => "시작할 때 적재하는 키",
        "the popularity of keys" => "키 인기도",
        "what OPT is told" => "OPT에 미리 전달하는 요청",
        "waiting requests" => "대기 중인 요청",
        other => other,
    };
    let mut why: Vec<String> = share.fields.iter().map(|(field, value)| format!("{field} = {value}")).collect();
    if share.lanes > 1 {
        why.push(format!("레인 {}개", share.lanes));
    }
    format!("{part} {} ({})", Amount(share.bytes), why.join(", "))
}
