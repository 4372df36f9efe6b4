use super::*;

const ALONE: Ticks = Ticks {
    sweep: Tick::each(SWEEP),
    quiet: Tick::each(QUIET_SWEEP),
    stretch: 1,
};

const fn us(n: u64) -> Duration {
    Duration::from_micros(n)
}

#[test]
fn after_a_hint_the_delay_doubles_from_the_floor_to_the_sweep() {
    let mut cadence = Cadence::hinted(us(0));
    cadence.hint(us(5));
    assert_eq!(cadence.due(), us(5));
    let mut now = us(5);
    let mut delays = Vec::new();
    while !cadence.is_sweep() {
        cadence.looked(now, Found::Nothing, ALONE, || Writer::Unseen);
        delays.push(cadence.due().saturating_sub(now));
        now = cadence.due();
    }
    assert!(delays.windows(2).all(|pair| pair[1] <= pair[0] * 2));
    assert_eq!(delays.first(), Some(&(FLOOR * 2)));
    assert!(delays.last().is_some_and(|delay| *delay <= SWEEP));
}

#[test]
fn sweeps_are_a_whole_period_apart_at_the_phase_of_their_database_and_rarer_when_it_is_quiet() {
    let at = |period| Tick {
        period,
        phase: us(30_000),
    };
    let ticks = Ticks {
        sweep: at(SWEEP),
        quiet: at(QUIET_SWEEP),
        stretch: 1,
    };
    let mut cadence = Cadence::hinted(us(0));
    for began in [us(0), us(60_000_000)] {
        cadence.hint(began);
        let mut now = began;
        let (mut sweeps, mut quiet) = (Vec::new(), Vec::new());
        while quiet.len() < 4 {
            cadence.looked(now, Found::Nothing, ticks, || Writer::Unseen);
            let is_quiet = now >= began + QUIET_AFTER;
            now = cadence.due();
            if is_quiet {
                quiet.push(now);
            } else if cadence.is_sweep() {
                sweeps.push(now);
            }
        }
        assert!(sweeps.len() >= 8, "{sweeps:?}");
        assert_eq!(sweeps[0].as_micros() % 100_000, 30_000);
        assert!(sweeps.windows(2).all(|pair| pair[1] == pair[0] + SWEEP));
        assert_eq!(quiet[0].as_micros() % 500_000, 30_000);
        assert!(
            quiet
                .windows(2)
                .all(|pair| pair[1] == pair[0] + QUIET_SWEEP)
        );
    }
}

#[test]
fn a_stretched_period_keeps_shared_ticks() {
    let ticks = Ticks {
        stretch: 7,
        ..ALONE
    };
    let mut cadence = Cadence::polling(us(1000), us(0));
    cadence.looked(us(1234), Found::Nothing, ticks, || Writer::Unseen);
    assert_eq!(cadence.due(), us(7000));
    cadence.looked(us(7000), Found::Nothing, ticks, || Writer::Unseen);
    assert_eq!(cadence.due(), us(14_000));
    let mut slow = Cadence::polling(us(5000), us(0));
    slow.looked(us(1234), Found::Nothing, ticks, || Writer::Unseen);
    assert_eq!(slow.due(), us(7000));
    let mut slower = Cadence::polling(us(50_000), us(0));
    slower.looked(us(1234), Found::Nothing, ticks, || Writer::Unseen);
    assert_eq!(slower.due(), us(50_000), "it is rare enough");
    let mut shm = Cadence::lingering(us(0));
    shm.looked(us(1234), Found::Nothing, ticks, || Writer::Unseen);
    assert_eq!(shm.due(), us(7000));
}

#[test]
fn once_no_writer_is_active_one_more_look_is_enough() {
    for found in [Found::Nothing, Found::Commits] {
        let mut cadence = Cadence::hinted(us(0));
        cadence.hint(us(100));
        cadence.looked(us(100), found, ALONE, || Writer::None);
        assert_eq!(cadence.due(), us(100), "at once");
        assert!(!cadence.is_sweep());
        cadence.looked(us(101), Found::Nothing, ALONE, || Writer::None);
        assert!(cadence.is_sweep());
    }
}

#[test]
fn a_hint_or_a_commit_after_the_last_writer_takes_one_more_look_again() {
    let mut cadence = Cadence::hinted(us(0));
    cadence.hint(us(100));
    cadence.looked(us(100), Found::Nothing, ALONE, || Writer::None);
    cadence.hint(us(101));
    cadence.looked(us(101), Found::Nothing, ALONE, || Writer::None);
    assert!(
        !cadence.is_sweep(),
        "what the hint points to may have been under way"
    );
    cadence.looked(us(102), Found::Commits, ALONE, || Writer::None);
    assert!(!cadence.is_sweep());
    cadence.looked(us(103), Found::Nothing, ALONE, || Writer::Active);
    assert!(!cadence.is_sweep());
    cadence.looked(us(150), Found::Nothing, ALONE, || Writer::None);
    assert!(!cadence.is_sweep());
    cadence.looked(us(151), Found::Nothing, ALONE, || Writer::None);
    assert!(cadence.is_sweep());
}

#[test]
fn a_commit_under_way_without_a_lock_to_be_seen_is_looked_at_more_and_more_rarely() {
    let mut cadence = Cadence::hinted(us(0));
    cadence.hint(us(0));
    let (mut now, mut looks) = (us(0), 0);
    while !cadence.is_sweep() {
        cadence.looked(now, Found::Busy, ALONE, || Writer::None);
        now = cadence.due();
        looks += 1;
    }
    assert!(looks > 10, "{looks}");
}

#[test]
fn polling_at_the_period_of_the_sweep_is_no_sweep() {
    assert!(!Cadence::polling(SWEEP, us(0)).is_sweep());
}

#[test]
fn an_active_writer_is_looked_at_each_millisecond() {
    let mut cadence = Cadence::hinted(us(0));
    cadence.hint(us(0));
    let mut now = us(0);
    for _ in 0..100 {
        cadence.looked(now, Found::Busy, ALONE, || Writer::Active);
        assert!(cadence.due().saturating_sub(now) <= ACTIVE);
        now = cadence.due();
    }
    assert!(!cadence.is_sweep());
}

#[test]
fn a_quiet_sweep_asks_for_no_writer_and_a_busy_one_does() {
    let mut cadence = Cadence::hinted(us(0));
    assert!(cadence.is_sweep());
    cadence.looked(us(0), Found::Nothing, ALONE, || panic!("not asked"));
    cadence.looked(us(100_000), Found::Busy, ALONE, || Writer::Active);
    assert_eq!(cadence.due(), us(100_000) + ACTIVE);
}

#[test]
fn polling_databases_share_their_ticks() {
    let mut one = Cadence::polling(us(1000), us(0));
    let mut other = Cadence::polling(us(1000), us(0));
    one.looked(us(1234), Found::Nothing, ALONE, || Writer::Unseen);
    other.looked(us(1789), Found::Commits, ALONE, || Writer::Unseen);
    assert_eq!(one.due(), us(2000));
    assert_eq!(other.due(), us(2000));
}

#[test]
fn eight_close_finds_are_a_storm_and_one_empty_look_ends_it() {
    let mut cadence = Cadence::hinted(us(0));
    for look in 0..u64::from(STORM_LOOKS) {
        assert!(!cadence.is_storm());
        cadence.looked(us(look * 1000), Found::Commits, ALONE, || Writer::Active);
    }
    assert!(cadence.is_storm());
    cadence.looked(us(9000), Found::Nothing, ALONE, || Writer::Unseen);
    assert!(!cadence.is_storm());
}

#[test]
fn many_close_hints_without_a_commit_are_a_storm_too() {
    let mut cadence = Cadence::hinted(us(0));
    for hint in 0..u64::from(STORM_HINTS) {
        assert!(!cadence.is_storm());
        cadence.hint(us(hint * 100));
        cadence.looked(us(hint * 100 + 1), Found::Nothing, ALONE, || Writer::Active);
    }
    assert!(cadence.is_storm());
    cadence.calm();
    assert!(!cadence.is_storm());
}

#[test]
fn shm_looks_each_20_us_while_commits_keep_coming_and_each_millisecond_when_they_stop() {
    let mut cadence = Cadence::lingering(us(0));
    cadence.looked(us(0), Found::Commits, ALONE, || Writer::Unseen);
    let mut now = us(20);
    while now < us(2000) {
        assert_eq!(cadence.due(), now);
        cadence.looked(now, Found::Nothing, ALONE, || Writer::Active);
        now += us(20);
    }
    for _ in 0..10 {
        now = cadence.due();
        cadence.looked(now, Found::Nothing, ALONE, || Writer::Unseen);
    }
    assert_eq!(cadence.due(), now + ACTIVE);
}

#[test]
fn finds_further_apart_than_the_gap_are_no_storm() {
    let mut cadence = Cadence::hinted(us(0));
    for look in 0..100 {
        cadence.looked(us(look * 2000), Found::Commits, ALONE, || Writer::Unseen);
        assert!(!cadence.is_storm());
    }
}
