"""Which regular expressions of a schema may be run on what a model wrote.

Python's engine goes back over a text: with a repetition inside a repetition it takes exponential time, and it would
take it on the loop. So no repetition stands inside another, what the others can cost together is estimated, and only
short texts are matched.
"""

from __future__ import annotations

import re
from math import comb

MAX_MATCHED = 128
"""Characters of a text that is matched: what has a pattern is a code, a name, a date."""

MAX_STEPS = 20_000_000
"""What a match may cost at worst, in steps of the engine: some tenths of a second, and only for a text made for it."""

MAX_TIMES = 256
"""The largest `{n}`: what is repeated must not be much longer than what it is matched with."""

_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\??|\)|[*+?]|\{(\d*)(,?)(\d*)\}|\||.", re.DOTALL)


def check_pattern(pattern: str) -> None:
    """Raise ValueError, with a sentence, when matching could take too long, or the expression is none."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"the pattern {pattern[:60]!r} is no regular expression: {error}") from None
    open_groups = [False]  # of each group whether it has a choice in it: a repetition or an alternative
    closed = False  # whether a group with a choice in it ended just before this part
    long = short = 0  # choices of as many ways as the text has characters, and of two
    for part in _PART.finditer(pattern):
        text, after_choice, closed = part[0], closed, False
        if text.startswith("("):
            open_groups.append(False)
        elif text == ")" and len(open_groups) > 1:
            closed = open_groups.pop()
            open_groups[-1] |= closed
        elif text in ("|", "?"):
            open_groups[-1] = True
            short += 1
        elif text in ("*", "+") or (text.startswith("{") and part[1] is not None):
            if after_choice:
                raise _refused(pattern, "it repeats a group that has a repetition or an alternative in it")
            if max(int(part[1] or 0), int(part[3] or 0)) > MAX_TIMES:
                raise _refused(pattern, f"it repeats more than {MAX_TIMES} times")
            if part[2] != "":  # {n} leaves no choice
                open_groups[-1] = True
                long += 1
    # The ways to lay a beginning and `long` borders into the text, each with both ways of every short choice.
    if comb(MAX_MATCHED + 2, long + 1) << min(short, 64) > MAX_STEPS:
        raise _refused(pattern, "it has too many repetitions and alternatives")


def _refused(pattern: str, why: str) -> ValueError:
    return ValueError(f"the pattern {pattern[:60]!r} could take too long: {why}")
