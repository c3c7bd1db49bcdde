"""JSON Lines that are lossless and safe on a terminal: one object a line, with invisible characters escaped."""

from __future__ import annotations

import json
import re

from chatd.core.row import Row
from chatd.core.times import iso

# What json.dumps leaves: DEL and C1, line separators, lone surrogates, bidi controls, zero widths, fillers, selectors
# and tags. Whole blocks where they are reserved for such characters, as in `core.sanitize`.
_UNSAFE = re.compile(
    "[\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(chr(plane | 0xFFFE) + chr(plane | 0xFFFF) for plane in range(0, 0x110000, 0x10000))
    + "]"
)


def dump(value: object) -> str:
    """One line, without its end. Control characters and invisible characters are escaped; other text is UTF-8."""
    return escape(encode(value))


def encode(value: object) -> str:
    """One line before `escape`, which makes it safe on a terminal."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def escape(text: str) -> str:
    """Any part of an encoded line with its unsafe characters escaped."""
    return _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1] if match[0] != "\x7f" else "\\u007f"


def row_json(row: Row) -> dict[str, object]:
    """A row as the JSON object that clients get."""
    return {
        "id": row.id,
        "room": row.room,
        "buffer_id": row.buffer_id,
        "seq": row.seq,
        "parent_id": row.parent_id,
        "mention_id": row.mention_id,
        "content_method": row.method,
        "author": row.author,
        "tool_name": row.tool_name,
        "content": row.content,
        "status": row.status,
        "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
        "finished_at": None if row.finished_at is None else iso(row.finished_at),
        "meta": dict(row.meta),
    }
