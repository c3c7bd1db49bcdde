"""Text on its way in: sizes said aloud, everything storable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.text import check_size, decoded, human_size, size_of, storable
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
