//! What the stage shows of a lane between two messages of the worker: where each followed request is at a moment.

use std::collections::{BTreeMap, VecDeque};

use crate::model::{ClientId, Key};
use crate::stage::{Ended, Errand, Fate, Hop, Journey, Part, Parts, Scene, Word};

/// How far what is shown is behind what was simulated, seconds of the viewer: a little more than the pause between two
/// messages of the worker.
pub const LAG_S: f64 = 0.2;

/// How long the outcome of a request is seen at its client, seconds of the viewer.
pub const LINGER_S: f64 = 0.35;

/// How many journeys are kept; of more, the oldest go.
const KEPT_MAX: usize = 512;

/// The moment that is shown, a frame later: it runs at the chosen speed, never past what was simulated, and catches up or
/// waits where it has got too far from where it should be.
///
/// `shown` and `simulated` are nanoseconds of the run, `heard_s` is how long ago the worker told of `simulated`, and `frame_s`
/// how long ago the last frame was drawn. While time stands still what is left is shown to its end.
pub fn next_moment(shown: f64, simulated: f64, (heard_s, frame_s): (f64, f64), speed: f64, plays: bool) -> f64 {
    let per_s = speed * 1e9;
    let wanted = if plays { simulated + (heard_s.min(LAG_S) - LAG_S) * per_s } else { simulated };
    let off_s = (wanted - shown) / per_s;
    if !(-1.0..=1.0).contains(&off_s) {
        return wanted.min(simulated).max(0.0); // a jump: nobody waits for what lies between
    }
    let pace = (1.0 + 2.0 * off_s).clamp(0.0, 3.0);
    (shown + per_s * frame_s * pace).clamp(0.0, simulated)
}

/// Where something is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// In a part.
    At(Part),
    /// So far on the way from one to the other, 0 to 1.
    Between(Part, Part, f64),
}

/// How it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Under way, or well.
    Filled,
    /// A value that is known to be old.
    Hollow,
    /// An error.
    Failed,
}

/// What moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Whose journey.
    pub journey: u32,
    /// What for.
    pub errand: Errand,
    /// Where.
    pub place: Place,
    /// How it looks.
    pub look: Look,
    /// How many rows it carries, if it is a batch.
    pub rows: u32,
}

/// The hops of one journey.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    about: Option<Journey>,
    hops: VecDeque<Hop>,
    ended: Option<Ended>,
    /// When it was over without a word: nobody tells of the answer to what a crash took with it, or of what went on while
    /// nobody followed anything.
    silent: Option<u64>,
}

impl Trail {
    /// A trail of these hops, in their order.
    pub fn new(hops: impl IntoIterator<Item = Hop>, ended: Option<Ended>) -> Trail {
        Trail { hops: hops.into_iter().collect(), ended, ..Trail::default() }
    }

    /// The hops so far.
    pub fn hops(&self) -> impl Iterator<Item = &Hop> {
        self.hops.iter()
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> Option<Ended> {
        self.ended
    }

    /// Where it is at the moment `at`, and how it looks; nowhere before it began and when it has been over for `linger`.
    pub fn dot(&self, at: u64, linger: u64) -> Option<Dot> {
        let is_over = |end: u64| at > end.saturating_add(linger);
        if self.silent.is_some_and(|end| at >= end) {
            return None;
        }
        let hop = self.hops.iter().rev().find(|hop| hop.leaves <= at)?;
        let Hop { journey, errand, from, to, leaves, arrives, word, rows, .. } = *hop;
        let ended = self.ended.filter(|end| end.at <= at);
        if ended.is_some_and(|end| is_over(end.at)) {
            return None;
        }
        // What nobody waits for has no end of its own: it is over with an answer.
        if errand > Errand::Write && word.is_answer() && at > arrives {
            return None;
        }
        let place = match ended {
            Some(_) => Place::At(Part::Client),
            None if at >= arrives => Place::At(to),
            None => Place::Between(from, to, (at - leaves) as f64 / (arrives - leaves) as f64),
        };
        let look = match (ended.map(|end| end.fate), word) {
            (Some(Fate::Failed), _) | (None, Word::Failed) => Look::Failed,
            (Some(Fate::Stale), _) => Look::Hollow,
            _ => Look::Filled,
        };
        Some(Dot { journey, errand, place, look, rows })
    }

    /// The last moment at which there is anything to see.
    fn end(&self) -> u64 {
        self.ended.map(|end| end.at).or_else(|| self.hops.back().map(|hop| hop.arrives)).unwrap_or(0)
    }

    /// Whether it was at the database for nobody who waits, and has no answer. Where it has not left yet it is not there.
    fn is_left_at_database(&self, now: u64) -> bool {
        let last = self.hops.back().filter(|hop| hop.errand > Errand::Write && hop.to == Part::Database);
        last.is_some_and(|hop| hop.arrives < now)
    }

    /// Whether it may be forgotten at that moment.
    fn is_done(&self, at: u64, linger: u64) -> bool {
        if self.silent.is_some_and(|end| at >= end) {
            return true;
        }
        let last = self.hops.back();
        // One that has not left yet waits for the end of a partition.
        let is_answered = last.is_some_and(|hop| hop.errand > Errand::Write && hop.word.is_answer());
        (self.ended.is_some() || is_answered) && at > self.end().saturating_add(linger)
    }
}

/// A lane, as it is shown.
#[derive(Clone, Debug, Default)]
pub struct Film {
    trails: BTreeMap<u32, Trail>,
    /// How the parts were, and when.
    parts: VecDeque<(u64, Parts)>,
    /// Messages a second of the run, by link and direction, lately.
    pub rates: [[f64; 2]; 4],
    messages: Option<(u64, [[u64; 2]; 4])>,
    /// Every how many-th request is shown.
    pub every: u64,
    /// The number of the request that is not forgotten.
    pub followed: Option<u64>,
}

impl Film {
    /// What the worker has told of the time up to `now`.
    pub fn add(&mut self, now: u64, scene: &Scene) {
        self.every = scene.every;
        for journey in &scene.journeys {
            self.trails.entry(journey.id).or_default().about = Some(*journey);
        }
        if scene.left_out > 0 {
            // What was to be told of these may be among it.
            self.trails.values_mut().filter(|trail| trail.ended.is_none()).for_each(|trail| trail.silent = Some(now));
        }
        for hop in &scene.hops {
            let trail = self.trails.entry(hop.journey).or_default();
            trail.hops.push_back(*hop);
            trail.silent = None;
        }
        for ended in &scene.ended {
            if let Some(trail) = self.trails.get_mut(&ended.journey) {
                trail.ended = Some(*ended);
            }
        }
        // A database that does nothing and has nothing to do has answered everything that came to it.
        let database_is_idle = scene.parts.workers > 0 && scene.parts.busy == 0 && scene.parts.queue == 0;
        if database_is_idle {
            let left =
                self.trails.values_mut().filter(|trail| trail.silent.is_none() && trail.is_left_at_database(now));
            left.for_each(|trail| trail.silent = Some(now));
        }
        while self.trails.len() > KEPT_MAX {
            self.trails.pop_first();
        }
        self.note_rates(now, scene.messages);
        self.parts.push_back((now, scene.parts.clone()));
        if self.parts.len() > 8 {
            self.parts.pop_front();
        }
    }

    /// Time has gone on, and nobody was told what happened in it.
    pub fn lose_track(&mut self) {
        self.trails.clear();
    }

    /// Rates over a short time jump about: each is the mean with what it was.
    fn note_rates(&mut self, now: u64, messages: [[u64; 2]; 4]) {
        if let Some((before, counted)) = self.messages
            && now > before
        {
            let seconds = (now - before) as f64 / 1e9;
            for (rates, (new, old)) in self.rates.iter_mut().zip(messages.iter().zip(&counted)) {
                for (rate, (new, old)) in rates.iter_mut().zip(new.iter().zip(old)) {
                    let lately = new.saturating_sub(*old) as f64 / seconds;
                    *rate = if *rate == 0.0 { lately } else { 0.7 * *rate + 0.3 * lately };
                }
            }
        }
        self.messages = Some((now, messages));
    }

    /// What moves at the moment `at`; what was over long before is forgotten.
    pub fn dots(&mut self, at: u64, linger: u64) -> Vec<Dot> {
        let followed = self.followed;
        let is_followed = |trail: &Trail| followed.is_some() && trail.about.map(|about| about.request) == followed;
        self.trails.retain(|_, trail| is_followed(trail) || !trail.is_done(at, linger));
        self.trails.values().filter_map(|trail| trail.dot(at, linger)).collect()
    }

    /// The number of the newest request that can be followed: one that is under way.
    pub fn newest(&self) -> Option<u64> {
        self.trails
            .values()
            .rev()
            .find_map(|trail| trail.about.filter(|_| !trail.hops.is_empty() && trail.ended.is_none()))
            .map(|about| about.request)
    }

    /// A request of that client about that key that is under way.
    pub fn of(&self, client: ClientId, key: Key) -> Option<u64> {
        let all = self.trails.values().filter(|trail| !trail.hops.is_empty() && trail.ended.is_none());
        let its = |about: &Journey| (about.client, about.key) == (client, key) && about.errand <= Errand::Write;
        all.filter_map(|trail| trail.about).find(its).map(|about| about.request)
    }

    /// The request that is followed, and what has become of it.
    pub fn followed(&self) -> Option<(&Journey, &Trail)> {
        let request = self.followed?;
        let trails = self.trails.values().rev(); // sent again, it is told of its latest attempt
        trails.filter_map(|trail| Some((trail.about.as_ref()?, trail))).find(|(about, _)| about.request == request)
    }

    /// How the parts were at the moment `at`, as far as it is known.
    pub fn parts(&self, at: u64) -> Option<&Parts> {
        let before = self.parts.iter().rev().find(|(moment, _)| *moment <= at);
        before.or(self.parts.front()).map(|(_, parts)| parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop((from, to): (Part, Part), (leaves, arrives): (u64, u64), word: Word) -> Hop {
        Hop { journey: 1, errand: Errand::Read, from, to, leaves, arrives, word, rows: 0, line: 0 }
    }

    fn hit(fate: Fate) -> Trail {
        use Part::{App, Cache, Client};
        let hops = [
            hop((Client, App), (100, 200), Word::Ask),
            hop((App, Cache), (250, 300), Word::Ask),
            hop((Cache, App), (310, 360), Word::Hit),
            hop((App, Client), (400, 500), Word::Done),
        ];
        Trail::new(hops, Some(Ended { journey: 1, at: 500, fate, error: 0 }))
    }

    #[test]
    fn a_request_is_between_two_parts_while_it_travels_and_in_one_while_it_waits() {
        use Part::{App, Cache, Client};
        let place = |at| hit(Fate::Fresh).dot(at, 50).map(|dot| dot.place);
        assert_eq!(place(99), None);
        assert_eq!(place(100), Some(Place::Between(Client, App, 0.0)));
        assert_eq!(place(150), Some(Place::Between(Client, App, 0.5)));
        assert_eq!(place(200), Some(Place::At(App)));
        assert_eq!(place(275), Some(Place::Between(App, Cache, 0.5)));
        assert_eq!(place(305), Some(Place::At(Cache)));
        assert_eq!(place(399), Some(Place::At(App)));
        assert_eq!(place(475), Some(Place::Between(App, Client, 0.75)));
        assert_eq!([place(500), place(550)], [Some(Place::At(Client)); 2]);
        assert_eq!(place(551), None);
    }

    #[test]
    fn its_outcome_is_seen_when_its_client_has_it() {
        let look = |fate, at| hit(fate).dot(at, 50).map(|dot| dot.look);
        assert_eq!([look(Fate::Stale, 499), look(Fate::Stale, 500)], [Some(Look::Filled), Some(Look::Hollow)]);
        assert_eq!(look(Fate::Failed, 500), Some(Look::Failed));
        assert_eq!(look(Fate::Fresh, 500), Some(Look::Filled));
    }

    #[test]
    fn a_flush_is_seen_until_the_database_has_answered() {
        let flush = |from, to, times, word| Hop { errand: Errand::Flush, rows: 9, ..hop((from, to), times, word) };
        let there = flush(Part::Cache, Part::Database, (10, 20), Word::Ask);
        let back = flush(Part::Database, Part::Cache, (50, 60), Word::Done);
        let trail = Trail::new([there, back], None);
        assert_eq!(trail.dot(30, 1000).map(|dot| (dot.place, dot.rows)), Some((Place::At(Part::Database), 9)));
        assert!(trail.dot(60, 1000).is_some() && trail.dot(61, 1000).is_none());
    }

    #[test]
    fn what_is_over_is_forgotten_and_what_waits_is_not() {
        let mut film = Film::default();
        let mut waiting = hop((Part::Client, Part::App), (0, 10), Word::Ask);
        waiting.journey = 2;
        let trail = hit(Fate::Fresh);
        let hops = trail.hops.into_iter().chain([waiting]).collect();
        film.add(600, &Scene { every: 1, hops, ended: trail.ended.into_iter().collect(), ..Scene::default() });
        assert_eq!(film.dots(510, 50).len(), 2);
        let left = film.dots(1_000_000, 50);
        assert_eq!((left.len(), film.trails.len(), left[0].journey), (1, 1, 2));
    }

    #[test]
    fn a_flush_whose_answer_is_never_told_ends_with_the_database_s_work() {
        let there = Hop { errand: Errand::Flush, rows: 9, ..hop((Part::Cache, Part::Database), (10, 20), Word::Ask) };
        let busy = Parts { workers: 8, busy: 1, ..Parts::default() };
        let mut film = Film::default();
        film.add(30, &Scene { hops: vec![there], parts: busy.clone(), ..Scene::default() });
        film.add(1_000, &Scene { parts: busy, ..Scene::default() });
        assert_eq!(film.dots(1_000, 50).len(), 1, "the database is at it");
        let idle = Parts { workers: 8, ..Parts::default() };
        film.add(2_000, &Scene { parts: idle.clone(), ..Scene::default() });
        assert_eq!(film.dots(1_900, 50).len(), 1, "what is shown is behind");
        assert_eq!((film.dots(2_000, 50).len(), film.trails.len()), (0, 0));
        // What has just come there is not done, nor what has not left yet.
        let waits = Hop { leaves: 9_000, arrives: 9_010, ..there };
        film.add(3_000, &Scene { hops: vec![waits], parts: idle, ..Scene::default() });
        assert_eq!(film.dots(9_005, 50).len(), 1);
    }

    /// A story's request is known by who sends it about what; one that is over is another.
    #[test]
    fn a_request_is_found_by_its_client_and_key_while_it_is_under_way() {
        let journey = |id, client, key| Journey { id, request: 70 + u64::from(id), client, key, errand: Errand::Read };
        let sent = |id| Hop { journey: id, ..hop((Part::Client, Part::App), (10, 20), Word::Ask) };
        let mut film = Film::default();
        let journeys = vec![journey(1, 3, 37), journey(2, 73, 5), journey(3, 73, 37), journey(4, 73, 37)];
        let hops = [1, 2, 3, 4].map(sent).to_vec();
        let ended = vec![Ended { journey: 3, at: 30, fate: Fate::Fresh, error: 0 }];
        film.add(40, &Scene { journeys, hops, ended, ..Scene::default() });
        assert_eq!((film.of(73, 37), film.of(9, 37)), (Some(74), None));
    }

    #[test]
    fn where_hops_are_left_out_what_nothing_more_is_told_of_ends() {
        let there =
            |journey| Hop { journey, errand: Errand::Flush, ..hop((Part::Cache, Part::Database), (10, 20), Word::Ask) };
        let parts = Parts { workers: 8, busy: 8, ..Parts::default() };
        let mut film = Film::default();
        film.add(30, &Scene { hops: vec![there(1), there(2)], parts: parts.clone(), ..Scene::default() });
        let back = Hop { from: Part::Database, to: Part::Cache, leaves: 90, arrives: 95, word: Word::Done, ..there(2) };
        film.add(100, &Scene { hops: vec![back, there(3)], left_out: 5, parts, ..Scene::default() });
        let seen: Vec<u32> = film.dots(92, 50).into_iter().map(|dot| dot.journey).collect();
        assert_eq!(seen, [1, 2, 3]);
        let seen: Vec<u32> = film.dots(100, 50).into_iter().map(|dot| dot.journey).collect();
        assert_eq!(seen, [3]);
    }

    #[test]
    fn what_can_be_followed_is_under_way() {
        let journey = |id| Journey { id, request: u64::from(id) * 10, client: 0, key: 0, errand: Errand::Read };
        let hops = [1, 2].map(|journey| Hop { journey, ..hop((Part::Client, Part::App), (0, 10), Word::Ask) });
        let ended = vec![Ended { journey: 2, at: 20, fate: Fate::Fresh, error: 0 }];
        let mut film = Film::default();
        film.add(30, &Scene { journeys: vec![journey(1), journey(2)], hops: hops.to_vec(), ended, ..Scene::default() });
        assert_eq!(film.newest(), Some(10), "the other is over");
    }

    /// Frames of a sixtieth of a second, the worker's messages ten times a second.
    #[test]
    fn what_is_shown_runs_smoothly_behind_what_is_simulated() {
        for speed in [0.001, 0.01, 1.0, 100.0] {
            let (per_s, frame) = (speed * 1e9, 1.0 / 60.0);
            let (mut shown, mut simulated, mut heard) = (0.0_f64, 0.0, 0.0);
            for number in 1..600 {
                let (at, before) = (f64::from(number) * frame, shown);
                heard += frame;
                if number % 6 == 0 {
                    (simulated, heard) = (at * per_s, 0.0);
                }
                shown = next_moment(shown, simulated, (heard, frame), speed, true);
                assert!(shown >= before && shown <= simulated, "it goes on, and not past what is known");
                if number > 120 {
                    let step = (shown - before) / (per_s * frame);
                    assert!((0.7..1.3).contains(&step), "speed {speed}, frame {number}: a step of {step}");
                    assert!((at * per_s - shown) / per_s < 2.0 * LAG_S, "it does not fall behind");
                }
            }
            for _ in 0..60 {
                heard += frame;
                shown = next_moment(shown, simulated, (heard, frame), speed, false);
            }
            assert!((simulated - shown) / per_s < 0.02, "once paused, what is left is shown");
        }
    }

    #[test]
    fn after_a_jump_nobody_waits() {
        let second = 1e9;
        assert_eq!(next_moment(0.0, 50.0 * second, (0.0, 0.016), 1.0, false), 50.0 * second);
        assert!(next_moment(50.0 * second, 3.0 * second, (0.0, 0.016), 1.0, true) <= 3.0 * second);
    }
}
