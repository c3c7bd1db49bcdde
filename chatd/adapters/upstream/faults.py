"""Errors of the transport below HTTP, translated into failures with a sentence for the person who can repair them."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

import httpx

from chatd.errors import Exit, ModelFailure, NetworkFailure, ProtocolFailure
from chatd.wire.models.quotation import quote

TRANSPORT_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)
"""The exceptions that the transport is known to raise."""

_DEPTH = 16
"""Exceptions of a chain of causes that are examined; trio, anyio and httpcore nest them three deep at most."""
_WORDS = 160
"""Characters of a library's own message that a sentence quotes."""

_RESETS = {errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE, errno.ESHUTDOWN}
_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL}
_EXHAUSTED = {errno.EMFILE, errno.ENFILE}


class Refused(NetworkFailure):
    """The server's machine refuses the connection: no program listens on the port."""


def rename(error: Exception, where: str, *, answered: bool) -> ModelFailure:
    """The failure that a transport error means. `where` is the server's host and port, `answered` whether its response
    had begun.
    """
    causes = list(_causes(error))
    return _connecting(causes, where) if not answered and _is_connecting(error) else _talking(causes, where, answered)


def dropped(error: Exception) -> bool:
    """Whether the connection broke while a request or its answer was on its way."""
    return isinstance(error, httpx.ReadError | httpx.WriteError | httpx.RemoteProtocolError) and not any(
        _is_garbage(cause) for cause in _causes(error)
    )


def _is_connecting(error: Exception) -> bool:
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError)


def _connecting(causes: list[BaseException], where: str) -> ModelFailure:
    for cause in causes:
        match cause:
            case ssl.SSLCertVerificationError():
                why = getattr(cause, "verify_message", "") or cause
                return NetworkFailure(f"{where}: its certificate is not to be trusted: {_words(why)}")
            case ssl.SSLError():
                return NetworkFailure(f"{where} does not speak TLS as it should: is it http and not https?")
            case socket.gaierror():
                return _resolving(cause, where)
    codes = {cause.errno for cause in causes if isinstance(cause, OSError)}
    if codes & {errno.ECONNREFUSED}:
        return Refused(f"{where} refuses the connection: is the model server running?")
    if codes & _RESETS:
        return NetworkFailure(f"{where} broke the connection while it was made", retry=True)
    if codes & {errno.ETIMEDOUT} or any(isinstance(cause, TimeoutError) for cause in causes):
        return NetworkFailure(f"{where} does not answer: no connection could be made in time", retry=True)
    if codes & _UNREACHABLE:
        return NetworkFailure(f"{where} cannot be reached: no route to it from here")
    if codes & _EXHAUSTED:
        return NetworkFailure(f"{where} cannot be asked: this server has too many files open")
    if any(isinstance(cause, httpx.ProxyError) for cause in causes):
        return NetworkFailure(f"{where} cannot be reached: the proxy refuses: {_words(causes[0])}")
    return NetworkFailure(f"no connection to {where}: {_words(causes[0])}")


def _resolving(error: socket.gaierror, where: str) -> ModelFailure:
    if error.errno == socket.EAI_AGAIN:
        return NetworkFailure(
            f"the name of {where} could not be looked up just now: no name server answers", retry=True
        )
    return NetworkFailure(f"{where}: there is no host of that name")


def _talking(causes: list[BaseException], where: str, answered: bool) -> ModelFailure:
    error = causes[0]
    if any(_is_garbage(cause) for cause in causes):
        return ProtocolFailure(f"what {where} sent is not HTTP: {_words(error)}")
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return _broken(f"the connection to {where} broke inside TLS: {_words(error)}", answered)
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol | httpx.InvalidURL):
        return ProtocolFailure(f"no request to {where} can be made: {_words(error)}")
    if isinstance(error, httpx.TimeoutException):
        return _broken(f"{where} does not answer in time", answered)
    if not answered:
        return _broken(f"{where} closed the connection without an answer", answered)
    return _broken(f"{where} broke the connection in the middle of the answer", answered)


def _broken(reason: str, answered: bool) -> ModelFailure:
    """A broken connection: it can be tried again before the response has begun, later the answer was cut."""
    if answered:
        return NetworkFailure(reason, cut=True, exit_code=Exit.FAILED)
    return NetworkFailure(reason, retry=True)


def _is_garbage(error: BaseException) -> bool:
    """Whether the bytes received break the rules of HTTP. h11 raises the same class for a body that is too short, which
    is a broken connection instead.
    """
    if not isinstance(error, httpx.RemoteProtocolError):
        return False
    return not str(error).startswith(("peer ", "Server disconnected"))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and its causes. httpcore passes the first cause on as an argument, and suppresses it as a cause."""
    found: list[BaseException] = [error]
    seen = {id(error)}
    for cause in found:
        yield cause
        inner = [cause.__cause__, cause.__context__, *cause.args]
        if isinstance(cause, BaseExceptionGroup):
            inner += cause.exceptions
        for one in inner:
            if isinstance(one, BaseException) and id(one) not in seen and len(found) < _DEPTH:
                seen.add(id(one))
                found.append(one)


def _words(error: object) -> str:
    return quote(str(error), limit=_WORDS) or type(error).__name__
