"""JSON Lines that are safe on a terminal and lossless: one object a line, every control character escaped."""

from __future__ import annotations

import json
import re

from chatd.core.row import Row
from chatd.core.times import iso

_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def dump(value: object) -> str:
    """One line, without its end. Control characters, C1 and U+2028/2029 are escaped; other text is UTF-8."""
    return escape(encode(value))


def encode(value: object) -> str:
    """One line that is not yet safe: `escape` makes it so."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def escape(text: str) -> str:
    """Any part of an encoded line with what is not safe escaped."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def row_json(row: Row) -> dict[str, object]:
    """A row as clients see it."""
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
