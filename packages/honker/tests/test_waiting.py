"""Threads that wait: `wait`, `for`, timeouts, Ctrl-C, closing."""

from __future__ import annotations

import copy
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import honker
import pytest
from conftest import LONG, WINDOWS, wait_until
from writer import Writer


def test_every_commit_wakes_and_is_counted(
    path: str, writer: Writer, backend: honker.Backend
) -> None:
    with honker.open(path, backend) as db, db.update_events() as events:
        for seq in range(1, 11):
            writer.sql(f"INSERT INTO t VALUES ({seq})")
            update = events.wait(LONG)
            assert update is not None
            assert (update.seq, update.commits, update.exact) == (seq, 1, True)
            assert update.kind == "commit"


def test_what_was_committed_while_nobody_waited_is_one_wake(path: str, writer: Writer) -> None:
    with honker.open(path) as db, db.update_events() as events:
        for n in range(50):
            writer.sql(f"INSERT INTO t VALUES ({n})")
        wait_until(lambda: db.stats().commits == 50)
        update = events.wait(LONG)
        assert update is not None
        # Whether that is exact depends on what a look falls between: see "lock_kept" in docs/guarantees.md.
        assert update.commits == 50
        assert events.wait(0) is None


def test_a_rollback_wakes_nobody(path: str, writer: Writer) -> None:
    with honker.open(path) as db, db.update_events() as events:
        writer.sql("BEGIN")
        writer.sql("INSERT INTO t VALUES (1)")
        writer.sql("ROLLBACK")
        writer.sql("INSERT INTO t VALUES (2)")
        update = events.wait(LONG)
        assert update is not None
        assert (update.seq, update.commits) == (1, 1)


@pytest.mark.parametrize("elsewhere", [False, True], ids=["main thread", "another thread"])
def test_a_timeout_is_none_and_on_time(path: str, elsewhere: bool) -> None:
    with honker.open(path) as db, db.update_events() as events, ThreadPoolExecutor(1) as pool:
        start = time.perf_counter()
        update = pool.submit(events.wait, 0.05).result() if elsewhere else events.wait(0.05)
        assert update is None
        assert time.perf_counter() - start >= 0.05


def test_every_thread_may_iterate(path: str, writer: Writer, backend: honker.Backend) -> None:
    def first_three(events: honker.UpdateEvents) -> int:
        commits = 0
        for update in events:
            commits += update.commits
            if commits >= 3:
                break
        return commits

    with honker.open(path, backend) as db, ThreadPoolExecutor(8) as pool:
        counting = [pool.submit(first_three, db.update_events()) for _ in range(8)]
        for n in range(3):
            writer.sql(f"INSERT INTO t VALUES ({n})")
        assert [future.result(LONG) for future in counting] == [3] * 8


def test_a_timeout_may_be_longer_than_any_system_counts(path: str) -> None:
    for timeout in (3e6, 1e12):
        with honker.open(path) as db, db.update_events() as events:
            threading.Timer(0.05, events.close).start()
            with pytest.raises(honker.ClosedError):
                events.wait(timeout)


def test_closing_the_database_ends_every_iteration_quietly(path: str) -> None:
    db = honker.open(path)
    with ThreadPoolExecutor(4) as pool:
        iterating = [pool.submit(list, db.update_events()) for _ in range(4)]
        wait_until(lambda: db.stats().subscribers == 4)
        db.close()
        assert [future.result(LONG) for future in iterating] == [[]] * 4


def test_closing_one_subscription_ends_only_that(path: str, writer: Writer) -> None:
    with honker.open(path) as db, ThreadPoolExecutor(2) as pool:
        goes, stays = db.update_events(), db.update_events()
        ended = pool.submit(list, goes)
        woken = pool.submit(stays.wait, LONG)
        goes.close()
        goes.close()
        assert ended.result(LONG) == []
        with pytest.raises(honker.ClosedError):
            goes.wait(0)
        writer.sql("INSERT INTO t VALUES (1)")
        update = woken.result(LONG)
        assert update is not None and update.commits == 1


def test_a_second_waiter_on_one_subscription_is_told_to_subscribe(path: str) -> None:
    with honker.open(path) as db, ThreadPoolExecutor(1) as pool:
        events = db.update_events()
        waiting = threading.Event()

        def wait() -> object:
            waiting.set()
            return events.wait(LONG)

        first = pool.submit(wait)
        waiting.wait(LONG)
        # The other thread has the subscription as soon as it really waits.
        refused: list[str] = []

        def is_refused() -> bool:
            try:
                assert events.wait(0) is None
            except honker.Error as error:
                refused.append(str(error))
            return bool(refused)

        wait_until(is_refused)
        assert "Database.update_events()" in refused[0]
        db.close()
        with pytest.raises(honker.ClosedError):
            first.result(LONG)


HOLDS_THE_MAIN_THREAD = """
import sys, honker
db = honker.open(sys.argv[1], sys.argv[2])
print("ready", flush=True)
try:
    for update in db.update_events():
        print(update.commits, flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("other_threads", [0, 3])
@pytest.mark.skipif(WINDOWS, reason="needs a console there: scripts/wine/console.py makes one")
def test_control_c_ends_a_wait_at_once(
    path: str, backend: honker.Backend, other_threads: int
) -> None:
    # A signal may arrive at any thread; Python handles it on the main one.
    others = "import threading, time\n" + "".join(
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
        for _ in range(other_threads)
    )
    process = subprocess.Popen(
        [sys.executable, "-c", others + HOLDS_THE_MAIN_THREAD, path, backend],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    with Writer(path) as writer:
        writer.sql("CREATE TABLE t(n)")
        assert process.stdout.readline() == "1\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=LONG)[0] == "interrupted\n"
    assert process.returncode == 0


def test_a_signal_handler_runs_while_the_main_thread_waits(path: str) -> None:
    handled = threading.Event()
    if sys.platform == "win32":
        number = signal.SIGBREAK
    else:
        number = signal.SIGUSR1
    before = signal.signal(number, lambda *_: handled.set())
    try:
        with honker.open(path) as db, db.update_events() as events:
            timer = threading.Timer(0.05, signal.raise_signal, [number])
            timer.start()

            def close_then() -> None:
                handled.wait(LONG)
                db.close()

            closing = threading.Thread(target=close_then)
            closing.start()
            with pytest.raises(honker.ClosedError):
                events.wait(LONG)
            closing.join()
            assert handled.is_set()
    finally:
        signal.signal(number, before)
    assert signal.set_wakeup_fd(-1) == -1


def test_the_interpreter_runs_on_while_a_thread_waits(path: str) -> None:
    with honker.open(path) as db, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(db.update_events().wait, LONG)
        wait_until(lambda: db.stats().subscribers == 1)
        assert sum(range(100_000)) == 4_999_950_000
        assert not waiting.done()
        db.close()
        with pytest.raises(honker.ClosedError):
            waiting.result(LONG)


def test_throttling_and_idle_wakes_are_the_cores(path: str, writer: Writer) -> None:
    with honker.open(path) as db:
        throttled = db.update_events(min_interval=600)
        idle = db.update_events(idle_poll_s=0.05)
        update = idle.wait(LONG)
        assert update is not None
        assert (update.kind, update.commits) == ("idle", 0)
        writer.sql("INSERT INTO t VALUES (1)")
        assert throttled.wait(LONG) is not None
        writer.sql("INSERT INTO t VALUES (2)")
        wait_until(lambda: db.stats().commits == 2)
        assert throttled.wait(0.01) is None


def test_a_position_spans_two_watchers(path: str, writer: Writer) -> None:
    with honker.open(path) as db:
        position = db.position()
    with honker.open(path) as db:
        assert db.update_events(since=position).wait(0) is None
    writer.sql("INSERT INTO t VALUES (1)")
    with honker.open(path) as db:
        update = db.update_events(since=position).wait(0)
        assert update is not None
        assert (update.commits, update.exact) == (1, False)


def test_updates_are_values(path: str, writer: Writer) -> None:
    with honker.open(path) as db:
        one, other = db.update_events(), db.update_events()
        writer.sql("INSERT INTO t VALUES (1)")
        first, second = one.wait(LONG), other.wait(LONG)
        assert first == second
        assert len({first, second}) == 1
        assert repr(first) == "Update(seq=1, commits=1, exact=True, kind='commit')"
        with pytest.raises(AttributeError):
            first.commits = 2  # type: ignore[misc, union-attr]
        assert pickle.loads(pickle.dumps(first)) == copy.deepcopy(first) == first
