"""What only Windows has: sockets that signals are told to. scripts/wine/console.py has its consoles."""

from __future__ import annotations

import _thread
import asyncio
import signal
import socket
import sys
import threading

import honker
import pytest
from conftest import LONG

if sys.platform != "win32":
    pytest.skip("Windows only", allow_module_level=True)


def test_what_interrupts_the_main_thread_ends_its_wait(path: str) -> None:
    with honker.open(path) as db, db.update_events() as events:
        timer = threading.Timer(0.05, _thread.interrupt_main)
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            events.wait(LONG)
        timer.join()
        assert events.wait(0) is None
    assert signal.set_wakeup_fd(-1) == -1


def test_a_socket_that_is_told_of_signals_is_told_of_those_in_a_wait(path: str) -> None:
    told, tells = socket.socketpair()
    told.settimeout(LONG)
    tells.setblocking(False)
    before = signal.signal(signal.SIGBREAK, lambda *_: None)
    signal.set_wakeup_fd(tells.fileno())
    try:
        with honker.open(path) as db, db.update_events() as events:
            timer = threading.Timer(0.05, signal.raise_signal, [signal.SIGBREAK])
            timer.start()
            assert events.wait(0.5) is None
            timer.join()
        assert told.recv(16) == bytes([signal.SIGBREAK])
        # It is still open, and still told.
        signal.raise_signal(signal.SIGBREAK)
        assert told.recv(16) == bytes([signal.SIGBREAK])
    finally:
        assert signal.set_wakeup_fd(-1) == tells.fileno()
        signal.signal(signal.SIGBREAK, before)
        told.close()
        tells.close()


def told() -> int:
    """Where Python tells signals now."""
    number = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(number)
    return number


def test_a_loop_whose_thread_waited_hears_of_signals_as_before(path: str) -> None:
    async def main() -> None:
        before = told()
        assert before != -1
        handled = threading.Event()
        previous = signal.signal(signal.SIGBREAK, lambda *_: handled.set())
        try:
            with honker.open(path) as db, db.update_events() as events:
                threading.Timer(0.05, signal.raise_signal, [signal.SIGBREAK]).start()
                # A mistake: it blocks the loop.
                assert events.wait(0.5) is None
        finally:
            signal.signal(signal.SIGBREAK, previous)
        assert handled.is_set()
        assert told() == before

    loop = asyncio.ProactorEventLoop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
