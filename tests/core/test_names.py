"""Names: what is one, what is mended to one, and which two can be taken for each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core import names
from chatd.errors import UsageError


@given(st.text(max_size=40))
def test_mended_names_are_names(text: str) -> None:
    mended = names.mend(text)
    assert mended is None or (names.is_name(mended) and names.mend(mended) == mended)


def test_room_names() -> None:
    assert names.room_name(" #Den ") == "den"
    for wrong in ("", "~alice", "a b", "-x", "x" * 33, "\x1b"):
        with pytest.raises(UsageError, match="no room name"):
            names.room_name(wrong)


@given(st.text("abcdilmnorvwsx015", min_size=1, max_size=12), st.data())
def test_letters_that_look_alike_and_separators_make_no_difference(name: str, data: st.DataObject) -> None:
    looks = {"i": "1il", "l": "1il", "1": "1il", "0": "0o", "o": "0o", "m": ["m", "rn"], "w": ["w", "vv"]}
    other = "".join(data.draw(st.sampled_from([*looks.get(char, char)])) for char in name)
    at = data.draw(st.integers(0, len(other)))
    assert names.skeleton(other[:at] + data.draw(st.sampled_from(".-_")) + other[at:]) == names.skeleton(name)


@given(st.text(max_size=40))
def test_what_is_too_long_or_has_other_letters_is_not_mended_to_somebody_elses_name(text: str) -> None:
    assert names.mend(text + "x" * (names.MAX_NAME + 1)) is None and names.mend(text + "я") is None


@given(st.none() | st.from_regex(r"(guest-)?[a-z0-9][a-z0-9._-]{0,31}", fullmatch=True), st.integers(0, 20))
def test_a_guest_always_gets_a_name_that_is_free_and_a_guests(wanted: str | None, guests: int) -> None:
    taken: set[str] = set()
    for _ in range(guests):
        name = names.guest_name(wanted, taken)
        assert name not in taken and names.is_name(name) and name.startswith(names.GUEST_PREFIX)
        taken.add(name)


@pytest.mark.parametrize("name", ["system", "chatd", "guest", "guest-7", "gue5t-x", "g.u.e.s.t-x"])
def test_names_of_the_server_and_of_guests_are_nobodys(name: str) -> None:
    assert names.is_reserved(name) and not names.is_reserved(f"x{name}")


def test_a_private_room_is_hidden_from_everybody_but_its_owner() -> None:
    room = names.private_room("alice")
    assert names.is_hidden(room, "bob") and not names.is_hidden(room, "alice")
    assert not names.is_hidden("lobby", "bob") and not names.is_name(room)


@pytest.mark.parametrize(
    ("model", "forms"),
    [
        ("qwen3", {"qwen3"}),
        ("qwen3:8b", {"qwen3:8b", "qwen3"}),
        ("org/qwen3:8b", {"org/qwen3:8b", "org/qwen3", "qwen3:8b", "qwen3"}),
    ],
)
def test_a_model_is_called_by_its_name_without_tag_or_path_too(model: str, forms: set[str]) -> None:
    assert names.called(model) == forms
