"""Makes foreign text safe for any terminal.

Whatever a person, a model or a tool wrote may be shown to everybody, so it must not be able to move a cursor, turn the
direction of a line round, hide itself, or pile marks over its neighbours. Controls become visible stand-ins (who tries
is seen trying); what has no shape of its own is dropped.

Text that needs none of this is recognised by one regular expression and handed back unchanged; the rest goes through
a state machine character by character. Two rules make it idempotent and independent of how the text was cut:

* a dropped character leaves no trace in the state, as if it had never been there;
* a stand-in is from then on the ordinary character it looks like.
"""

import re
import unicodedata
from enum import Enum, auto
from functools import lru_cache

MAX_MARKS = 4
"""Combining marks kept on one base: the scripts of the world need three, a "zalgo" text sends fifty."""

# Characters that mean the same wherever they stand: printable, never combining, never joined to a neighbour. A
# character missing here costs time, never safety. Only settled blocks: a later Unicode must not add marks to them.
_PLAIN = (
    "\t\n -~\xa0-\xac\xae-\u02ff"  # Latin
    "\u0370-\u0377\u037a-\u037f\u0384-\u0482\u048a-\u052f\u1e00-\u1fff"  # Greek, Cyrillic, more Latin
    "\u05d0-\u05ea\u0621-\u064a\u0660-\u066f\u0671-\u06d3"  # Hebrew and Arabic letters
    "\u2010-\u2027\u2030-\u205e\u2070-\u209c\u20a0-\u20c0\u2100-\u2bff"  # punctuation, arrows, boxes, symbols
    "\u3000-\u3029\u3031-\u3096\u309b-\u30ff\u3105-\u312f\u3131-\u3163\u3165-\u318e"  # kana, bopomofo, Hangul letters
    "\u3200-\u9fff\uac00-\ud7a3\uff01-\uff9d\uffe0-\uffe6\ufffd"  # ideographs, Hangul, full width
    "\U0001f300-\U0001f3fa\U0001f400-\U0001f64f\U0001f680-\U0001f6ff\U0001f900-\U0001f9ff\U0001fa70-\U0001faff"
)
_ALL_PLAIN = re.compile(f"[{_PLAIN}]*")
_RUNS = re.compile(f"([{_PLAIN}]+)|(.)", re.DOTALL)

# Without a shape of their own: bidi controls, zero widths, invisible operators, tags, fillers. Reserved ones too.
_INVISIBLE = re.compile(
    "[\xad\u061c\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_NO_CHARACTER = re.compile("[\x80-\x9f\ud800-\udfff\ufdd0-\ufdef]")

_RETURN = "\r"
_JOINER = "\u200d"
_RETURN_STAND_IN = "\u240d"
_NEW_LINE_STAND_IN = "\u2424"
_REPLACEMENT = "\ufffd"
_ONE_LINE = str.maketrans({"\n": _NEW_LINE_STAND_IN, "\t": " "})

_KNOWN_CHARACTERS = 4096
"""Cached classifications: more characters than any one conversation uses outside the plain ones."""


class _Kind(Enum):
    BASE = auto()
    STAND_IN = auto()
    MARK = auto()
    SELECTOR = auto()
    JOINER = auto()
    RETURN = auto()
    DROPPED = auto()


class Sanitizer:
    """Makes one text safe, piece by piece.

    However the text is cut, the answers of `feed` and the last one of `flush`, joined, are `sanitize` of the whole.

    Args:
        max_marks: how many combining marks are kept on one base character.
    """

    __slots__ = ("_bare", "_base", "_held", "_marks", "_max_marks")

    def __init__(self, max_marks: int = MAX_MARKS) -> None:
        self._max_marks = max_marks
        self._base = ""  # the character that marks would stand on; none after a blank and at the start
        self._bare = False  # nothing stands on it yet
        self._marks = 0
        self._held = ""  # a CR or ZWJ whose fate the next character decides

    def feed(self, text: str) -> str:
        """Return what can be said about `text` now: safe characters, LF and TAB. At most one character is held back."""
        if not text:
            return ""
        if not self._held and is_plain(text):
            self._stand_on(text[-1])
            return text
        out: list[str] = []
        for run, odd in _RUNS.findall(text):
            if run:
                self._put(run, out)
            else:
                self._odd(odd, out)
        return "".join(out)

    def flush(self) -> str:
        """End the text: return what was held back. The next `feed` begins a new text."""
        rest = _RETURN_STAND_IN if self._held == _RETURN else ""
        self._held = self._base = ""
        return rest

    def _odd(self, char: str, out: list[str]) -> None:
        kind, char = _classify(char)
        match kind:
            case _Kind.BASE:
                self._put(char, out)
            case _Kind.STAND_IN:
                self._release("", out)
                self._put(char, out)
            case _Kind.MARK:
                self._mark(char, out)
            case _Kind.SELECTOR:
                self._selector(char, out)
            case _Kind.JOINER:
                self._release_return(out)
                # Between ASCII characters nothing is ever joined; there it only hides.
                if self._base and not self._base.isascii():
                    self._held = _JOINER
            case _Kind.RETURN:
                self._release("", out)
                self._held = _RETURN
            case _Kind.DROPPED:
                pass

    def _put(self, run: str, out: list[str]) -> None:
        self._release(run[0], out)
        out.append(run)
        self._stand_on(run[-1])

    def _stand_on(self, char: str) -> None:
        self._base = "" if char.isspace() else char
        self._bare = True
        self._marks = 0

    def _mark(self, char: str, out: list[str]) -> None:
        # A mark without a base is dropped, not put on a stand-in: it is no column wide, and a stand-in would be, so
        # that who counted columns in the unsafe text (a line editor) would set the cursor beside the character.
        self._release_return(out)
        if self._base and self._marks < self._max_marks:
            self._release(char, out)
            out.append(char)
            self._marks += 1
            self._bare = False

    def _selector(self, char: str, out: list[str]) -> None:
        self._release_return(out)
        if self._base and self._bare and not self._held:
            out.append(char)
            self._bare = False

    def _release(self, following: str, out: list[str]) -> None:
        """Decide about what is held, now that the next character is known ("" for one that joins nothing)."""
        if self._held == _RETURN and following != "\n":
            out.append(_RETURN_STAND_IN)
            self._stand_on(_RETURN_STAND_IN)
        elif self._held == _JOINER and not following.isascii() and not following.isspace():
            out.append(_JOINER)
        self._held = ""

    def _release_return(self, out: list[str]) -> None:
        if self._held == _RETURN:
            self._release("", out)


def is_plain(text: str) -> bool:
    """Tell whether each character of `text` is harmless and stands for itself, LF and TAB included.

    False says nothing: the text has to be looked at.
    """
    return _ALL_PLAIN.fullmatch(text) is not None


def sanitize(text: str) -> str:
    """Return `text` made safe for any terminal; LF and TAB stay. Idempotent; plain text comes back as it is."""
    if is_plain(text):
        return text
    sanitizer = Sanitizer()
    return sanitizer.feed(text) + sanitizer.flush()


def sanitize_line(text: str) -> str:
    """Return `text` made safe as one line: a line break becomes "␤", a TAB one blank. Idempotent."""
    safe = sanitize(text)
    if "\n" in safe or "\t" in safe:
        return safe.translate(_ONE_LINE)
    return safe


@lru_cache(_KNOWN_CHARACTERS)
def _classify(char: str) -> tuple[_Kind, str]:
    """Return how to treat a character that is not plain, and the character to show for it."""
    code = ord(char)
    if char == _RETURN:
        return _Kind.RETURN, ""
    if code < 0x20:
        return _Kind.STAND_IN, chr(0x2400 + code)
    if code == 0x7F:
        return _Kind.STAND_IN, "\u2421"
    if char in "\u2028\u2029":
        return _Kind.STAND_IN, _NEW_LINE_STAND_IN
    if _NO_CHARACTER.match(char) or code & 0xFFFE == 0xFFFE:
        return _Kind.STAND_IN, _REPLACEMENT
    if char == _JOINER:
        return _Kind.JOINER, char
    if _SELECTOR.match(char):
        return _Kind.SELECTOR, char
    if _INVISIBLE.match(char):
        return _Kind.DROPPED, ""
    if unicodedata.category(char) in {"Mn", "Mc", "Me"}:
        return _Kind.MARK, char
    return _Kind.BASE, char
