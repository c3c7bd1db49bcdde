"""Async fixtures of tests that want a world: begun in it in the order of their needs, ended in it the other way round.

pytest sets fixtures up before the test's world runs. So an async one is first a `Deferred`, which stands for it in what
other fixtures and the test are given; `begun` puts the values in their places.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import pytest

from chatd.testing.plugin.fixtures import Placeholder


class Deferred(Placeholder):
    """An async fixture that has not begun; sync fixtures cannot use it."""

    def __init__(self, name: str, function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        super().__init__(name)
        self.function = function
        self.arguments = arguments


def deferred(fixture: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Deferred | None:
    """What stands for the fixture; None when it is not async, or its test wants no world of ours."""
    function = fixture.func
    if not (inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)):
        return None
    if not _wants_world(fixture, request):
        return None
    if fixture.scope != "function":
        pytest.fail(f"{fixture.argname} is an async fixture of a world, which lives for one test", pytrace=False)
    arguments = {name: request.getfixturevalue(name) for name in fixture.argnames}
    parameters = [*inspect.signature(function).parameters]
    if request.instance is not None and parameters and parameters[0] not in fixture.argnames:
        function = function.__get__(request.instance)
    return Deferred(fixture.argname, function, arguments)


def _wants_world(fixture: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> bool:
    if request.node.get_closest_marker("chatd") is not None:
        return True
    names = {"world", "asker", "viewer"} & {*getattr(request.node, "fixturenames", ()), *fixture.argnames}
    return any(isinstance(request.getfixturevalue(name), Placeholder) for name in sorted(names))


class Fixtures:
    """The async fixtures of one test, while its world runs."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values  # what placeholders stand for, by name
        self._begun: dict[int, Any] = {}
        self._ends: list[tuple[str, AsyncGenerator[Any, Any]]] = []

    async def value(self, given: Any) -> Any:
        """What a test or a fixture gets for what pytest gave it. Raises what a fixture raises."""
        if not isinstance(given, Deferred):
            return self._values[given.name] if isinstance(given, Placeholder) else given
        if id(given) not in self._begun:
            arguments = {name: await self.value(argument) for name, argument in given.arguments.items()}
            made: Any = given.function(**arguments)
            if inspect.isasyncgen(made):
                self._ends.append((given.name, made))
                self._begun[id(given)] = await anext(made)
            else:
                self._begun[id(given)] = await made
        return self._begun[id(given)]

    async def end(self) -> None:
        """Run what stands behind their `yield`, the newest first. Raises the first error, when all have ended."""
        problem: Exception | None = None
        while self._ends:
            name, generator = self._ends.pop()
            try:
                await anext(generator)
            except StopAsyncIteration:
                continue
            except Exception as error:  # noqa: BLE001 -- raised when the others have ended
                problem = problem or error
            else:
                await generator.aclose()
                problem = problem or RuntimeError(f"the fixture {name} yields more than once")
        if problem is not None:
            raise problem
