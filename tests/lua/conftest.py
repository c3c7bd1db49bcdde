"""People at the shipped interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lua.fake_host import PROBE, FakeHost

MakeHost = Callable[..., FakeHost]
Write = Callable[[str], FakeHost]


@pytest.fixture
def make() -> Iterator[MakeHost]:
    hosts: list[FakeHost] = []

    def enter(**options: object) -> FakeHost:
        hosts.append(FakeHost(**options))  # type: ignore[arg-type]
        return hosts[-1]

    yield enter
    for host in hosts:
        host.script.close()


@pytest.fixture
def alice(make: MakeHost) -> FakeHost:
    return make()


@pytest.fixture
def piped(make: MakeHost) -> FakeHost:
    return make(mode="line", motd="Welcome.", notice="your key is new")


@pytest.fixture
def with_script(tmp_path: Path) -> Iterator[Write]:
    """Enter with a script of one's own, hook.lua."""
    hosts: list[FakeHost] = []

    def enter(source: str) -> FakeHost:
        (tmp_path / "probe.lua").write_bytes((PROBE / "probe.lua").read_bytes())
        (tmp_path / "hook.lua").write_text(source)
        hosts.append(FakeHost(overlay=tmp_path))
        return hosts[-1]

    yield enter
    for host in hosts:
        host.script.close()


@pytest.fixture(scope="module")
def typist() -> Iterator[FakeHost]:
    """One for all examples of a property."""
    host = FakeHost()
    yield host
    host.script.close()
