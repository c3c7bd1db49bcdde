"""Characters that are found one by one: scripts that put no blanks between their words, and emoji.

A full-text index cuts words at blanks and signs, so it would know a sentence in Chinese only as a whole, and an emoji
not at all. Beside the words it is therefore given pieces: of each run of such characters every two that stand side by
side, and the last one alone. So one character is found as the beginning of a piece, more as pieces in a row. A piece is
written in digits, which every version of every index takes for a word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from operator import add

CHARACTERS = (
    "\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf"  # Thai…
    "\u2e80-\u2fdf\u3005-\u3007\u3030-\u303d\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u31ff\u3200-\u9fff"  # CJK
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U0001b000-\U0001b16f\U00020000-\U0003ffff"
    "\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\U0001f000-\U0001faff"  # arrows, signs, emoji
)
"""For a class of a regular expression."""

_JOINTS = "\u200d\ufe0e\ufe0f\U000e0020-\U000e007f"
"""What stands between or behind them and is not looked for: joiners, selectors, the tags of flags."""

_RUN = re.compile(f"[{CHARACTERS}](?:[{_JOINTS}]*[{CHARACTERS}])*[{_JOINTS}]*")
_JOINT = re.compile(f"[{_JOINTS}]")

_KNOWN_CODES = 8192
"""Cached characters in digits: more than any one script uses."""


@dataclass(frozen=True, slots=True)
class Sought:
    """By which pieces, in a row, a text is found that has a run of characters somewhere."""

    pieces: tuple[str, ...]
    begins: bool = False
    """Whether the last piece is only the beginning of one: a single character is sought."""


def is_piece(char: str) -> bool:
    """Whether a character is found by itself."""
    return _RUN.match(char) is not None


def without_pieces(text: str) -> str:
    """What is left of a text for an index of words."""
    if text.isascii():
        return text
    return _RUN.sub(" ", unicodedata.normalize("NFKC", text))


def pieces_of(text: str) -> str:
    """The pieces of a text for such an index, with blanks between them."""
    if text.isascii():
        return ""
    found: list[str] = []
    for run in _RUN.findall(unicodedata.normalize("NFKC", text)):
        codes = list(map(_code, _JOINT.sub("", run)))
        found += map(add, codes, codes[1:])
        found.append(codes[-1])
    return " ".join(found)


@lru_cache(_KNOWN_CODES)
def _code(char: str) -> str:
    return f"{ord(char):05x}"


def sought(text: str) -> list[Sought]:
    """What finds each of the runs of a text."""
    runs = [tuple(pieces_of(run).split()) for run in _RUN.findall(unicodedata.normalize("NFKC", text))]
    # The last piece of a run is a single character, which a longer run of the same beginning does not have.
    return [Sought(run[:-1]) if run[1:] else Sought(run, begins=True) for run in runs]
