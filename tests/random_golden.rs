//! The first values of some streams and distributions: the same for ever, on every machine.
//!
//! The expected values come from an independent program (Python integers, its `math` and `NormalDist`).

use crate::common::ms;
use cachelane::random::{Ids, Sampler, Streams};

#[test]
fn streams_begin_as_they_always_did() {
    let first = |mut stream: cachelane::random::Stream| -> Vec<u64> { (0..10).map(|_| stream.u64()).collect() };
    let streams = Streams::new(7);
    assert_eq!(
        first(streams.named("arrivals")),
        [
            15420439843430830055,
            5918558736573298563,
            12666105346526051553,
            16424386585703574834,
            9526802136854387888,
            13412104501939742207,
            9106841483937231212,
            13314699628939436011,
            11158858621506989333,
            11544786750062057884
        ]
    );
    assert_eq!(
        first(streams.numbered("network", 3)),
        [
            13774134862123959911,
            10498414784440801526,
            11689389201578782569,
            4777649107833979823,
            8796658625495749942,
            16615516332726057150,
            13022277960281511185,
            12054730840051135686,
            15693018272758372557,
            8826238146020041266
        ]
    );
}

#[test]
fn distributions_begin_as_they_always_did() {
    let first = |sampler: Sampler| {
        let mut stream = Streams::new(7).named("golden");
        [0; 6].map(|_| sampler.sample(&mut stream).0)
    };
    assert_eq!(first(Sampler::exponential(ms(10))), [4230925, 3094222, 10313048, 10013332, 16441345, 264614]);
    assert_eq!(first(Sampler::uniform(ms(1), ms(9)).unwrap()), [6240145, 6870967, 3852331, 3939114, 2545437, 8791086]);
    assert_eq!(
        first(Sampler::lognormal(ms(5), ms(30)).unwrap()),
        [6798316, 8088778, 3766778, 3851689, 2565770, 22300065]
    );
    assert_eq!(first(Sampler::normal(ms(5), ms(3))), [6332217, 6991386, 4140852, 4221479, 2800594, 10886770]);
    assert_eq!(
        first(Sampler::empirical(&[(50.0, ms(27)), (90.0, ms(55)), (100.0, ms(190))]).unwrap()),
        [37851263, 43370962, 27000000, 27000000, 27000000, 154745662]
    );
}

#[test]
fn keys_begin_as_they_always_did() {
    let first = |ids: Ids| {
        let mut stream = Streams::new(7).named("golden");
        [0; 10].map(|_| ids.sample(&mut stream))
    };
    assert_eq!(first(Ids::uniform(1_000).unwrap()), [655, 733, 356, 367, 193, 973, 863, 357, 194, 599]);
    assert_eq!(first(Ids::zipf(1_000, 1.0).unwrap()), [655, 9, 0, 0, 193, 69, 24, 357, 194, 3]);
    assert_eq!(first(Ids::hot_set(1_000, 0.1, 0.9).unwrap()), [72, 81, 39, 40, 21, 764, 95, 39, 21, 66]);
}
