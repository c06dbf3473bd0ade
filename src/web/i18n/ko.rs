//! 한국어.

use super::super::state::Failure;
use super::super::state::view::Control;
use super::{Words, left_out, named, unless_none};
use crate::chart::text;
use crate::escape::shown;
use crate::ledger::{Cause, Divergence};
use crate::phrase::Language;
use crate::scenario::presets::Group;
use crate::scenario::{Link, Part};
use crate::workload::trace::Detail;

pub static WORDS: Words = Words {
    lang: Language::Korean,
    starting: "같은 트래픽을 모든 전략에 동시에 흘려보냅니다.",
    figures: "그래프",
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
    time_of: |now, all| {
        format!("{} / 전체 {}", text::moment(now, true, Language::Korean), text::moment(all, false, Language::Korean))
    },
    key_space: "스페이스",
    key_right: "→",
    key_r: "R",
    key_f: "F",
    for_how_long: "지속 시간",
    scoreboard: "전략별 비교",
    strategy: "전략",
    diverging_copies: "DB와 다른 사본",
    now: "현재",
    at_most: "최댓값",
    at_the_end: "실행 종료 시점",
    diverged_why: "DB와 달라진 모든 사본의 원인",
    divergence,
    cache_nodes: "캐시 노드",
    node: "노드",
    commands: "명령 수",
    busy: "사용률",
    entries: "항목",
    hottest_key: "핫 키",
    hot_key: |key, share| format!("{key} (전체의 {share})"),
    more_figures: "그 밖의 수치",
    percentiles: "응답 시간 백분위수",
    all_requests: "전체 요청",
    with_errors: "전체 요청(실패 포함)",
    reads: "읽기",
    writes: "쓰기",
    count: "요청 수",
    lane_stopped: |lane, why| format!("‘{lane}’ 레인은 한도에 도달해 끝났습니다: {why}."),
    lost_writes: "유실된 쓰기",
    none_lost: "성공 응답을 받은 쓰기 중 유실된 것은 없습니다.",
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
    all_fields: "고급 설정",
    with_usual: "켬",
    own_field: "이 레인만 다르게",
    choose_field: "항목 선택…",
    back_to_default: |name, default| format!("{name}: 기본값 {default}(으)로"),
    default_is: |default| format!("기본값 {default}"),
    traffic: "트래픽",
    arrivals: "요청 도착",
    rate: "초당 요청 수",
    users: "사용자 수",
    think: "대기 시간(think time)",
    keys: "키 분포",
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
        let says = facts.says.iter().map(|what| {
            match what {
                Detail::Operations => "연산",
                Detail::Times => "시각",
                Detail::Ttls => "TTL",
                Detail::Sizes => "크기",
                Detail::Clients => "클라이언트",
            }
            .to_owned()
        });
        let says = unless_none(says, |says| format!(" (함께 기록된 정보: {says})"));
        let left_out: String = left_out(facts, Language::Korean)
            .map(|(why, commands, more)| {
                let more = if more > 0 { format!(" 외 {more}종") } else { String::new() };
                format!(" 제외한 명령: {commands}{more} ({}).", why)
            })
            .collect();
        let (requests, keys) = (text::count(facts.requests), text::count(facts.keys.into()));
        format!("{}: 요청 {requests}건, 키 {keys}개{says}.{left_out}", shown(name))
    },
    cache: "캐시",
    ttl: "TTL",
    spread: "지터",
    database: "DB",
    application: "애플리케이션 서버",
    network: "네트워크 (편도)",
    prices: "단가",
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
        Part::Worker => "백그라운드 워커",
        Part::Database => "DB",
        Part::Link => "네트워크 구간",
    },
    when: "발생 조건",
    mean_between: "평균 장애 간격",
    mean_repair: "평균 복구 시간",
    nth_flush: "플러시 순번",
    nth_write: "성공 응답한 쓰기 수",
    times_as_long: "느려지는 배수",
    share_struck: "비율",
    silent: "무응답(호출 측은 타임아웃까지 대기)",
    flush_first: "더티 항목을 먼저 플러시",
    save_first: "스냅샷을 먼저 저장",
    which_node: "캐시 노드",
    all_nodes: "모두",
    which_server: "서버",
    which_link: "구간",
    run: "실행",
    distribution_kind: "분포",
    mean: "평균",
    least: "최소",
    most: "최대",
    p99: "p99",
    deviation: "표준편차",
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
    preset_group: |group| match group {
        Group::Stories => "사례",
        Group::Ycsb => "YCSB 워크로드",
        Group::Twitter => "Twitter의 캐시",
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
    how_to_read: "레인 하나가 전략 하나입니다. 모든 레인이 똑같은 요청을 받고, 장애도 (특정 레인을 제외하도록 정하지 않았다면) 똑같이 겪으므로, 선이 갈라진 만큼이 전략의 차이입니다. \
        클라이언트가 성공 응답을 받았지만 DB에 끝내 반영되지 않는 쓰기는 ‘유실’이고, 크래시나 정전 한 번에 사라질 동안은 ‘유실 위험’입니다(fsync한 디스크나 복제본에 있으면 아닙니다). \
        DB와 값이 다른데 바로잡을 작업이 더는 남아 있지 않은 캐시 항목은 ‘DB와 다른 사본’입니다.",
    glossary: "용어집 (한국어·영어)",
    keys_help: &[
        ("스페이스", "재생, 일시 정지"),
        ("→", "한 단계"),
        ("←", "한 단계 뒤로"),
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

fn divergence(word: &str) -> String {
    named(&Divergence::ALL, Divergence::name, word, |divergence| match divergence {
        Divergence::NeverCommitted => "커밋된 적 없는 값",
        Divergence::OverwrittenByOlder => "DB에서 더 오래된 쓰기로 덮어써짐",
        Divergence::Restored => "크래시 후 복원된 이전 값",
        Divergence::StaleFill => "오래된 값으로 채움",
        Divergence::OvertakenUpdate => "순서가 뒤바뀐 갱신",
        Divergence::CrashBetween => "커밋과 캐시 갱신 사이의 크래시",
        Divergence::LostInvalidation => "무효화 실패",
        Divergence::CommitWithoutAnswer => "오류 응답 후 커밋됨",
        Divergence::Left => "무효화하지 않음",
    })
}

fn cause(word: &str) -> String {
    named(&Cause::ALL, Cause::name, word, |cause| match cause {
        Cause::CacheCrash => "캐시에만 있을 때 크래시",
        Cause::ExpiredDirty => "더티 상태로 만료",
        Cause::EvictedDirty => "더티 상태로 축출",
        Cause::DroppedAfterRetries => "재시도 소진 후 폐기",
        Cause::FailoverLag => "뒤처진 복제본으로 페일오버",
        Cause::DualWriteHalfDone => "이중 쓰기 중 하나만 성공",
        Cause::FlushMarkLost => "플러시 표시 유실",
        Cause::QueueLost => "앱 서버 큐에만 있을 때 크래시",
        Cause::FlusherCrash => "플러셔만 가지고 있을 때 크래시",
        Cause::PersistenceWindow => "디스크 기록 전 크래시",
        Cause::OverwrittenByOlder => "더 오래된 쓰기로 덮어써짐",
        Cause::FlushAll => "캐시 전체 삭제",
        Cause::Refused => "DB가 거부",
        Cause::ConnectionLost => "연결 끊김",
        Cause::NeverDelivered => "전달 시도 없음",
    })
}
