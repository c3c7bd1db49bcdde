"""Text on its way in: sizes said aloud, questions understood, everything storable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.line import split_names, split_question
from chatd.core.text import check_size, decoded, human_size, size_of, storable
from chatd.core.times import from_iso, iso
from chatd.errors import UsageError


@given(st.text(alphabet=st.characters(), max_size=20))
def test_everything_becomes_storable(text: str) -> None:
    stored = storable(text)
    stored.encode("utf-8")
    assert storable(stored) == stored


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KiB"), (20480, "20 KiB"), (3 << 19, "1.5 MiB")]
)
def test_sizes_as_people_say_them(size: int, shown: str) -> None:
    assert human_size(size) == shown


def test_a_limit_names_both_sizes_and_they_differ() -> None:
    check_size("message", "x" * 16384, 16384)
    with pytest.raises(UsageError, match="message is 20 KiB, the limit is 16 KiB"):
        check_size("message", "x" * 20480, 16384)
    with pytest.raises(UsageError, match="message is 16385 bytes, the limit is 16384 bytes"):
        check_size("message", "x" * 16385, 16384)
    assert size_of("é") == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_decoded_without_its_mark(encoding: str) -> None:
    assert decoded("今天 \U0001f600\n".encode(encoding), "message") == "今天 \U0001f600\n"
    assert decoded("".encode(encoding), "message") == ""


@pytest.mark.parametrize("data", [b"caf\xe9", b"\xff\xfea", b"\x00\xd8\xff", b"\xed\xa0\x80"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match=r"message is no text in UTF-8 \(at byte \d+\); it is not posted"):
        decoded(data, "message")


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
        ("", None),
    ],
)
def test_questions(line: str, asked: tuple[list[str], str] | None) -> None:
    assert split_question(line) == asked


@given(st.text(max_size=30))
def test_names_are_folded_each_once(text: str) -> None:
    found = split_names(text)
    assert len(found) == len(set(found)) and all(name and name == name.lower() for name in found)


@given(st.integers(0, 4_000_000_000_000))
def test_times_come_back(ms: int) -> None:
    assert from_iso(iso(ms)) == ms


def test_times_look_like_this() -> None:
    assert iso(1_795_169_730_123) == "2026-11-20T10:15:30.123Z"
