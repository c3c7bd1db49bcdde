"""Quotes a server's text in a sentence: on one line, bounded, safe on a terminal, and without secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatd.core.sanitize import sanitize_line

MAX_QUOTE = 300
"""Characters of a quotation: two or three lines of a terminal, enough for every message worth reading."""

_MAX_READ = 8 * MAX_QUOTE
"""Characters of the text that are read: hidden secrets and collapsed blanks make the quotation shorter."""

_HIDDEN = "(hidden)"
_PLAIN_WORD = 8
"""Characters below which a secret is hidden as a whole word alone: a key "x" must not make holes in every word."""
_TELLING = 4
"""Least characters of a secret's beginning that are hidden where a quotation was cut inside the secret."""
_SECRET = re.compile(
    r"""
      \b(?:(?:sk|pk|rk|xai|pplx|csk|nvapi|glpat)- | (?:gsk|hf|ghp|r8|tgp)_)[\w*.…-]{6,}  # keys, by their makers
    | \bAIza[\w*-]{10,}
    | \beyJ[\w-]{8,}(?:\.[\w-]+)*                                           # JSON web tokens
    | (?<=://)[^\s/@]+(?=@)                                                 # user:password in an address
    | (?<=bearer\s)[\w.~+/*=-]{6,}
    | (?<=basic\s)[A-Za-z0-9+/]{8,}={0,2}
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NAMED_SECRET = re.compile(
    r"""((?:api|access|secret|auth|private)[ _-]?(?:key|token)|password|secret)  # what it is called
        ((?:\s+(?:provided|is|was|given))?\s*["']?\s*[:=]\s*["']?)               # and how its value begins
        (?!\(hidden\))[^\s"'&,;)]{4,}""",
    re.IGNORECASE | re.VERBOSE,
)


def quote(text: str, *, limit: int = MAX_QUOTE, hide: Sequence[str] = ()) -> str:
    """The beginning of `text` as one line of at most `limit` characters, without a full stop at its end.

    Strings that look like keys are hidden, and each string of `hide` wherever it stands.
    """
    line = " ".join(text[:_MAX_READ].split())
    line = without(line, hide)
    line = _NAMED_SECRET.sub(lambda match: match[1] + match[2] + _HIDDEN, _SECRET.sub(_HIDDEN, line))
    line = sanitize_line(line).strip()
    if len(line) > limit:
        return line[: limit - 1].rstrip() + "…"
    return line.rstrip(".").rstrip()


def without(text: str, secrets: Sequence[str]) -> str:
    """`text` with each of the secrets hidden wherever it stands, also where a quotation ends in the middle of one."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        if len(secret) < _PLAIN_WORD:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", _HIDDEN, text)
        else:
            text = text.replace(secret, _HIDDEN)
        for length in range(len(secret) - 1, _TELLING - 1, -1) if "…" in text else ():
            text = text.replace(secret[:length] + "…", _HIDDEN + "…")
    return text
