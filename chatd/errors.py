"""The error taxonomy: every expected failure, the sentence a person reads, and the exit code it ends in.

The exit codes are those of BSD's sysexits.h. A message is one line without a full stop, written for the person who
can mend it. Foreign exceptions are renamed to one of these at the adapter that met them; anything else that reaches a
boundary is a bug and is logged with its traceback.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the process and of commands over ssh."""

    OK = 0
    FAILED = 1
    USAGE = 64
    DAMAGED = 65
    MISSING_INPUT = 66
    UNAVAILABLE = 69
    INTERNAL = 70
    CANNOT_CREATE = 73
    IO = 74
    TEMPORARY = 75
    NOT_PERMITTED = 77
    CONFIG = 78
    CANCELLED = 130
    STOPPING = 143


class ChatdError(Exception):
    """An expected failure; `str(error)` is what the person reads."""

    exit_code: Exit = Exit.INTERNAL


class UsageError(ChatdError):
    """The person asked in a way that cannot be understood, or over a size limit."""

    exit_code = Exit.USAGE


class AlreadyExists(UsageError):
    """What was to be made is there already."""


class BodyTooLarge(UsageError):
    """The body of a web request is over its limit in bytes."""


class WrongField(UsageError):
    """A field of a web request's body is not what it should be. `path` names it: `messages[0].content`."""

    def __init__(self, path: str, wanted: str) -> None:
        super().__init__(f"{path or 'the body'}: {wanted}")
        self.path = path


class WrongMediaType(UsageError):
    """The body of a web request is of a kind that is not taken there."""


class DamagedDatabase(ChatdError):
    """The database file is not one of ours, is corrupt, or comes from a newer version. It has not been touched."""

    exit_code = Exit.DAMAGED


class MissingFile(ChatdError):
    """A file that was named does not exist or cannot be read."""

    exit_code = Exit.MISSING_INPUT


class NotFound(ChatdError):
    """No such model, room, row or mention, or none that this person may know of."""

    exit_code = Exit.UNAVAILABLE


class CannotBind(ChatdError):
    """A listening address is in use or not ours."""

    exit_code = Exit.UNAVAILABLE


class InternalFault(ChatdError):
    """A part that must never end has ended."""

    exit_code = Exit.INTERNAL


class CannotCreate(ChatdError):
    """The data directory or the host key cannot be made, written, or is in use by another server."""

    exit_code = Exit.CANNOT_CREATE


class StorageError(ChatdError):
    """The disk refuses: full, read-only, or failing. What was not committed is not shown; it may work again later."""

    exit_code = Exit.IO


class LimitReached(ChatdError):
    """A limit of ours refuses; the message names the limit and what was found. `retry_after`: seconds after which it
    lets pass what it refuses now, where that is known.
    """

    exit_code = Exit.TEMPORARY

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ModelUnavailable(ChatdError):
    """A model's server cannot be had now."""

    exit_code = Exit.TEMPORARY


class ModelFailure(ChatdError):
    """A request to a model's server failed. One subclass for each family; `str(error)` names what to mend.

    `retry`: the same request may work a moment later, after `retry_after` seconds when the server says so.
    `cut`: the stream or the connection ended before its end was said; what had come is whole as far as it goes.
    `status`: the HTTP status the server gave, if that is what failed.
    """

    exit_code = Exit.FAILED

    def __init__(
        self,
        reason: str,
        *,
        retry: bool = False,
        retry_after: float | None = None,
        cut: bool = False,
        status: int | None = None,
        exit_code: Exit | None = None,
    ) -> None:
        super().__init__(reason)
        self.retry = retry
        self.retry_after = retry_after
        self.cut = cut
        self.status = status
        if exit_code is not None:
            self.exit_code = exit_code


class NetworkFailure(ModelFailure):
    """The server cannot be reached, or the connection broke."""

    exit_code = Exit.TEMPORARY


class ProtocolFailure(ModelFailure):
    """What came is not what the protocol says."""


class UpstreamFailure(ModelFailure):
    """The server itself said that it failed, or refuses."""

    words: str = ""
    """What it said, with the names and numbers beside it, for whoever must understand it. Never shown."""


class LimitFailure(ModelFailure):
    """A time or size limit of ours was reached."""


class NoStreaming(ChatdError):
    """The actor that was asked cannot stream."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, name: str) -> None:
        super().__init__(f"Actor {name} does not support streaming")


class TimedOut(ChatdError):
    """An answer did not end within the time its asker gave it."""

    exit_code = Exit.TEMPORARY


class BodyTooSlow(TimedOut):
    """The body of a web request did not come within its time."""


class NotPermitted(ChatdError):
    """It exists, but this person may not."""

    exit_code = Exit.NOT_PERMITTED


class NotLoggedIn(NotPermitted):
    """Whoever asks has not said who they are, or not so that it counts any more."""


class QuestionRefused(NotPermitted):
    """What a question says is not to be given to a model."""


class AlreadyEnded(NotFound):
    """What was to be changed has come to its end before."""


class BadConfig(ChatdError):
    """The configuration is wrong: the message names file, key, what was found and what is allowed."""

    exit_code = Exit.CONFIG


class ServerStopping(ChatdError):
    """The server began to stop before what was asked for could be done."""

    exit_code = Exit.STOPPING


class TerminalGone(ChatdError):
    """The person's channel is closed; nothing more can be written to it."""


class ScriptError(ChatdError):
    """A script called the host wrongly; Lua sees the message as an error at the call."""


def first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first exception inside nested groups: what to tell a person when several parts failed at once."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
