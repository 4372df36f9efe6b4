#!/usr/bin/env python3
"""Simplifies one rule of the observer at a time, in a copy, and shows which checks notice.

A rule that can be simplified without any check failing is a rule that nobody tests: then this exits with 1.
`mutants.py WORD...` takes only those with one of the words in their description.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
OBSERVER = "crates/honker-core/src/observer/"

# What is simplified, in which file, and how.
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
     "            self.pending.add(tally);\n            self.log.index = last;", "            let _ = tally;\n            self.log.index = last;"),
    ("iChange counts over a recovery", "wal/count.rs",
     "&& !self.may_have_been_recovered()", "&& (!self.may_have_been_recovered() || true)"),
    ("a log that is gone says nothing", "wal.rs",
     "            Some(Tally::at_least_one(Conservative::UnseenSession))", "            None"),
    ("sessions nobody saw are not counted", "wal.rs",
     "self.log.sessions.unseen() == Some(0) && stamp.modified <= unlinked", "stamp.modified <= unlinked"),
    ("what was read is not checked at the end", "wal.rs",
     "Ok(self.evidence.header()?.is_wal() && self.evidence.stamp()? == reading.stamp)", "Ok(reading.live || true)"),
    ("a coarse time proves everything", "wal.rs",
     "!self.evidence.is_ripe(reading.stamp) {\n            return Look::Busy;", "!self.evidence.is_ripe(reading.stamp) && false {\n            return Look::Busy;"),
    ("a log is read while its writer holds readers out", "wal.rs",
     "if vouched || unlinked || self.evidence.lock()? == LockState::Held {", "if vouched || unlinked {"),
    ("a position of a log that is gone proves nothing was committed", "standing.rs",
     "self.stamp.is_some() && self.stamp == before.stamp", "self.stamp == before.stamp || true"),
    ("a journal of a lost super-journal is hot", "files.rs",
     "Err(Errno::NOENT) => Ok(true),", "Err(Errno::NOENT) => Ok(false),"),
    ("an exclusive DMS lock vouches", "files.rs",
     "Ok(conflict.is_some_and(|conflict| !conflict.exclusive))", "Ok(conflict.is_some_and(|conflict| conflict.start >= 0))"),
]
CHECKS = {"model": ["--lib", "model::"], "histories": ["--test", "histories", ""]}


def cargo(copy, *arguments):
    command = ["cargo", "test", "-p", "honker-core", "--all-features", *arguments]
    return subprocess.Popen(
        command, cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def notices(copy, *arguments):
    """Whether a test fails. One is enough: the rest need not be waited for."""
    *selection, names = arguments
    with cargo(copy, *selection, "--", names) as running:
        for line in running.stdout:
            if line.startswith("test ") and line.endswith("FAILED\n"):
                os.killpg(running.pid, signal.SIGKILL)
                return True
    return False


def main():
    with tempfile.TemporaryDirectory() as directory:
        copy = pathlib.Path(directory) / "honker"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("target", ".git"))
        unnoticed = 0
        words = sys.argv[1:]
        chosen = [mutant for mutant in MUTANTS if not words or any(word in mutant[0] for word in words)]
        subprocess.run(["cargo", "build", "-p", "honker-testkit", "--bins"], cwd=copy, check=True)
        for what, name, before, after in chosen:
            file = copy / OBSERVER / name
            text = file.read_text()
            if text.count(before) != 1:
                sys.exit(f"mutants: {name} has {text.count(before)} places for: {what}")
            file.write_text(text.replace(before, after))
            with cargo(copy, "--lib", "--test", "histories", "--no-run") as build:
                output = build.stdout.read()
            if build.returncode:
                sys.exit(f"mutants: does not compile: {what}\n{output}")
            noticed = [check for check, arguments in CHECKS.items() if notices(copy, *arguments)]
            file.write_text(text)
            unnoticed += not noticed
            print(f"{', '.join(noticed) or 'NOBODY':18} noticed: {what}", flush=True)
        print(f"{len(chosen)} rules simplified, {unnoticed} unnoticed")
        return unnoticed > 0


if __name__ == "__main__":
    sys.exit(main())
