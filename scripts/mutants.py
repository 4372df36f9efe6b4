#!/usr/bin/env python3
"""Simplifies one rule at a time, in a copy, and shows which checks notice.

A rule that can be simplified without any check failing is a rule that nobody tests: then this exits with 1.
`mutants.py WORD...` takes only those with one of the words in their description; `mutants.py --check` only sees whether
each of the texts is there once.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORE = "crates/honker-core/src/"
OBSERVER = CORE + "observer/"

# What is simplified, in which file (of the observer, unless it is a path), and how; and which checks are asked, if not
# those of the observer's rules.
MUTANTS = [
    ("a held lock is ignored", "rollback.rs",
     "LockState::Held => return Ok(Quiet::Held(header)),", "LockState::Held => {}"),
    ("a hot journal is ignored", "rollback.rs",
     "Journal::Hot { .. } => return Ok(Quiet::No(header)),", "Journal::Hot { .. } => {}"),
    ("the journal is asked under RESERVED too", "rollback.rs",
     "LockState::Reserved => {}\n                LockState::Free => match", "LockState::Reserved | LockState::Free => match"),
    ("the header is not read again", "rollback.rs",
     "if again == header\n", "if (again == header || true)\n"),
    ("the lock is not asked again", "rollback.rs",
     "&& self.evidence.lock()? != LockState::Held\n                &&", "&&"),
    ("the database's times are not asked again", "rollback.rs",
     "&& self.evidence.stamp()? == stamp", "&& (self.evidence.stamp()? == stamp || true)"),
    ("one look proves a commit under a kept lock", "rollback.rs",
     "self.held.certain |= self.held.over == over;", "self.held.certain = true;"),
    ("commits that are certain wait for a quiet look", "rollback.rs",
     "if moved == 1 || !is_plausible", "if moved >= 1 || !is_plausible"),
    ("a kept lock counts as exact", "rollback.rs",
     "inexact: kept.then_some(Conservative::LockKept),", "inexact: kept.then_some(Conservative::LockKept).filter(|_| false),"),
    ("an unreadable journal is none", "rollback.rs",
     "Journal::Unknown(error) => unknown = Some(error),", "Journal::Unknown(error) => drop(error),"),
    ("a commit is told by iChange", "wal.rs",
     "if index.commit != 0 && index.commit != self.log.index.commit {", "if index.commit != 0 && index.change != self.log.index.change {"),
    ("any wal-index is believed", "wal.rs",
     "if self.evidence.connected()? {\n                    // One", "if self.evidence.connected()? || true {\n                    // One"),
    ("a wal-index is not read again", "wal.rs",
     "if !self.log.followed && self.evidence.wal_index()?", "if false && self.evidence.wal_index()?"),
    ("a torn wal-index is none", "wal.rs",
     "if self.evidence.wal_writer()? || self.evidence.wal_index()? != WalIndex::Torn {", "if false {"),
    ("the final state of a closed session is not read", "wal.rs",
     "self.pending.add(tally);\n", "let _ = tally;\n"),
    ("iChange counts over a recovery", "wal/count.rs",
     "        if now.linked {\n            now.changed == before.changed", "        if now.linked {\n            now.changed >= before.changed"),
    ("iChange counts what is in no frame any more", "wal/count.rs",
     "&& (are_all_there || is_last_close || self.is_whole())", ""),
    ("a log that began anew twice has only one before it", "wal/count.rs",
     "rest.is_some() && index.is_next_log_after(&before)", "rest.is_some()"),
    ("the frames of any log are counted", "log.rs",
     "native_salt(&head[8..]) == log.salt", "native_salt(&head[8..]) == log.salt || true"),
    ("a log that is gone says nothing", "wal.rs",
     "            Some(Tally::at_least_one(Conservative::UnseenSession))", "            None"),
    ("sessions nobody saw are not counted", "wal/last_close.rs",
     "self.log.sessions.unseen() == Some(0)\n                    &&", "true\n                    &&"),
    ("a log that went on after a last close is not read", "log/page_one.rs",
     "has_begun_anew || commit_frames_after(file, last)? != Some(0)", "false"),
    ("a log that began anew after a last close is not read", "log/page_one.rs",
     "has_begun_anew ||", ""),
    ("the change counter may move after a last close", "wal/last_close.rs",
     "header.counter() == counter", "header.counter() >= counter"),
    ("a session that was killed after a last close is over", "wal/last_close.rs",
     "WalIndex::Valid(_) if is_linked => NextSession::Dead,", "WalIndex::Valid(_) if is_linked => NextSession::Irrelevant,"),
    ("a session without its lock after a last close is over", "wal/last_close.rs",
     "_ => NextSession::Undecided,", "_ => NextSession::Irrelevant,"),
    ("a session without its lock after a last close is not waited for", "wal.rs",
     "(next == Some(NextSession::Undecided) || self.is_one_beginning())", "self.is_one_beginning()"),
    ("a log that a killed close left empty is not asked", "wal/last_close.rs",
     "if is_relied_on && self", "if is_relied_on && false && self"),
    ("a write after a last close is its own", "wal/last_close.rs",
     "Ordering::Greater => false,", "Ordering::Greater => true,"),
    ("what was read is not checked at the end", "wal.rs",
     "Ok(self.evidence.header()?.is_wal() && self.evidence.stamp()? == reading.stamp)", "Ok(reading.live || true)"),
    ("a coarse time proves everything", "wal.rs",
     "!self.evidence.is_ripe(reading.stamp) {\n            return Look::Busy;", "!self.evidence.is_ripe(reading.stamp) && false {\n            return Look::Busy;"),
    ("a log is read while its writer holds readers out", "wal.rs",
     "if vouched || unlinked || self.evidence.lock()? == LockState::Held {", "if vouched || unlinked {"),
    ("a position of a log that is gone proves nothing was committed", "standing.rs",
     "self.stamp.is_some() && self.stamp == before.stamp", "self.stamp == before.stamp || true"),
    ("a journal of a lost super-journal is hot", "files/unix/rollback_journal.rs",
     "Err(Errno::NOENT) => Ok(Journal::Cold),", "Err(Errno::NOENT) => Ok(Journal::Hot { nonce }),"),
    ("an exclusive DMS lock vouches", "files/unix.rs",
     "Ok(conflict.is_some_and(|conflict| conflict.kind == Kind::Shared))", "Ok(conflict.is_some_and(|conflict| conflict.start >= 0))"),
    ("a counter that was hot is a baseline", "crates/honker-core/src/observer.rs",
     "self.baseline = Baseline::Owed;", "self.baseline = Baseline::Settled;"),
    ("a WAL database cut to zero bytes is a switch of the journal mode", "rollback.rs",
     "if header == Header::Empty && self.header != Header::Empty {",
     "if header == Header::Empty && self.header != Header::Empty && !self.header.is_wal() {", "death"),
    ("there is no sweep", CORE + "cadence.rs",
     "SWEEP: Duration = Duration::from_millis(100)", "SWEEP: Duration = Duration::from_hours(100)", "sweep"),
    ("one look for each hint", CORE + "cadence.rs",
     "(self.delay * 2).clamp(self.floor, self.ceiling)", "self.ceiling", "cadence"),
    ("a writer at work is not looked at more often", CORE + "cadence.rs",
     "Writer::Active => self.delay = self.delay.min(ACTIVE),", "Writer::Active => {}", "cadence"),
    ("the observer thread shares the process's descriptor table", "crates/honker-descriptor-table/src/linux.rs",
     "fn split(keep: RawFd) -> bool {", "fn split(keep: RawFd) -> bool {\n    if keep >= 0 {\n        return true;\n    }", "locks"),
    ("a subscriber does not check again before it sleeps", CORE + "wake.rs",
     "if self.is_reached(until, seen) || is_closed() {", "if is_closed() {", "schedules"),
    ("who begins beside a commit is not in doubt", CORE + "thread/database/doubt.rs",
     "Found::Commits if !is_certain => AFTER_OPEN_COMMIT,", "Found::Commits if !is_certain => 0,", "doubt"),
    ("what the first wake leaves open is not in doubt", CORE + "totals.rs",
     "self.doubtful.saturating_sub(wakes)", "0", "doubt"),
    ("publishing wakes nobody", CORE + "wake.rs",
     "                .store(state.totals.wakes * 2, Ordering::Release);\n        }\n        self.blocked.notify_all();",
     "                .store(state.totals.wakes * 2, Ordering::Release);\n        }", "schedules"),
    ("the delivery thread is told of tasks once only", CORE + "tasks.rs",
     "        self.told.store(false, Ordering::SeqCst);\n", "", "schedules"),
    ("who waits as a task is asked before the news are out", CORE + "tasks.rs",
     "    pub(crate) fn are_to_be_told(&self) -> bool {\n        fence(Ordering::SeqCst);\n",
     "    pub(crate) fn are_to_be_told(&self) -> bool {\n", "schedules"),
]
TEST = ["cargo", "test", "-p", "honker-core", "--all-features"]
CHECKS = {
    "model": [*TEST, "--lib", "--", "model::"],
    "histories": [*TEST, "--test", "histories"],
    "death": [*TEST, "--test", "death"],
    "cadence": [*TEST, "--lib", "--", "cadence::"],
    "doubt": [*TEST, "--lib", "--", "totals::", "doubt::"],
    "sweep": [*TEST, "--test", "tail_without_hints"],
    "locks": [*TEST, "--test", "harmless_locks"],
    "schedules": ["scripts/models.sh"],
}
OF_RULES = ["model", "histories"]


def start(copy, command):
    return subprocess.Popen(
        command, cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def notices(copy, command):
    """The test that fails first, if any does. One is enough: the rest need not be waited for."""
    with start(copy, command) as running:
        for line in running.stdout:
            if line.startswith("test ") and line.endswith("FAILED\n"):
                os.killpg(running.pid, signal.SIGKILL)
                return line.split()[1]
    return "a test that aborts" if running.returncode else None


def place(root, name):
    return root / (name if name.startswith("crates/") else OBSERVER + name)


def misplaced():
    """The mutants whose text is not in its file exactly once."""
    for what, name, before, *_ in MUTANTS:
        places = place(ROOT, name).read_text().count(before)
        if places != 1:
            yield f"mutants: {name} has {places} places for: {what}"


def main():
    if stale := list(misplaced()):
        return "\n".join(stale)
    if sys.argv[1:] == ["--check"]:
        return 0
    with tempfile.TemporaryDirectory() as directory:
        copy = pathlib.Path(directory) / "honker"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("target", ".git"))
        unnoticed = 0
        words = sys.argv[1:]
        chosen = [mutant for mutant in MUTANTS if not words or any(word in mutant[0] for word in words)]
        subprocess.run(["cargo", "build", "-p", "honker-testkit", "-p", "honker-instrumented-sqlite", "--bins"], cwd=copy, check=True)
        for what, name, before, after, *checks in chosen:
            file = place(copy, name)
            text = file.read_text()
            file.write_text(text.replace(before, after))
            with start(copy, ["cargo", "check", "-p", "honker-core", "--all-features", "--tests"]) as check:
                output = check.stdout.read()
            if check.returncode:
                sys.exit(f"mutants: does not compile: {what}\n{output}")
            noticed = {check: notices(copy, CHECKS[check]) for check in checks or OF_RULES}
            by = [f"{check}: {test}" for check, test in noticed.items() if test]
            file.write_text(text)
            unnoticed += not by
            print(f"{what}\n    {', '.join(by) or 'NOBODY NOTICED'}", flush=True)
        print(f"{len(chosen)} rules simplified, {unnoticed} unnoticed")
        return unnoticed > 0


if __name__ == "__main__":
    sys.exit(main())
