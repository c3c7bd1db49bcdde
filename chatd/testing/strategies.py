"""Hypothesis strategies for what people and models do; the simplest of each comes first, so that failures shrink to it.

    @given(strategies.programs(names=("alice", "bob"), models=("echo",)))
    def test_my_script_survives_them(program: Program) -> None: ...

`play.play(world, program)` plays a program in a world of one's own, `play.follow(model, script)` a model's script.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

try:
    from hypothesis import strategies as st
except ImportError as missing:  # Hypothesis is a tool of tests: the server, and the rest of the harness, do without it
    raise ImportError("chatd.testing.strategies needs Hypothesis: pip install hypothesis") from missing

from chatd.core.stream import Done, Failed, Thinking, Token, ToolCall
from chatd.testing.play import ModelScript, Said
from chatd.testing.program import (
    Act,
    Crash,
    DiskFault,
    Join,
    Leave,
    LetPass,
    Program,
    RunCommand,
    Type,
    Window,
)

__all__ = [
    "acts", "keys", "model_scripts", "model_texts", "packets", "programs", "seconds", "sizes", "typed_text",
]  # fmt: skip

NAMES = ("alice", "bob", "guest-eve")
"""Who comes, unless told: two members and a guest."""

MODELS = ("echo", "eliza")
"""Who is asked, unless told: those that every server has, and that always answer."""

AWKWARD = (
    "naïve café", "日本語", "👩\u200d👩\u200d👧", "e\u0301", "مرحبا", "x" * 200, "\u202eevil", "@", "/", "/nope",
    "``` **",
)  # fmt: skip
"""What has broken programs that show text: wide, joined, composed and right-to-left characters, long words, syntax."""

KEYS = (
    "\r", "\x7f", "\t", "\x1b", "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C", "\x1b[H", "\x1b[F", "\x1b[5~", "\x1b[6~",
    "\x1b[3~", "\x1bOP", "\x1b[1;5D", "\x1bb", "\x01", "\x03", "\x05", "\x0b", "\x0c", "\x14", "\x15", "\x17", "\x19",
)  # fmt: skip
"""Keys as terminals send them: Enter, Backspace, Tab, Esc, the arrows and their neighbours, chords. Ctrl-D is a way to
leave, and is not among them."""

FOREIGN = ("\x1b[31m", "\x1b]0;title\x07", "\x1b[?1000h", "\x9b2J", "\x00", "\x07", "\ufeff")
"""Text that would be orders to a terminal, if it reached one as it is."""

SIZES = ((80, 24), (120, 40), (40, 12), (18, 4), (200, 50), (2, 2), (1, 1), (0, 0))
SECONDS = (0.0, 0.05, 0.5, 3.0)


def typed_text(max_size: int = 40) -> st.SearchStrategy[str]:
    """One line of text that somebody may type, without its Enter: "", a word, or what is awkward to show.

    `max_size` is in characters. No control characters: those are `keys`.
    """
    characters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
    plain = st.text(st.sampled_from("abc "), max_size=max_size)
    awkward = st.sampled_from([text for text in AWKWARD if len(text) <= max_size] or [""])
    return st.one_of(plain, awkward, st.text(characters, max_size=max_size))


def keys() -> st.SearchStrategy[str]:
    """One key, or one paste: an escape sequence, a control character, a chord; nothing that ends the session."""
    pasted = st.lists(typed_text(20), max_size=3).map("\n".join)
    return st.one_of(st.sampled_from(KEYS), pasted.map(lambda text: f"\x1b[200~{text}\x1b[201~"))


@st.composite
def packets(draw: st.DrawFn, typed: st.SearchStrategy[str]) -> tuple[bytes, ...]:
    """What is typed as bytes in packets, cut anywhere: within an escape sequence, within a character."""
    data = draw(typed).encode()
    places = draw(st.sets(st.integers(1, max(1, len(data) - 1)), max_size=8))
    pieces = (data[start:stop] for start, stop in pairwise([0, *sorted(places), len(data)]))
    return tuple(piece for piece in pieces if piece)


def sizes() -> st.SearchStrategy[tuple[int, int]]:
    """Columns and rows of a window; absurd ones too, and 0x0, which some clients say."""
    return st.sampled_from(SIZES)


def seconds() -> st.SearchStrategy[float]:
    """How long nothing is done: no time at all, within a frame, some frames, as long as people take."""
    return st.sampled_from(SECONDS)


def acts(
    names: Sequence[str] = NAMES, models: Sequence[str] = MODELS, *, faults: bool = True
) -> st.SearchStrategy[Act]:
    """One act of somebody among `names`; questions go to `models`. Without `faults` disks work and nothing is killed.

    `names` and `models` must not be empty.
    """
    who = st.sampled_from(names)
    cut = st.sampled_from((0, 1, 3))
    asked = st.builds("@{} {}\r".format, st.sampled_from(models), typed_text())
    line = typed_text().map(lambda text: text + "\r")
    lines = (f"ask @{models[0]} hi", "history lobby", "say --room lobby hello", "who", "cancel --all")
    found: list[st.SearchStrategy[Act]] = [
        st.builds(LetPass, seconds()),
        st.builds(Type, who, line, cut),
        st.builds(Type, who, asked, cut),
        st.builds(Type, who, keys(), cut),
        st.builds(Join, who, st.sampled_from(("screen", "lines")), sizes()),
        st.builds(Window, who, st.sampled_from(("resizes", "stops reading", "reads on")), sizes()),
        st.builds(Leave, who, st.sampled_from(("hangs up", "ends input"))),
        st.builds(RunCommand, who, st.sampled_from(lines), st.sampled_from((None, 0.0, 0.05))),
    ]
    if faults:
        found += [st.builds(DiskFault, st.sampled_from(("works", "slow", "read-only", "full"))), st.just(Crash())]
    return st.one_of(found)


def programs(
    names: Sequence[str] = NAMES, models: Sequence[str] = MODELS, *, max_acts: int = 20, faults: bool = True
) -> st.SearchStrategy[Program]:
    """What happens in a world: everybody of `names` comes, and then up to `max_acts` acts. Seeds are from 0 to 999."""
    first: tuple[Act, ...] = tuple(Join(name, "screen") for name in names)
    return _programs(first, st.lists(acts(names, models, faults=faults), max_size=max_acts))


@st.composite
def _programs(draw: st.DrawFn, first: tuple[Act, ...], rest: st.SearchStrategy[list[Act]]) -> Program:
    # Composite, as a failure then shows the program itself, and not how it was put together.
    return Program(draw(st.integers(0, 999)), (*first, *draw(rest)))


def model_texts() -> st.SearchStrategy[str]:
    """One piece of an answer, never empty: a word, what is awkward to show, what no terminal may be sent."""
    return st.one_of(st.sampled_from(("a ", "word\n", *AWKWARD, *FOREIGN)), st.text("ab \n", min_size=1, max_size=9))


def model_scripts(tools: Sequence[str] = (), *, max_pieces: int = 5) -> st.SearchStrategy[ModelScript]:
    """What a model says to one question, to its end: up to `max_pieces` pieces and silences, perhaps a failure.

    With `tools` it may call one of them, with arguments that are JSON or nearly; then it has a second round.
    """
    piece = st.one_of(st.builds(Token, model_texts()), st.builds(Thinking, model_texts()), seconds())
    arguments = st.sampled_from(("{}", "{", "null", '{"x": 1}', '{"text": "a b"}'))
    call = st.builds(ToolCall, st.just("call"), st.sampled_from(tools), arguments) if tools else None
    return _scripts(st.lists(piece, max_size=max_pieces), call)


_ENDS: st.SearchStrategy[Said] = st.sampled_from((Done(), Failed("it broke")))


@st.composite
def _scripts(
    draw: st.DrawFn, pieces: st.SearchStrategy[list[Said]], call: st.SearchStrategy[ToolCall] | None
) -> ModelScript:
    first: list[Said] = []
    if call is not None and draw(st.booleans()):
        first = [*draw(pieces), draw(call), Done()]
    return ModelScript((*first, *draw(pieces), draw(_ENDS)))
