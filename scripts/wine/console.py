"""Presses Ctrl-C in a console of Wine's: `console.py HONKER PYTHON`, where PYTHON is Windows' with the package.

A pseudo-terminal is a console to Wine. What is printed counts like the tests of Cargo.
"""

from __future__ import annotations

import os
import pty
import select
import sys
import time

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run.sh")
LONG = 60.0
#: What the Python does: it waits for commits on its main thread, and another one says when it does.
WAITS = """
import honker, os, sys, tempfile, threading
main = threading.main_thread().ident
def tell():
    while sys._current_frames()[main].f_code.co_name != "wait":
        pass
    print("watching", flush=True)
with honker.open(os.path.join(tempfile.mkdtemp(), "app.db")) as db:
    events = db.update_events()
    threading.Thread(target=tell, daemon=True).start()
    try:
        events.wait(60)
    except KeyboardInterrupt:
        raise SystemExit(42)
"""


def interrupted(*command: str) -> tuple[int, str]:
    """Runs it, presses Ctrl-C when it says that it watches, and gives its code and all that it printed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(RUN, [RUN, *command])
    said = b""
    pressed = False
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            said += os.read(terminal, 4096)
        except OSError:  # It has ended.
            break
        if not pressed and b"watching" in said:
            pressed = True
            os.write(terminal, b"\x03")
    else:
        os.kill(pid, 9)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode(errors="replace")


def main() -> int:
    honker, python = sys.argv[1:]
    failed = 0
    watch = ["watch", "--wait-for-file", r"C:\no.db"]
    cases = [
        ("the_command_ends_as_by_a_signal", 130, [honker, *watch]),
        ("the_command_of_the_python_package_does_too", 130, [python, "-m", "honker", *watch]),
        ("a_wait_on_pythons_main_thread_is_interrupted", 42, [python, "-c", WAITS]),
    ]
    for name, code, command in cases:
        found, said = interrupted(*command)
        if found != code:
            failed += 1
            print(f"{name}: {found} where {code} was expected, after it said {said!r}")
        print(f"test {name} ... {'ok' if found == code else 'FAILED'}")
    print(f"test result: {len(cases) - failed} passed; {failed} failed; 0 ignored")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
