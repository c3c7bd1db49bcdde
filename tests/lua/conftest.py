"""People at the shipped interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.lua.fake_host import FakeHost

MakeHost = Callable[..., FakeHost]


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


@pytest.fixture(scope="module")
def typist() -> Iterator[FakeHost]:
    """One for all examples of a property."""
    host = FakeHost()
    yield host
    host.script.close()
