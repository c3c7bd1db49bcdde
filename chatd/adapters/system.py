"""The machine: wall clock, ids, secrets, memory, worker threads."""

from __future__ import annotations

import resource
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import trio

T = TypeVar("T")

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # without letters that are taken for digits


class SystemClock:
    """The port Clock on the wall clock of the machine."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000


class SystemMachine:
    """The port Machine on the machine that the process runs on."""

    def memory(self) -> int:
        """The process's resident size; where the system does not tell, the largest it has been."""
        try:
            with open("/proc/self/statm", encoding="ascii") as statm:
                return int(statm.read().split()[1]) * resource.getpagesize()
        except OSError:
            pass  # not Linux: getrusage counts in bytes on macOS, in KiB elsewhere
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def allow_descriptors(wanted: int) -> int:
    """Raise the limit of descriptors towards `wanted` as far as that needs no privilege; returns what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    now, most = (wanted if limit == resource.RLIM_INFINITY else limit for limit in (soft, hard))
    better = min(wanted, most)
    if better > now:
        with suppress(OSError, ValueError):  # macOS allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (better, hard))
            now = better
    return now


class SortedIds:
    """Ids of 18 characters: 45 bits of milliseconds, then 45 random bits. They sort by time, also across machines."""

    def new(self) -> str:
        """Make an id that sorts behind those made before."""
        value = (time.time_ns() // 1_000_000 << 45) | secrets.randbits(45)
        digits = []
        for _ in range(18):
            value, digit = divmod(value, 32)
            digits.append(_ALPHABET[digit])
        return "".join(reversed(digits))


class SystemSecrets:
    """The port Secrets on the system's own source of randomness."""

    def new(self, size: int) -> bytes:
        """So many random bytes."""
        return secrets.token_bytes(size)


class Worker:
    """Runs blocking functions in a worker thread, one at a time: the port RunSync.

    A cancelled call is abandoned, so that a disk that hangs cannot hold the server beyond its grace.
    """

    def __init__(self) -> None:
        self._limiter = trio.CapacityLimiter(1)

    async def __call__(self, function: Callable[..., T], *args: object) -> T:
        """Run the function on the worker's thread and return its result."""
        return await trio.to_thread.run_sync(function, *args, limiter=self._limiter, abandon_on_cancel=True)
