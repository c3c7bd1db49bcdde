"""Styles as scripts write them, and what a terminal is sent for them.

A style is a string of words parted by blanks: attributes (`bold dim italic underline reverse strike`) and colours
(`red`, `bright-red`; `fg:NAME`, `bg:NAME`). NAME is one of the sixteen names, a palette number `0..255` or `#rrggbb`.
A later word wins over an earlier one. Words that mean nothing are ignored: a typing mistake in a script costs a colour,
never a screen.
"""

import re
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache

RESET = b"\x1b[m"

Rgb = tuple[int, int, int]

_ATTRIBUTES = {"bold": "1", "dim": "2", "italic": "3", "underline": "4", "reverse": "7", "strike": "9"}
_WITHOUT_COLOUR = frozenset({"bold", "underline", "reverse"})  # what a VT100 has

_NAMES = {name: n for n, name in enumerate(("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"))}
_NAMES |= {f"bright-{name}": n + 8 for name, n in _NAMES.items()}
_NAMES["gray"] = _NAMES["bright-black"]

# Each terminal has its own sixteen; xterm's are the ones to be near to. The 240 above them are the same everywhere.
_SIXTEEN: tuple[Rgb, ...] = (
    *((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)),
    *((127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255)),
    (255, 255, 255),
)
_STEPS = (0, 95, 135, 175, 215, 255)
_CUBE: tuple[Rgb, ...] = tuple((r, g, b) for r in _STEPS for g in _STEPS for b in _STEPS)
_GREYS: tuple[Rgb, ...] = tuple((v, v, v) for v in range(8, 248, 10))
_PALETTE = _SIXTEEN + _CUBE + _GREYS

_NUMBER = re.compile("[0-9]{1,3}")
_RGB = re.compile("#[0-9a-fA-F]{6}")

# Terminals that show all colours and say so in TERM only: ssh carries no COLORTERM by itself.
_TRUE_TERMS = re.compile("direct|kitty|ghostty|alacritty|wezterm|foot")
_PLAIN_TERMS = re.compile("|dumb|unknown|vt[0-9].*|.*-m|.*-mono")

_KNOWN_STYLES = 1024
"""Cached styles: a theme has some fifty."""


class Colours(IntEnum):
    """What a terminal can show; the more the greater."""

    NONE = 0
    ANSI16 = 16
    ANSI256 = 256
    TRUE = 1 << 24


def colours_of(term: str, env: Mapping[str, str]) -> Colours:
    """Return what a terminal can show, from its TERM and the environment it sent (NO_COLOR, COLORTERM)."""
    if env.get("NO_COLOR"):
        return Colours.NONE
    term = term.lower()
    if env.get("COLORTERM", "").lower() in {"truecolor", "24bit"} or _TRUE_TERMS.search(term):
        return Colours.TRUE
    if "256color" in term:
        return Colours.ANSI256
    return Colours.NONE if _PLAIN_TERMS.fullmatch(term) else Colours.ANSI16


@lru_cache(_KNOWN_STYLES)
def sgr(style: str, colours: Colours) -> bytes:
    """Return the bytes that switch `style` on, from a state where nothing is on; `RESET` undoes them.

    Colours come as near as the terminal can; without any, bold, underline and reverse are left. No bytes for no style.
    """
    codes: dict[str, str] = {}  # a colour replaces the one before it
    for word in style.split():
        if word in _ATTRIBUTES:
            if colours or word in _WITHOUT_COLOUR:
                codes[word] = _ATTRIBUTES[word]
            continue
        ground, colon, name = word.partition(":")
        if not colon and word in _NAMES:
            ground, name = "fg", word
        code = _colour(name, colours, bright=90, normal=30) if ground == "fg" else None
        if ground == "bg":
            code = _colour(name, colours, bright=100, normal=40)
        if code:
            codes[ground] = code
    return f"\x1b[{';'.join(codes.values())}m".encode() if codes else b""


def _colour(name: str, colours: Colours, *, normal: int, bright: int) -> str | None:
    """Return the SGR parameters of a colour, None when there is no such colour or no colours at all."""
    wanted = _parse(name)
    if wanted is None or not colours:
        return None
    if not isinstance(wanted, int) and colours < Colours.TRUE:
        wanted = _nearest_256(wanted)
    if not isinstance(wanted, int):
        return f"{normal + 8};2;{wanted[0]};{wanted[1]};{wanted[2]}"
    if wanted >= 16 and colours < Colours.ANSI256:
        wanted = _nearest(_PALETTE[wanted], _SIXTEEN)
    if wanted >= 16:
        return f"{normal + 8};5;{wanted}"
    return str(normal + wanted if wanted < 8 else bright + wanted - 8)


def _parse(name: str) -> int | Rgb | None:
    if name in _NAMES:
        return _NAMES[name]
    if _NUMBER.fullmatch(name) and int(name) < len(_PALETTE):
        return int(name)
    if _RGB.fullmatch(name):
        red, green, blue = bytes.fromhex(name[1:])
        return red, green, blue
    return None


def _nearest_256(wanted: Rgb) -> int:
    return 16 + _nearest(wanted, _CUBE + _GREYS)  # not the sixteen: nobody knows what those look like


def _nearest(wanted: Rgb, palette: tuple[Rgb, ...]) -> int:
    return min(range(len(palette)), key=lambda n: sum((a - b) ** 2 for a, b in zip(wanted, palette[n], strict=True)))
