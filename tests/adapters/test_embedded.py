"""The embedded models: every word of the answer, in order, at their pace."""

from __future__ import annotations

import trio
from hypothesis import given
from hypothesis import strategies as st

from chatd.adapters.embedded import Echo, Eliza
from chatd.core.question import Question, Said
from chatd.core.stream import Done, Started, StreamEvent, Token
from chatd.ports import Model
from chatd.testing import run


def ask(model: Model, text: str, *earlier: str, continues: str = "") -> tuple[list[StreamEvent], float]:
    """The events, and the seconds they took."""

    async def main() -> tuple[list[StreamEvent], float]:
        began = trio.current_time()
        said = tuple(Said("alice", one, asked=True) for one in (*earlier, text))
        question = Question(text, "alice", "lobby", messages=said, continues=continues)
        async with model.stream(question) as events:
            return [event async for event in events], trio.current_time() - began

    return run(main)


@given(st.text(max_size=40))
def test_echo_says_what_it_is_told(text: str) -> None:
    (first, *words, last), seconds = ask(Echo("echo"), text)
    assert (first, last, seconds) == (Started(), Done(), 0)
    assert "".join(word.text for word in words if isinstance(word, Token)) == text


def test_eliza_types_one_word_after_the_other() -> None:
    (_, *words, _), seconds = ask(Eliza("eliza", 0.03), "I feel sad")
    assert len(words) > 3
    assert abs(seconds - 0.03 * len(words)) < 0.001  # the first comes at once; the end takes a beat


def test_eliza_remembers_what_went_before_and_nothing_else() -> None:
    again = ask(Eliza("eliza", 0), "I feel sad", "I feel sad")
    assert again == ask(Eliza("eliza", 0), "I feel sad", "I feel sad")
    assert again != ask(Eliza("eliza", 0), "I feel sad")


def test_a_kept_beginning_is_carried_on() -> None:
    _, *words, _ = ask(Echo("echo"), "one two three", continues="one tw")[0]
    assert "".join(word.text for word in words if isinstance(word, Token)) == "o three"
