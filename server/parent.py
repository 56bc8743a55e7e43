"""How a child process ends with its parent, however the parent ends, and how a web process learns that it is to stop.

The parent holds the writing end of a pipe that it never writes to; each child reads it. When the parent is gone, by `kill -9` too,
the read returns and the child ends itself. Works on every system that has pipes; on Linux the kernel is asked to tell us as well.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time

PIPE_VARIABLE = "_DOORSTEP_PARENT_PIPE"
LISTENER_VARIABLE = "_DOORSTEP_LISTENER"  # the open port that the parent hands to gunicorn
LAST_SECONDS_MAX = 5
PR_SET_PDEATHSIG = 1

stopping = threading.Event()
"""Set in a process that was told to end: a feed that sees it ends at once instead of holding up the end."""


def end_with_parent() -> None:
    """Call once in a child, early, from its main thread. Without a supervising parent it does nothing."""
    pipe = os.environ.get(PIPE_VARIABLE)
    if pipe is None:
        return
    _ask_the_kernel()
    threading.Thread(target=_watch, args=(int(pipe),), name="watches the parent", daemon=True).start()


def _watch(pipe: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(pipe, 1):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_SECONDS_MAX)
    os.kill(os.getpid(), signal.SIGKILL)


def _ask_the_kernel() -> None:
    """Linux: a SIGTERM when our parent dies, even if our own threads are stuck."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
