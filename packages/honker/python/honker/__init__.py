"""honker wakes you on every commit to a SQLite database, whoever makes it.

>>> import honker
>>> db = honker.open("app.db")
>>> events = db.update_events()          # commits from here on wake
>>> _ = commit("app.db")                 # any process, any language, any journal mode
>>> events.wait(timeout=10)
Update(seq=1, commits=1, exact=True, kind='commit')
>>> db.close()

Watching is harmless: no lock is taken, nothing is written, and no second SQLite enters your process.
"""

import atexit
import logging

from honker import _honker
from honker._database import Backend, Database, OnReplace, open
from honker._events import UpdateEvents
from honker._honker import VERSION as __version__
from honker._honker import ClosedError, Error, Stats, Update, WatcherDied

__all__ = [
    "Backend",
    "ClosedError",
    "Database",
    "Error",
    "OnReplace",
    "Stats",
    "Update",
    "UpdateEvents",
    "WatcherDied",
    "__version__",
    "open",
]

# One that was not raised by honker has none.
WatcherDied.reason = ""

# The thread that tells it what honker says must not come for the GIL when the interpreter has gone.
atexit.register(_honker.end_log)
# Python prints the warnings of a logger that nobody listens to; what a library has to say there is for those who do.
logging.getLogger("honker").addHandler(logging.NullHandler())
