//! The same contract for the backend that asks SQLite itself, save that it cannot count: each of its wakes is at least
//! one commit.

use crate::equivalence::in_every_mode;
use crate::histories::every_commit_is_accounted_for_and_nothing_else;
use crate::readable::read_after_each_wake;
use crate::watching::data_version;
use honker_testkit::commits::Style;
use honker_testkit::count;

every_commit_is_accounted_for_and_nothing_else!(crate::watching::data_version);

#[test]
fn a_read_after_the_wake_sees_the_commit_and_is_never_refused() {
    read_after_each_wake(data_version);
}

#[test]
fn the_oracle_agrees_about_one_writer() {
    in_every_mode(data_version, Style::OneWriter, count(60, 2000));
}

#[test]
fn the_oracle_agrees_about_a_process_a_step() {
    in_every_mode(data_version, Style::ProcessPerStep, count(30, 1000));
}
