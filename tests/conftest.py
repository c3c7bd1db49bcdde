"""For every test."""

from __future__ import annotations

import gc
import signal

import hypothesis  # noqa: F401 -- early: imported in mid-report by its own plugin, it warns about trio, and that is an error


def pytest_collection_finish() -> None:
    """What has been imported and collected stays for good: the garbage collector need not look at it again."""
    gc.collect()
    gc.freeze()


def pytest_configure() -> None:
    """Where a shell has started this in the background it ignores interrupts, and so would every program that the tests
    start and interrupt.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
