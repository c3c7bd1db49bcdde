"""For every test."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """What has been imported and collected stays for good: the garbage collector need not look at it again."""
    gc.collect()
    gc.freeze()
