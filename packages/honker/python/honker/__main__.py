"""The command: ``honker watch app.db``, or ``python -m honker watch app.db``. The same one as Rust's."""

from __future__ import annotations

import signal
import sys

from honker import _honker


def main() -> int:
    """Runs the command line of this process."""
    # The command has its own way to end on Ctrl-C. Where it is ignored (nohup, a script's background), it stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _honker.run_command(["honker", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
