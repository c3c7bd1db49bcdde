"""Finds in the words of a refusal what it is about: a part of the request, or its length.

Every server has words of its own, and no protocol has a code for this. So a part counts as refused only when it was
sent, when it is named, and when the same clause refuses; and the client believes the conclusion only after a request
without the part was answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chatd.core.stream import MAX_COUNT
from chatd.wire.models.json_values import a_list, an_object
from chatd.wire.models.request import Part

_REFUSING = re.compile(
    r"""
      (?:\bnot?|n't) \s (?:currently\s|yet\s|be\s)? (?:support|permit|allow|enabl|availab|recogni[sz]|implement|accept
                                                      |expect|understood|valid)
    | \bunsupported | \bunrecogni[sz]ed | \bunknown | \bunexpected | forbidden | \bdisabled
    | \bno\sendpoints | \brequires?\b | \bmust\salternate | \bonly\s(?:\w+\s){0,3}(?:supported|allowed|accepted)
    | \bnot\ssupport
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ALTERNATE = re.compile(r"\bmust alternate\b", re.IGNORECASE)
"""The error of some models' templates for any role they do not know; the roles of our requests do alternate."""
_NAMED = {
    Part.SYSTEM: re.compile(
        r"\bsystem[ _](?:role|message|prompt|instruction)|\brole\b.{0,20}\bsystem\b|\bdeveloper instruction"
        r"""|["'`]system["'`]|\bsystem:""",
        re.IGNORECASE,
    ),
    Part.TOOLS: re.compile(r"\btools?\b|\btool_|\bfunction[ _-]call|\bfunctions\b", re.IGNORECASE),
    Part.STREAM_OPTIONS: re.compile(r"\bstream_options\b|\binclude_usage\b"),
    Part.MAX_TOKENS: re.compile(r"\bmax_tokens\b"),
    Part.MAX_COMPLETION_TOKENS: re.compile(r"\bmax_completion_tokens\b"),
}
_CLAUSE = re.compile(r";|\n|\.\s")

_TOO_LONG = re.compile(
    r"""
      \bexceed\w*_context | \bcontext_(?:length|window)_exceeded | \breduce\sthe\slength
    | \bexceed\w*\b [^.;]{0,60} \b(?:context|maximum\snumber\sof\stokens|limit\sof\s[\d,]+\stokens)
    | \bcontext\b [^.;]{0,60} \b(?:exceed|overflow)
    | \b(?:context|prompt|model)\s(?:length|size|window)\b [^;]{0,80} \b(?:request|result|contain|loaded)
    | \b(?:prompt|input|request|messages?|question)\b [^.;]{0,60} \b(?:too\s(?:long|large)\b|longer\sthan\b)
    | \b(?:inputs?|prompt)\b [^.;]{0,40} \btokens\b [^.;]{0,40} (?:<=|must\snot\sexceed)
    | \bgreater\sthan\sthe\scontext
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NUMBER = r"(\d[\d,]{0,14})"
_SIZES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bn_ctx\D{{0,4}}{_NUMBER}",
        rf"> {_NUMBER}",
        rf"<= {_NUMBER}",
        rf"{_NUMBER} (?:tokens )?maximum\b",
        rf"\b(?:context|maximum prompt|maximum model)[ _](?:length|size|window|limit)?\D{{0,30}}{_NUMBER}",
        rf"\bmaximum number of tokens\D{{0,20}}{_NUMBER}",
        rf"\blimit of {_NUMBER}",
    )
)
"""Patterns of the number of tokens that a context holds, the most reliable first."""

_LEAST = 16
"""The least tokens that count as the size of a context."""


@dataclass(frozen=True, slots=True)
class Overflow:
    """A conversation is too long for the model. `size` is what its context holds in tokens, if the server says so."""

    size: int | None


def parts_of(body: Mapping[str, object]) -> frozenset[Part]:
    """The parts that a request's body has."""
    roles = {an_object(message).get("role") for message in a_list(body.get("messages"))}
    found = {part for part in (Part.STREAM_OPTIONS, Part.MAX_TOKENS, Part.MAX_COMPLETION_TOKENS) if part.value in body}
    if "system" in body or "system" in roles:
        found.add(Part.SYSTEM)
    if "tools" in body or "tool" in roles:
        found.add(Part.TOOLS)
    return frozenset(found)


def refused_parts(words: str, sent: frozenset[Part]) -> frozenset[Part]:
    """The parts among those sent that a refusal in these words is about."""
    clauses = [clause for clause in _CLAUSE.split(words) if _REFUSING.search(clause)]
    refused = {part for part in sent if any(_NAMED[part].search(clause) for clause in clauses)}
    if not refused and _ALTERNATE.search(words):
        refused.update([part for part in (Part.SYSTEM, Part.TOOLS) if part in sent][:1])
    return frozenset(refused)


def overflow(words: str) -> Overflow | None:
    """The overflow that a refusal in these words is about; None when it is about something else."""
    if not _TOO_LONG.search(words):
        return None
    for pattern in _SIZES:
        found = pattern.search(words)
        size = int(found[1].replace(",", "")) if found else 0
        if _LEAST <= size <= MAX_COUNT:
            return Overflow(size)
    return Overflow(None)
