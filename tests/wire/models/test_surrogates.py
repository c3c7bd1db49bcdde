"""Characters cut in half within JSON are whole again, or visibly lost; nothing that cannot be stored comes through."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatd.core.text import storable
from chatd.wire.models.surrogates import SurrogateJoiner

halves = st.text(st.sampled_from("a\ud83c\udf0d\udfff\ud800é🌍"), max_size=12)


@given(st.lists(halves, max_size=6))
def test_pieces_give_what_the_whole_gives(pieces: list[str]) -> None:
    joiner = SurrogateJoiner()
    got = "".join(joiner.feed(piece) for piece in pieces) + joiner.end()
    assert got == storable("".join(pieces))
    got.encode()


def test_two_halves_are_a_character_and_one_is_a_stand_in() -> None:
    joiner = SurrogateJoiner()
    assert [joiner.feed("a\ud83c"), joiner.feed("\udf0d"), joiner.feed("\ud83c"), joiner.feed("b")] == [
        "a", "🌍", "", "\ufffdb",
    ]  # fmt: skip
    assert joiner.feed("\ud83c") + joiner.end() + joiner.end() == "\ufffd"
