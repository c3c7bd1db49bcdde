"""A line that asks: whom and what, wherever the names end; and what is speech stays speech."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.line import split_names, split_question


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("@eliza I feel sad", (["eliza"], "I feel sad")),
        ("  @Eliza,echo  hi\nthere ", (["eliza", "echo"], "hi\nthere")),
        ("@a,@b: x", (["a", "b"], "x")),
        ("@a,a x", (["a"], "x")),
        ("@qwen3:8b x", (["qwen3:8b"], "x")),
        ("@eliza", (["eliza"], "")),
        ("@ x", None),
        ("@,, x", None),
        ("mail me@home", None),
        ("＠qwen，eliza：你好", (["qwen", "eliza"], "你好")),
        ("@qwen今天天气", (["qwen"], "今天天气")),
        ("@qwen，今天天气", (["qwen"], "今天天气")),
        ("@qwen？", (["qwen"], "")),
        ("@a, b", (["a"], "b")),
        ("@eliza... so", (["eliza"], "so")),
        ("@josé x", (["josé"], "x")),
        ("@bob's idea is good", None),
        ("@bob\u2019s idea is good", None),
        ("@a,bob's idea", None),
        ("@(qwen) hi", (["qwen"], "hi")),
        ("@(Qwen3:8b, a)hi", (["qwen3:8b", "a"], "hi")),
        ("＠（qwen）：你好", (["qwen"], "你好")),
        ("@(my model)'s x", (["my model"], "'s x")),
        ("@() x", (["()"], "x")),
        ("@(a", (["(a"], "")),
        ("", None),
    ],
)
def test_questions(line: str, asked: tuple[list[str], str] | None) -> None:
    assert split_question(line) == asked


@given(st.text(max_size=30))
def test_names_are_folded_each_once(text: str) -> None:
    found = split_names(text)
    assert len(found) == len(set(found)) and all(name and name == name.lower() for name in found)


NAMES = st.lists(st.from_regex(r"[a-z0-9][a-z0-9:/_-]{0,8}[a-z0-9]", fullmatch=True), min_size=1, max_size=4)


@given(NAMES, st.booleans(), st.text(max_size=20))
def test_whoever_is_named_is_asked_once_and_the_rest_is_the_question(names: list[str], each: bool, text: str) -> None:
    line = "@" + (",@" if each else ",").join(name.upper() for name in names)
    asked = split_question(f"{line}: ({text})")
    assert asked == (list(dict.fromkeys(names)), f"({text})")
