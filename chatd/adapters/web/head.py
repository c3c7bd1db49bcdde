"""The head of a request beyond what h11 checks: where it leads, and what is refused in it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

import h11

_SPOKEN = (b"1.0", b"1.1")
_ABSOLUTE = (b"http://", b"https://")

WHOLE_SERVER = "*"
"""The path of a request that means no resource: `OPTIONS *`."""


class BadHead(Exception):
    """A head that is not served. `status` is that of the answer, `str(error)` a line for whoever reads it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request's line and headers."""

    method: str
    path: str
    """Decoded, without the query. Bytes that are no UTF-8 are U+FFFD, a percent sign that begins nothing stays."""
    raw_path: bytes
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    """Names in lower case."""
    declared: int | None
    """Bytes of the body, 0 when there is none; None when it comes in chunks."""


def read_head(request: h11.Request) -> RequestHead:
    """What a request asks for. Raises BadHead.

    A body whose length is said in two ways is refused: whoever stands before us may have believed the other one, and
    would take the rest for another request (h11 goes by the chunks, in HTTP/1.0 too).
    """
    if request.http_version not in _SPOKEN:
        raise BadHead(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    headers = tuple((bytes(name), bytes(value)) for name, value in request.headers)
    sizes = [value for name, value in headers if name == b"content-length"]
    chunked = any(name == b"transfer-encoding" for name, _ in headers)
    if chunked and (sizes or request.http_version == b"1.0"):
        raise BadHead(400, "the length of the body is said in two ways")
    raw_path, query, authority = _target(request)
    if authority:
        headers = ((b"host", authority), *(header for header in headers if header[0] != b"host"))
    declared = None if chunked else int(sizes[0]) if sizes else 0
    path = unquote(raw_path.decode("ascii"), errors="replace")
    return RequestHead(request.method.decode("ascii"), path, raw_path, query, headers, declared)


def _target(request: h11.Request) -> tuple[bytes, bytes, bytes]:
    """Path, query and, where the target is a whole URL, the authority, which comes before the header `Host`."""
    target, authority = bytes(request.target), b""
    if target[:8].lower().startswith(_ABSOLUTE):
        rest = target.partition(b"://")[2]
        border = min((rest.find(mark) for mark in b"/?#" if mark in rest), default=len(rest))
        authority, target = rest[:border], rest[border:]
        if not authority:
            raise BadHead(400, "the target has no host")
        target = target if target.startswith(b"/") else b"/" + target
    elif target == WHOLE_SERVER.encode():
        if request.method != b"OPTIONS":
            raise BadHead(400, "the target * goes with OPTIONS alone")
    elif not target.startswith(b"/"):
        raise BadHead(400, "the target is no path")
    path, _, query = target.partition(b"#")[0].partition(b"?")
    return path, query, authority
