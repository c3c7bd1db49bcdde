"""What servers and networks do wrong, and what must come of it: one table for every protocol.

Each line is a conversation with one server under the default limits; how it is asked is the reader's affair, so the
same table drives the client alone and whole servers.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chatd.errors import Exit, LimitFailure, ModelFailure, NetworkFailure, ProtocolFailure, UpstreamFailure
from chatd.testing.upstream import (
    ANTHROPIC,
    OLLAMA,
    OPENAI,
    WIRES,
    Close,
    Drip,
    Fault,
    Reset,
    Send,
    Step,
    Wait,
    WaitForClose,
    Wire,
    close_delimited,
    page,
    refusal,
    response,
    streamed,
    whole,
)
from chatd.testing.upstream.replies import head

Script = Sequence[Step]
Replies = Callable[[Wire], Sequence[Script]]
"""The replies of a server to one request after the other; the last one is given again and again."""


@dataclass(frozen=True)
class Scenario:
    """What a server does, and what its asker is to see of it."""

    name: str
    replies: Replies
    text: str = ""
    """The answer as far as it must come; with no failure, all of it."""
    failure: type[ModelFailure] | None = None
    sentence: str = ""
    """A regular expression that the failure's reason holds."""
    cut: bool = False
    exit: Exit = Exit.FAILED
    """What the failure means as an exit code."""
    status: int | None = None
    """The HTTP status that the failure names; None: whichever it is."""
    requests: int = 1
    network: Fault | None = None
    wires: tuple[Wire, ...] = WIRES


def ok(wire: Wire) -> Script:
    """An answer without a fault."""
    return streamed(wire, *wire.answer("hel", "lo"))


def begun(wire: Wire) -> list[bytes]:
    """The beginning of an answer."""
    return [wire.opening(), wire.token("hel"), wire.token("lo")]


def nothing(_: Wire) -> Sequence[Script]:
    """For servers that cannot be reached."""
    return [()]


def packed(wire: Wire, data: bytes, encoding: str) -> Script:
    return streamed(wire, data, headers={"Content-Encoding": encoding})


def short(wire: Wire) -> Script:
    body = b"".join(begun(wire))
    fields = {"Content-Type": wire.content_type, "Content-Length": str(len(body) + 100)}
    return (Send(head(200, fields) + body), Close())


def pings(wire: Wire) -> list[bytes | Step]:
    """Signs of life that say nothing, for most of an hour."""
    return [wire.ping(), Wait(15)] * 200


def redirected(_: Wire) -> Script:
    return response(307, b"", headers={"Location": "https://elsewhere.test/api/chat?key=abc"})


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


SHOWN = "hello"
CUT = {"text": SHOWN, "cut": True}

ENDINGS = [
    Scenario("a whole answer", lambda w: [ok(w)], SHOWN),
    Scenario(
        "F12 a clean end without the answer's end",
        lambda w: [streamed(w, *begun(w))],
        SHOWN, ModelFailure, r"broke off|ended", cut=True,
    ),
    Scenario(
        "F13 a reset in the middle",
        lambda w: [streamed(w, *begun(w), Reset())],
        SHOWN, NetworkFailure, r"models\.test:11434 broke the connection", cut=True,
    ),
    Scenario(
        "F13 a chunked body that is not ended",
        lambda w: [streamed(w, *begun(w), Close())],
        SHOWN, NetworkFailure, r"broke the connection", cut=True,
    ),
    Scenario(
        "F13 a body shorter than its length",
        lambda w: [short(w)],
        SHOWN, NetworkFailure, r"broke the connection", cut=True,
    ),
    Scenario("F14 HTTP/1.0", lambda w: [close_delimited(w, *w.answer("hel", "lo"))], SHOWN),
    Scenario(
        "F14 HTTP/1.0 without the answer's end",
        lambda w: [close_delimited(w, *begun(w))],
        SHOWN, ModelFailure, r"broke off|ended", cut=True,
    ),
    Scenario(
        "F15 an error in the middle",
        lambda w: [streamed(w, *begun(w), w.error("CUDA \x1b[31mout of memory"))],
        SHOWN, UpstreamFailure, r"CUDA .*out of memory",
    ),
    Scenario(
        "F16 F17 something that is not JSON",
        lambda w: [streamed(w, *begun(w), b"{oops\n" if w is OLLAMA else b"data: {oops\n\n", w.done())],
        SHOWN, ProtocolFailure, r"not JSON",
    ),
    Scenario(
        "F18 a line without end",
        lambda w: [streamed(w, *begun(w), b"data: " + b"x" * (1 << 20) + b"\n")],
        SHOWN, LimitFailure, r"limit",
    ),
    Scenario(
        "F18 an answer without end",
        lambda w: [streamed(w, w.opening(), *[w.token("y" * 60_000)] * 20)],
        "y" * 60_000, LimitFailure, r"limit of 1 MiB",
    ),
    Scenario("F39 an empty answer", lambda w: [streamed(w, *w.answer())], ""),
    Scenario(
        "F39 a stream in which nothing is",
        lambda w: [streamed(w)],
        "", ModelFailure, r"empty|nothing", requests=2,
    ),
]  # fmt: skip

BODIES = [
    Scenario("F19 one JSON reply where a stream was asked for", lambda w: [whole(w, SHOWN)], SHOWN),
    Scenario(
        "F19 a login page",
        lambda w: [page("<html><h1>Please log in</h1></html>")],
        "", ProtocolFailure, r"HTTP 200.*text/html.*Please log in", status=200, requests=2,
    ),
    Scenario(
        "F19 a page, then a reply without streaming", lambda w: [page("<html>busy</html>"), whole(w, SHOWN)], SHOWN,
        requests=2,
    ),
    Scenario(
        "F19 plain words",
        lambda w: [response(200, b"Ollama is running", "text/plain")],
        "", ProtocolFailure, r"Ollama is running", status=200, requests=2,
    ),
    Scenario(
        "F26 a redirect is not followed",
        lambda w: [redirected(w)],
        "", UpstreamFailure, r"redirects .*HTTP 307.* to https://elsewhere\.test/api/chat;", status=307,
    ),
    Scenario("F27 gzip", lambda w: [packed(w, gzip.compress(b"".join(w.answer("hel", "lo"))), "gzip")], SHOWN),
    Scenario("F27 deflate", lambda w: [packed(w, zlib.compress(b"".join(w.answer("hel", "lo"))), "deflate")], SHOWN),
    Scenario("F27 bare deflate", lambda w: [packed(w, raw_deflate(b"".join(w.answer("hello"))), "deflate")], SHOWN),
    Scenario(
        "F27 brotli",
        lambda w: [packed(w, b"\x0b\x02\x80hello\x03", "br")],
        "", ProtocolFailure, r"packed as 'br'",
    ),
    Scenario(
        "F27 gzip that is damaged",
        lambda w: [packed(w, gzip.compress(b"".join(w.answer("hello")))[:12] + b"\xff" * 50, "gzip")],
        "", ProtocolFailure, r"damaged",
    ),
    Scenario(
        "F27 a bomb",
        lambda w: [packed(w, gzip.compress(b"data: " + b"z" * (8 << 20)), "gzip")],
        "", LimitFailure, r"limit",
    ),
    Scenario(
        "F28 a charset that is not true",
        lambda w: [streamed(w, *w.answer("grüß", " 🌍"), content_type=w.content_type + "; charset=latin-1")],
        "grüß 🌍",
    ),
    Scenario("no content type", lambda w: [streamed(w, *w.answer("hel", "lo"), content_type=" ")], SHOWN),
    Scenario(
        "words that are no HTTP",
        lambda w: [(Send(b"220 mail.test ESMTP\r\n\r\n"), WaitForClose())],
        "", ProtocolFailure, r"not HTTP",
    ),
]  # fmt: skip

REFUSALS = [
    Scenario(
        "F20 a request that is wrong",
        lambda w: [refusal(w, 400, "the prompt is not to our taste")],
        "", UpstreamFailure, r"HTTP 400.*not to our taste", status=400, requests=2,
    ),
    Scenario(
        "F20 a reason that is text",
        lambda w: [response(422, b"no such thing", "text/plain")],
        "", UpstreamFailure, r"no such thing", status=422, requests=2,
    ),
    Scenario(
        "F20 no reason at all",
        lambda w: [response(418, b"", "text/plain")],
        "", UpstreamFailure, r"HTTP 418", status=418,
    ),
    Scenario(
        "F20 a reason whose end never comes",
        lambda w: [(Send(head(418, {"Content-Length": "99"}) + b"I am a tea"), WaitForClose())],
        "", UpstreamFailure, r"HTTP 418.*I am a tea", status=418,
    ),
    Scenario(
        "a key that is wrong",
        lambda w: [refusal(w, 401, "tr0ub4dor opens nothing")],
        "", UpstreamFailure, r"HTTP 401(?!.*tr0ub4dor).* opens nothing", status=401, exit=Exit.NOT_PERMITTED,
    ),
    Scenario(
        "F43 a model that is gone",
        lambda w: [refusal(w, 404, "model 'm' not found")],
        "", UpstreamFailure, r"no such model.*'m' not found", status=404, exit=Exit.UNAVAILABLE, requests=2,
    ),
    Scenario(
        "F21 busy, then not",
        lambda w: [refusal(w, 503, "server busy", {"Retry-After": "2"}), ok(w)],
        SHOWN, requests=2,
    ),
    Scenario(
        "F21 busy for ever",
        lambda w: [refusal(w, 429, "slow down")],
        "", UpstreamFailure, r"busy.*HTTP 429.*slow down", status=429, exit=Exit.TEMPORARY, requests=3,
    ),
    Scenario(
        "F21 overloaded for ever",
        lambda w: [refusal(w, 529, "overloaded")],
        "", UpstreamFailure, r"HTTP 529", status=529, exit=Exit.TEMPORARY, requests=3,
    ),
    Scenario(
        "F21 failing for ever",
        lambda w: [refusal(w, 502, "bad gateway")],
        "", UpstreamFailure, r"HTTP 502", status=502, exit=Exit.TEMPORARY, requests=3,
    ),
    Scenario("a stream refused, a reply given", lambda w: [refusal(w, 501, "no streams"), whole(w, SHOWN)], SHOWN,
             requests=2),
]  # fmt: skip

NETWORKS = [
    Scenario(
        "F22 refused",
        nothing, "", NetworkFailure, r"models\.test:11434 refuses the connection: is the model server running\?",
        exit=Exit.TEMPORARY, requests=0, network=Fault.REFUSED,
    ),
    Scenario(
        "F22 no such host",
        nothing, "", NetworkFailure, r"models\.test:11434: there is no host of that name",
        exit=Exit.TEMPORARY, requests=0, network=Fault.UNKNOWN_HOST,
    ),
    Scenario(
        "F22 no name server",
        nothing, "", NetworkFailure, r"looked up", exit=Exit.TEMPORARY, requests=0, network=Fault.DNS_DOWN,
    ),
    Scenario(
        "F22 a name server that hangs",
        nothing, "", LimitFailure, r"no connection within 10 s",
        exit=Exit.TEMPORARY, requests=0, network=Fault.DNS_HANGS,
    ),
    Scenario(
        "F22 no route",
        nothing, "", NetworkFailure, r"no route", exit=Exit.TEMPORARY, requests=0, network=Fault.UNREACHABLE,
    ),
    Scenario(
        "a reset before the first byte",
        lambda w: [(Reset(),), ok(w)], SHOWN, requests=2,
    ),
    Scenario(
        "a reset before the first byte, for ever",
        lambda w: [(Reset(),)],
        "", NetworkFailure, r"without an answer", exit=Exit.TEMPORARY, requests=3,
    ),
    Scenario(
        "closed before the first byte, for ever",
        lambda w: [(Close(),)],
        "", NetworkFailure, r"without an answer", exit=Exit.TEMPORARY, requests=3,
    ),
    Scenario(
        "a reset between the head and the first piece",
        lambda w: [streamed(w, w.ping(), Reset())],
        "", NetworkFailure, r"in the middle", cut=True,
    ),
]  # fmt: skip

SILENCES = [
    Scenario(
        "F24 F42 nothing at all",
        lambda w: [(WaitForClose(),)],
        "", LimitFailure, r"no answer began within 300 s", exit=Exit.TEMPORARY, requests=3,
    ),
    Scenario(
        "F24 nothing but signs of life",
        lambda w: [streamed(w, *pings(w))],
        "", LimitFailure, r"no answer began within 300 s", exit=Exit.TEMPORARY, requests=3,
    ),
    Scenario(
        "F24 nothing after the first pieces",
        lambda w: [streamed(w, *begun(w), WaitForClose())],
        SHOWN, LimitFailure, r"nothing more came for 60 s",
    ),
    Scenario(
        "F24 nothing but signs of life after the first pieces",
        lambda w: [streamed(w, *begun(w), *pings(w))],
        SHOWN, LimitFailure, r"nothing more came for 60 s",
    ),
    Scenario(
        "F25 a byte a second",
        lambda w: [streamed(w, *begun(w), Drip(b"".join(map(_chunked, w.answer("more")))))],
        SHOWN, LimitFailure, r"nothing more came for 60 s",
    ),
    Scenario(
        "a slow model is no fault",
        lambda w: [streamed(w, Wait(290), w.opening(), w.token("hel"), Wait(55), w.token("lo"), Wait(55), w.done())],
        SHOWN,
    ),
]  # fmt: skip


def _chunked(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n" if data else b""


SCENARIOS = [*ENDINGS, *BODIES, *REFUSALS, *NETWORKS, *SILENCES]
CASES = [(scenario, wire) for scenario in SCENARIOS for wire in scenario.wires]

__all__ = ["ANTHROPIC", "CASES", "OPENAI", "SCENARIOS", "Scenario", "begun", "ok"]
