"""Callbacks that asyncssh calls: a fault in one must be seen, and must end one connection only."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

import asyncssh

A = TypeVar("A")
P = ParamSpec("P")
R = TypeVar("R")


class HasFault(Protocol):
    """Somebody who logs a fault of ours and ends the connection."""

    def fault(self, where: str, error: Exception) -> None:
        """`error` came out of the callback `where`."""
        ...


S = TypeVar("S", bound=HasFault)


def guarded(answer: A) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R | A]]:
    """Wrap a callback: an exception goes to `fault`, and asyncssh gets `answer`.

    asyncssh itself logs such exceptions at DEBUG and drops the connection without a word. Its own signal for a
    refused channel passes.
    """

    def wrap(callback: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R | A]:
        @functools.wraps(callback)
        def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R | A:
            try:
                return callback(self, *args, **kwargs)
            except asyncssh.ChannelOpenError:
                raise
            except Exception as error:  # noqa: BLE001 -- logged with its traceback by `fault`
                self.fault(callback.__name__, error)
                return answer

        return call

    return wrap
