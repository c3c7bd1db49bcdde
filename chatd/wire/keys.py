"""Decodes the bytes of a terminal into keys.

An escape character is a key of its own, or begins an Alt chord or a sequence that names a key: only time tells which.
The decoder has no clock; while `KeyDecoder.escape_pending`, its owner starts a timer (some 50 ms after the last byte)
and calls `KeyDecoder.expire`.

A person must always be able to interrupt. So a sequence is bounded and ends at Ctrl-C; only inside a bracketed paste,
where the terminal vouches that all is text, is 0x03 not Ctrl-C.
"""

import codecs
import re
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby

from chatd.wire.key_names import control_name, csi_name, ss3_name, with_meta

MAX_SEQUENCE_BYTES = 256
"""Bytes of the longest escape sequence: keys have ten, longer ones are replies to queries nobody made."""

PASTE_BEGIN = "200"
PASTE_END = b"\x1b[201~"

_CTRL_C = 0x03
_BELL = 0x07
_CANCEL = (0x18, 0x1A)
_ESC = 0x1B
_DEL = 0x7F
_MOUSE_BYTES = 3  # what follows CSI M


_TEXT = re.compile(rb"[^\x00-\x1f\x7f]+")
_C1 = re.compile("[\x80-\x9f]")
_NOT_PASTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was pressed, or a paste.

    Attributes:
        name: the character itself (`"é"`); `"text"` for several in a row; `"Paste"` or `"PasteTooLong"`; else the key's
            name, with the modifiers before it in this order: `"C-M-S-Left"`, `"M-x"`, `"C-c"`, `"F5"`.
        text: of `text` and the pastes: what to insert; no control character but LF and TAB.
        size: of `PasteTooLong`: bytes of the whole paste, of which `text` is the beginning; of the wheel: lines.
    """

    name: str
    text: str = ""
    size: int = 0


WHEEL = {"Up": "WheelUp", "Down": "WheelDown"}

LEAST_TURN = 3
"""Equal arrow keys in one packet that count as a wheel: terminals send three for a notch, no person types so fast."""


def with_wheel(keys: list[Key]) -> list[Key]:
    """The keys of one packet, with runs of equal arrows as turns of the wheel, which terminals send so."""
    turned: list[Key] = []
    for key, run in groupby(keys):
        same = list(run)
        turn = key.name in WHEEL and len(same) >= LEAST_TURN
        turned += [Key(WHEEL[key.name], size=len(same))] if turn else same
    return turned


class _State(Enum):
    GROUND = auto()
    ESCAPE = auto()
    CSI = auto()
    SS3 = auto()
    MOUSE = auto()
    STRING = auto()
    STRING_ESCAPE = auto()
    PASTE = auto()


_INTRODUCERS = dict.fromkeys(b"P]^_", _State.STRING) | {0x5B: _State.CSI, 0x4F: _State.SS3}


class KeyDecoder:
    """Decodes the bytes of one terminal. The keys do not depend on how the bytes are cut, but for runs of text.

    Args:
        max_paste: bytes of one paste that are kept; the rest is counted and swallowed.
        max_sequence: bytes of one escape sequence; a longer one is dropped there, and the bytes after it are input.
    """

    def __init__(self, max_paste: int, max_sequence: int = MAX_SEQUENCE_BYTES) -> None:
        self._max_paste = max_paste
        self._max_sequence = max_sequence
        self._state = _State.GROUND
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._meta = False  # the next character is an Alt chord
        self._sequence = ""  # parameters of a CSI or SS3
        self._length = 0  # bytes of the sequence so far
        self._paste = bytearray()
        self._paste_size = 0
        self._paste_tail = b""  # bytes that may be the beginning of the end marker

    @property
    def escape_pending(self) -> bool:
        """Whether an escape character is undecided, so that `expire` must be called in time."""
        return self._meta or self._state not in {_State.GROUND, _State.PASTE}

    def feed(self, data: bytes) -> list[Key]:
        """Return the keys that `data` completes; invalid UTF-8 becomes U+FFFD, unknown sequences are dropped."""
        keys: list[Key] = []
        at = 0
        while at < len(data):
            if self._state is _State.GROUND:
                at = self._ground(data, at, keys)
            elif self._state is _State.PASTE:
                at = self._pasting(data, at, keys)
            elif self._in_sequence(data[at], keys):
                at += 1
        return keys

    @property
    def paste_pending(self) -> bool:
        """Whether a paste has begun and not ended. Most terminals send one in a single go."""
        return self._state is _State.PASTE

    def expire(self) -> list[Key]:
        """End whatever is pending: a lone escape is the key Esc, an unfinished sequence is dropped, and a paste whose
        end marker was lost is complete.
        """
        if self.paste_pending:
            self._keep(self._paste_tail)
            return [self._end_paste()]
        if not self.escape_pending:
            return []
        lone = self._state is _State.ESCAPE
        self._state = _State.GROUND
        self._meta = False
        self._utf8.reset()
        return [Key("Esc")] if lone else []

    def _ground(self, data: bytes, at: int, keys: list[Key]) -> int:
        """Take one run of text or one control from `data`; return where the next begins."""
        if run := _TEXT.match(data, at):
            self._text(self._utf8.decode(run[0]), keys)
            return run.end()
        self._control(data[at], keys)
        return at + 1

    def _text(self, text: str, keys: list[Key]) -> None:
        if self._meta and text:
            self._meta = False
            if not _C1.match(text):
                keys.append(Key("M-" + text[0]))
            text = text[1:]
        text = _C1.sub("", text)
        if len(text) == 1:
            keys.append(Key(text))
        elif text:
            keys.append(Key("text", text))

    def _control(self, byte: int, keys: list[Key]) -> None:
        self._text(self._utf8.decode(b"", final=True), keys)
        if byte == _ESC:
            self._begin(_State.ESCAPE)
        else:
            keys.append(Key(control_name(byte)))

    def _begin(self, state: _State) -> None:
        self._state = state
        self._sequence = ""
        self._length = 1

    def _in_sequence(self, byte: int, keys: list[Key]) -> bool:
        """Take one byte of an escape sequence; return False when it does not belong to it and is still to be taken."""
        self._length += 1
        if self._length > self._max_sequence:
            self._state = _State.GROUND
            return True
        match self._state:
            case _State.ESCAPE:
                return self._after_escape(byte, keys)
            case _State.STRING | _State.STRING_ESCAPE:
                return self._in_string(byte)
            case _State.MOUSE if byte >= 0x20:
                self._sequence += "."
                if len(self._sequence) == _MOUSE_BYTES:
                    self._state = _State.GROUND
            case _ if byte < 0x20 or byte >= _DEL:
                return self._abort(byte)
            case _ if byte < 0x40 or (byte == 0x5B and self._state is _State.CSI and not self._sequence):
                self._sequence += chr(byte)
            case _:
                self._finish(chr(byte), keys)
        return True

    def _after_escape(self, byte: int, keys: list[Key]) -> bool:
        if byte in {_ESC, _CTRL_C}:
            keys.append(Key("Esc"))
            self._state = _State.GROUND
            return False
        if byte < 0x20 or byte == _DEL:
            self._state = _State.GROUND
            keys.append(Key(with_meta(control_name(byte))))
            return True
        if byte in _INTRODUCERS:
            self._state = _INTRODUCERS[byte]
            return True
        self._state = _State.GROUND
        self._meta = True
        return False

    def _in_string(self, byte: int) -> bool:
        """Take one byte of OSC, DCS, APC or PM, whose content is ignored up to BEL or ESC backslash."""
        if self._state is _State.STRING_ESCAPE:
            self._state = _State.GROUND if byte == 0x5C else _State.ESCAPE
            return byte == 0x5C
        if byte == _ESC:
            self._begin(_State.STRING_ESCAPE)
            return True
        if byte == _CTRL_C or byte in _CANCEL:
            return self._abort(byte)
        if byte == _BELL:
            self._state = _State.GROUND
        return True

    def _abort(self, byte: int) -> bool:
        """Drop the sequence; the byte that broke it off is input, except CAN and SUB, which only break off."""
        self._state = _State.GROUND
        return byte in _CANCEL

    def _finish(self, final: str, keys: list[Key]) -> None:
        if self._state is _State.SS3:
            name = ss3_name(self._sequence, final)
        elif (final, self._sequence) == ("M", ""):
            self._state = _State.MOUSE
            return
        elif (final, self._sequence) == ("~", PASTE_BEGIN):
            self._state = _State.PASTE
            return
        else:
            name = csi_name(self._sequence, final)
        self._state = _State.GROUND
        if name:
            keys.append(Key(name))

    def _pasting(self, data: bytes, at: int, keys: list[Key]) -> int:
        """Take paste from `data`; return where the next byte to look at is. Looks at no byte twice."""
        if self._paste_tail:
            missing = PASTE_END[len(self._paste_tail) :]
            found = data[at : at + len(missing)]
            if found == missing:
                keys.append(self._end_paste())
                return at + len(missing)
            if missing.startswith(found):
                self._paste_tail += found
                return len(data)
            self._keep(self._paste_tail)
        end = data.find(PASTE_END, at)
        if end >= 0:
            self._keep(data[at:end])
            keys.append(self._end_paste())
            return end + len(PASTE_END)
        end = data.rfind(b"\x1b", max(at, len(data) - len(PASTE_END) + 1))
        if end < 0 or not PASTE_END.startswith(data[end:]):
            end = len(data)
        self._keep(data[at:end])
        self._paste_tail = data[end:]
        return len(data)

    def _keep(self, pasted: bytes) -> None:
        self._paste += pasted[: self._max_paste - len(self._paste)]
        self._paste_size += len(pasted)

    def _end_paste(self) -> Key:
        size, too_long = self._paste_size, self._paste_size > self._max_paste
        # The limit may have cut a character; half of one is no character.
        text = codecs.getincrementaldecoder("utf-8")("replace").decode(self._paste, final=not too_long)
        text = _NOT_PASTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
        self._state = _State.GROUND
        self._paste = bytearray()
        self._paste_size = 0
        self._paste_tail = b""
        return Key("PasteTooLong", text, size) if too_long else Key("Paste", text)
