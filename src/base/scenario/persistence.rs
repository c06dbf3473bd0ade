//! What of a cache's memory is kept on disk.

use super::Distribution;
use super::field::{kinds, record, words};
use crate::time::Nanos;

kinds! {
    /// What of a cache node's memory is kept on disk, entries and rows of write-back alike, and so survives a crash or a
    /// loss of power.
    pub enum Persistence {
        /// Nothing: after a crash the node comes back empty.
        #[ko = "없음: 크래시 후 노드는 빈 채로 돌아옵니다."]
        "none" => None {},
        /// The whole memory is written to disk now and then; what changed since the last finished snapshot began is gone.
        #[ko = "메모리 전체를 이따금 디스크에 씁니다. 완료된 마지막 스냅샷이 시작된 뒤의 변경은 사라집니다."]
        "snapshots" => Snapshots {
            /// The time between the end of one snapshot and the beginning of the next.
            #[ko = "스냅샷이 끝나고 다음 스냅샷을 시작하기까지의 시간."]
            every: Nanos = Nanos::from_secs(60),
            /// No snapshot is made before so many changes.
            #[ko = "변경이 이 수에 이르기 전에는 스냅샷을 만들지 않습니다."]
            changes: u32 = 1,
            /// How long writing a snapshot takes, for each entry held.
            #[ko = "스냅샷을 쓸 때 항목당 걸리는 시간."]
            per_entry: Nanos = Nanos::from_micros(1),
            /// Further rules such as `{ every = "1min", changes = 10000 }`; the first that is fulfilled begins a snapshot.
            #[ko = "`{ every = \"1min\", changes = 10000 }` 같은 추가 규칙. 먼저 충족된 규칙이 스냅샷을 시작합니다."]
            also: Vec<SnapshotRule> = Vec::new(),
        },
        /// Each change is written to a file before its answer, and the file is synced to the disk from time to time. A process
        /// that is killed (`cache.crash`) loses none of it, since the kernel has it; a loss of power takes what is not synced.
        /// (Redis holds changes back in its own memory, for up to two seconds, while a sync takes longer than usual, and answers
        /// meanwhile; that a kill would take those is not modelled.)
        #[ko = "변경마다 응답 전에 파일에 쓰고, 파일은 이따금 디스크에 fsync합니다(AOF). 프로세스가 \
            죽어도(`cache.crash`) 커널이 가지고 있어 잃지 않지만, 정전되면 fsync하지 않은 것은 사라집니다. (Redis는 \
            fsync가 오래 걸리면 최대 2초 동안 변경을 자기 메모리에 두고 응답합니다. 이때 프로세스가 죽어 잃는 것은 \
            모델링하지 않았습니다.)"]
        "append-only" => AppendOnly {
            /// When the file is synced.
            #[ko = "파일을 fsync하는 시점."]
            fsync: Fsync = Fsync::EverySecond,
            /// How long a sync takes.
            #[ko = "fsync 한 번에 걸리는 시간."]
            fsync_time: Distribution = Distribution::Constant(Nanos::from_millis(5)),
        },
    }
}

impl Default for Persistence {
    fn default() -> Persistence {
        Persistence::None {}
    }
}

record! {
    /// A rule for snapshots: so much time and so many changes since the last.
    #[ko = "스냅샷 규칙: 지난 스냅샷 뒤로 이만큼의 시간과 변경."]
    pub struct SnapshotRule {
        /// The time between the end of one snapshot and the beginning of the next.
        #[ko = "스냅샷이 끝나고 다음 스냅샷을 시작하기까지의 시간."]
        pub every: Nanos = Nanos::from_secs(60),
        /// No snapshot is made before so many changes.
        #[ko = "변경이 이 수에 이르기 전에는 스냅샷을 만들지 않습니다."]
        pub changes: u32 = 1,
    }
}

words! {
    /// When an append-only file is synced.
    pub enum Fsync {
        /// Before each answer to a command that changed something: the node waits for the disk, once for all that were in
        /// line when it got to them.
        #[ko = "변경한 명령에 응답하기 전마다: 노드는 디스크를 기다리며, 그때 줄에 있던 명령들은 한 번에 처리합니다."]
        "always" => Always,
        /// Each second, beside the commands. A loss of power takes what came since the last sync that has ended began: at most 2 s of
        /// writes where a sync takes up to a second. One that has run for 2 s makes the node wait for its end with the next
        /// change, so that with slower disks it is what the node did in two times 2 s.
        #[ko = "1초마다, 명령과 병행해서. 정전되면 끝난 마지막 fsync가 시작된 뒤의 것이 사라집니다. fsync가 1초까지 \
            걸리면 최대 2초 분량의 쓰기입니다. 2초 넘게 걸리는 fsync가 있으면 다음 변경은 그것이 끝날 때까지 \
            기다리므로, 더 느린 디스크에서는 노드가 2초의 두 배 동안 한 일입니다."]
        "every-second" => EverySecond,
        /// When the kernel sees fit: every 30 seconds.
        #[ko = "커널이 정하는 때: 30초마다."]
        "no" => No,
    }
}
