"""Programs as text: what is written is read again as it was, and nothing else is taken for a program."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.errors import UsageError
from chatd.testing.program import Act, Join, Program
from chatd.testing.program_json import from_json, to_json

ACTS: st.SearchStrategy[Any] = st.one_of([st.from_type(kind) for kind in get_args(Act)])
PROGRAMS = st.builds(Program, st.integers(), st.lists(ACTS, min_size=1, max_size=8).map(tuple), st.booleans())


@given(PROGRAMS)
def test_a_program_is_what_was_written(program: Program) -> None:
    text = to_json(program)
    assert text.isascii() and "\n" not in text
    assert repr(from_json(text)) == repr(program)


@given(st.text())
def test_any_other_text_is_none(text: str) -> None:
    with pytest.raises(UsageError):
        from_json(text)


@pytest.mark.parametrize(
    ("acts", "words"),
    [
        ('[["Jump","alice"]]', "there is no act 'Jump'"),
        ('[["Join","alice"]]', "Join has who, how, size"),
        ('[["Join","alice",5,[80,24]]]', "how is no 5"),
        ('[["Join","alice","lines",[80]]]', "unpack"),
        ('[["LetPass","long"]]', "seconds is no 'long'"),
        ("[]", "it has seed, drawn and acts"),
        ("[5]", "unpack"),
    ],
)
def test_what_is_wrong_is_said(acts: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        from_json(f'{{"seed":1,"drawn":false,"acts":{acts}}}')


def test_a_whole_number_of_seconds_is_a_number() -> None:
    text = to_json(Program(1, (Join("alice", "lines"),)))
    assert from_json(text.replace('["Join","alice","lines",[80,24]]', '["LetPass",2]')).acts
