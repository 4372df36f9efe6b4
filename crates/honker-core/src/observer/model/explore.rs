//! Every way in which a script's steps and an observer's calls can interleave.

use super::cast::{Cast, Move};
use super::node::{Failure, Node};
use super::step::Step;
use super::world::{Times, World};
use crate::stats::Conservative;
use std::collections::HashSet;

/// A history, and what may be said of it.
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools)] // each is a property of its own
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) script: Vec<Step>,
    /// Several writers, instead of one with a script.
    pub(super) cast: Option<Cast>,
    pub(super) start: fn(Times) -> World,
    /// Steps made before the observer begins.
    pub(super) prelude: Vec<Step>,
    /// The observer begins before there is a file.
    pub(super) new_file: bool,
    /// Reasons for which a wake may come although nothing was committed.
    pub(super) forgiven: Vec<Conservative>,
    /// Whether only file times that never tie can tell what happened.
    pub(super) needs_times: bool,
    /// Whether the commits can be counted at all.
    pub(super) counts: bool,
    /// Whether every wake must be exact when no look is interrupted.
    pub(super) exact: bool,
}

/// How a scenario is run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) times: Times,
    /// How long a step takes, in microseconds.
    pub(super) pace: u64,
    /// Whether directory events can be had.
    pub(super) events: bool,
    /// How often a single look is interrupted, and by how many moves at once.
    pub(super) interruptions: usize,
    pub(super) reach: usize,
}

/// Explores it all. The number of looks, or the first failure.
pub(super) fn explore(scenario: &Scenario, setting: Setting) -> Result<usize, Failure> {
    let mut nodes = vec![Node::start(scenario, setting)];
    let mut seen = HashSet::new();
    let mut looks = 0;
    while let Some(node) = nodes.pop() {
        if !seen.insert(node.fingerprint()) {
            continue;
        }
        if !node.observer.is_settled() && node.looked && !node.ledger.is_relied_on() {
            let mut relied = node.clone();
            relied.observer.rely_on_baseline();
            relied.ledger.rely(relied.visible());
            nodes.push(relied);
        }
        let moves = node.observer.evidence.moves();
        if !moves.iter().any(|next| matches!(next, Move::Step(_))) {
            // Who has nothing left to do may still die.
            node.clone().finish(scenario)?;
            if moves.is_empty() {
                continue;
            }
        }
        let sequences = node.observer.evidence.sequences(setting.reach);
        let mut plans = vec![Vec::new()];
        while let Some(plan) = plans.pop() {
            looks += 1;
            let mut after = node.clone();
            let _ = after.look(plan.clone(), scenario)?;
            if setting.interruptions == 0 && scenario.exact && after.ledger.is_inexact() {
                return Err(after.fails("INEXACT".to_owned()));
            }
            if plan.len() < setting.interruptions {
                // Before its first call is before the look.
                let first = plan.last().map_or(1, |(call, _)| call + 1);
                let done = plan.iter().map(|(_, moves)| moves.len()).sum();
                for call in first..after.observer.evidence.calls.len() {
                    for sequence in after.observer.evidence.further(&sequences, done) {
                        let mut more = plan.clone();
                        more.push((call, sequence.to_vec()));
                        plans.push(more);
                    }
                }
            }
            nodes.push(after);
        }
        for next in moves {
            let mut moved = node.clone();
            moved.step(next);
            nodes.push(moved);
        }
    }
    Ok(looks)
}
