"""What can be set of a room: what each setting takes, what it says of anything else, and what holds unset."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.room_settings import NO_SETTINGS, ROOM_SETTINGS, room_setting, value_of, with_setting
from chatd.errors import UsageError


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("topic", "  tea \n and cake ", "tea and cake"), ("topic", "-", ""), ("topic", "", ""), ("topic", "off", "off"),
        ("description", " one\ntwo \n", "one\ntwo"), ("description", "-", ""),
        ("default", " @Qwen3:8B ", "qwen3:8b"), ("default", "off", ""), ("default", "-", ""),
        ("system", "Be brief.", "Be brief."), ("retrieval", "ON", "on"), ("retrieval", "off", ""),
        ("retrieval", "-", ""),
    ],
)  # fmt: skip
def test_what_a_text_means(name: str, typed: str, value: str) -> None:
    assert room_setting(name).parse(typed) == value


@pytest.mark.parametrize(
    ("name", "typed", "why"),
    [
        ("retrieval", "maybe", "retrieval is on or off, not 'maybe'"),
        ("topic", "x" * 301, "topic is 301 bytes, the limit is 300 bytes"),
        ("system", "é" * 3000, "system is 5.9 KiB, the limit is 4 KiB"),
    ],
)
def test_what_is_wrong_is_said_with_what_is_wanted(name: str, typed: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        room_setting(name).parse(typed)


def test_what_is_no_setting_is_told_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="no setting 'colour'; there are topic, description, default, system, retrie"):
        room_setting("colour")
    assert room_setting(" Topic ").name == "topic"


def test_the_row_that_tells_of_it() -> None:
    assert room_setting("default").told("ali", "qwen3") == "ali set the default model: qwen3"
    assert room_setting("topic").told("ali", "") == "ali took the topic away"
    assert [room_setting("retrieval").told("ali", value) for value in ("on", "")] == [
        "ali turned retrieval on", "ali turned retrieval off",
    ]  # fmt: skip


def test_what_holds_where_nothing_is_set() -> None:
    assert [value_of(NO_SETTINGS, name) for name in ROOM_SETTINGS] == ["", "", "", "", "off"]


@given(st.lists(st.tuples(st.sampled_from(list(ROOM_SETTINGS)), st.sampled_from(["", "a", "b"]))))
def test_what_was_set_last_holds_and_what_is_taken_away_leaves_nothing(changes: list[tuple[str, str]]) -> None:
    settings, before = NO_SETTINGS, dict[str, str]()
    for name, value in changes:
        earlier = dict(settings)
        changed = with_setting(settings, name, value)
        assert settings == earlier, "whoever has the settings of a moment keeps them"
        settings, before[name] = changed, value
    assert settings == {name: value for name, value in before.items() if value}
