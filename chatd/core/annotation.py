"""Annotations: what scripts have found out about a row, values by key, below `x` of its meta."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from chatd.core.text import check_length, size_of
from chatd.errors import UsageError

ANNOTATIONS = "x"
"""Under this key of a row's meta they stand: nothing else writes there."""

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}", re.ASCII)

MAX_VALUE = 1024
"""Bytes of one value as JSON: a figure takes ten, a short text some hundred. A row that is told again has them all."""

MAX_KEYS = 16
"""Keys of one row. With MAX_VALUE this is all that scripts can make a row larger by, however long they write."""

MAX_DEPTH = 4
"""Lists and tables in each other."""

NONE: Mapping[str, object] = MappingProxyType({})


def annotations_in(meta: Mapping[str, object]) -> Mapping[str, object]:
    """Those that stand in a row's meta."""
    found = meta.get(ANNOTATIONS)
    return found if isinstance(found, Mapping) else NONE


def annotated(meta: Mapping[str, object], values: Mapping[str, object]) -> dict[str, object]:
    """A row's meta with these values beside those of other keys; None takes a key away."""
    merged = {key: value for key, value in {**annotations_in(meta), **values}.items() if value is not None}
    rest = {key: value for key, value in meta.items() if key != ANNOTATIONS}
    return {**rest, ANNOTATIONS: merged} if merged else rest


def difference(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    """What makes the annotations in the meta `before` those in `after`, as `annotated` takes it; empty for nothing."""
    had, has = annotations_in(before), annotations_in(after)
    changed = {key: value for key, value in has.items() if key not in had or json.dumps(had[key]) != json.dumps(value)}
    return {**changed, **dict.fromkeys(key for key in had if key not in has)}


def annotation_size(values: Mapping[str, object]) -> int:
    """Code points that they are as JSON, about."""
    return len(json.dumps(dict(values), ensure_ascii=False))


def check_annotation(meta: Mapping[str, object], key: str, value: object) -> None:
    """Raise UsageError, in words for a script's author, for what a row with this meta may not have."""
    if KEY.fullmatch(key) is None:
        raise UsageError(f"{key[:40]!r} is no key: 1 to 32 of a-z A-Z 0-9 . _ -, first a letter or digit")
    if value is None:
        return
    if _depth(value) > MAX_DEPTH:
        raise UsageError(f"the value is nested deeper than {MAX_DEPTH} tables")
    try:
        size = size_of(json.dumps(value, ensure_ascii=False, allow_nan=False))
    except ValueError:
        raise UsageError("the value has a number in it that is none: infinite, or not a number") from None
    check_length("the value as JSON", size, MAX_VALUE)
    known = annotations_in(meta)
    if key not in known and len(known) >= MAX_KEYS:
        raise UsageError(f"the row has {len(known)} keys already, the limit is {MAX_KEYS}")


def _depth(value: object) -> int:
    """How many lists and mappings are in each other; the border to scripts lets through few."""
    if isinstance(value, Mapping):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return 1 + max(map(_depth, value), default=0)
    return 0
