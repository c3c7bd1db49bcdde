"""The names of keys: what a control character, an escape sequence or a modifier parameter is called.

Modifiers stand before the name in this order: `C-M-S-Left`.
"""

import re

_ESC = 0x1B
_DEL = 0x7F

_CONTROLS = {0x09: "Tab", 0x0D: "Enter", _ESC: "Esc", _DEL: "Backspace"}
_LETTERS = dict(zip("ABCDHF", ("Up", "Down", "Right", "Left", "Home", "End"), strict=True))
_FUNCTIONS = dict(zip("PQRS", ("F1", "F2", "F3", "F4"), strict=True))
_LINUX_FUNCTIONS = dict(zip("ABCDE", ("F1", "F2", "F3", "F4", "F5"), strict=True))
_RXVT_CTRL = dict(zip("abcd", ("C-Up", "C-Down", "C-Right", "C-Left"), strict=True))
_TILDE = {1: "Home", 2: "Insert", 3: "Delete", 4: "End", 5: "PgUp", 6: "PgDn", 7: "Home", 8: "End"}
_TILDE |= dict(zip((11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24), (f"F{n}" for n in range(1, 13)), strict=True))
_CODED_BACKSPACE = 0x08  # how some terminals code it; as a byte it is Ctrl-H
_CODED = 27  # CSI 27 ; modifiers ; character ~

_PARAMETER = "[0-9]{0,7}(?::[0-9]{0,7}){0,2}"  # sub-parameters follow a colon: the shifted key, the kind of event
_NUMBERS = re.compile(f"{_PARAMETER}(;{_PARAMETER}){{0,2}}")
_RELEASED = "3"
_FOREIGN_MODIFIERS = 8 | 16 | 32  # Super, Hyper, Meta: shortcuts of the desktop, which type nothing
_CTRL_CHORDS = frozenset("@abcdefghijklmnopqrstuvwxyz[\\]^_ ")


def control_name(byte: int) -> str:
    """Return the name of a control character: `C-a`, `Enter`, `Backspace`."""
    return _CONTROLS.get(byte) or "C-" + chr(byte + 0x40).lower()


def with_meta(name: str) -> str:
    """Return the name of a key pressed together with Alt."""
    return "C-M-" + name[2:] if name.startswith("C-") else "M-" + name


def ss3_name(parameters: str, final: str) -> str | None:
    """Return the name of the key that SS3 `parameters` `final` stands for, None when it stands for none."""
    if final in _RXVT_CTRL or final == "M":
        return _RXVT_CTRL.get(final, "Enter")
    return csi_name(parameters, final) if final in _LETTERS or final in _FUNCTIONS else None


def csi_name(parameters: str, final: str) -> str | None:
    """Return the name of the key that CSI `parameters` `final` stands for, None when it stands for none."""
    if parameters == "[":
        return _LINUX_FUNCTIONS.get(final)
    numbers = _numbers(parameters)
    if numbers is None:
        return None
    first, modifiers, code = numbers
    if final in _LETTERS:
        return _modified(_LETTERS[final], modifiers)
    if final in _FUNCTIONS and first == 1:
        return _modified(_FUNCTIONS[final], modifiers)
    if final == "Z":
        return "S-Tab"
    if final == "u":
        return _coded_name(first, modifiers)
    if final == "~" and first == _CODED:
        return _coded_name(code, modifiers)
    if final == "~" and first in _TILDE:
        return _modified(_TILDE[first], modifiers)
    return None


def _coded_name(code: int, modifiers: int) -> str | None:
    """Return the name of a key given by its character, as terminals send chords that plain bytes cannot say.

    We never switch this mode on, but some terminals have it on, and Ctrl-C must be Ctrl-C there too.
    """
    if code == _CODED_BACKSPACE:
        code = _DEL
    if code in _CONTROLS:
        return _modified(_CONTROLS[code], modifiers)
    char = chr(code) if 0x20 <= code < 0xD800 else ""
    if not char.isprintable() or not char or (modifiers - 1) & _FOREIGN_MODIFIERS:
        return None
    ctrl, alt = (modifiers - 1) & 4, (modifiers - 1) & 2
    if ctrl and char.lower() in _CTRL_CHORDS:
        char = "C-" + char.lower().replace(" ", "@")
    elif (modifiers - 1) & 1 and char.isascii():
        char = char.upper()
    return with_meta(char) if alt else char


def _modified(name: str, modifiers: int) -> str:
    """Put the prefixes of a modifier parameter (1 + bits: 1 Shift, 2 Alt, 4 Ctrl, locks and others) before a name."""
    bits = modifiers - 1
    return "C-" * bool(bits & 4) + "M-" * bool(bits & 2) + "S-" * bool(bits & 1) + name


def _numbers(parameters: str) -> tuple[int, int, int] | None:
    """Return the first three of the parameters, 1 where one is left out.

    None for anything but plain numbers, and for a key that is let go.
    """
    if not _NUMBERS.fullmatch(parameters):
        return None
    parts = [part.split(":") for part in parameters.split(";")]
    if parts[1:] and parts[1][1:2] == [_RELEASED]:
        return None
    first, second, third, *_ = [int(part[0] or 1) or 1 for part in parts] + [1, 1]
    return first, second, third
