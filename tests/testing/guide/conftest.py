"""The plugin, where no entry point has brought it."""

from __future__ import annotations

import pytest

from chatd.testing import plugin


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.is_registered(plugin):
        config.pluginmanager.register(plugin, "chatd")
