"""The script is data that people write: whatever it refers to must be there, and every answer must be a sentence."""

import re

import pytest

from chatd.builtin import doctor_script as script

LINES = script.SCRIPT.strip().splitlines()
HEADS = [line for line in LINES if not line.startswith(" ")]
WORDS = [word for head in HEADS for word in head.split()[:-1]]


def answers() -> list[tuple[str, str]]:
    """Each answer with its pattern."""
    out, pattern = [], ""
    for line in LINES:
        if line.startswith("    "):
            out.append((pattern, line.strip().removeprefix("+ ")))
        elif line.startswith("  "):
            pattern = line.strip()
    return out


def test_there_is_something_to_talk_about() -> None:
    assert len(WORDS) >= 60
    assert len(WORDS) == len(set(WORDS)), "a word belongs to one keyword"
    assert all(head.split()[-1].isdecimal() for head in HEADS)


def test_levels_follow_each_other() -> None:
    depths = [(len(line) - len(line.lstrip())) for line in LINES]
    assert set(depths) == {0, 2, 4}
    for before, after in zip(depths, [*depths[1:], 0], strict=True):
        assert after in ({2} if before == 0 else {4} if before == 2 else {0, 2, 4})


def test_the_last_pattern_of_each_keyword_fits_everything() -> None:
    patterns = [line for line in LINES if line.startswith("  ") and not line.startswith("    ")]
    lasts = [group.strip().splitlines()[-1] for group in re.findall(r"(?m)^(?:  \S.*\n|    .*\n?)+", script.SCRIPT)]
    assert patterns
    assert len(lasts) == len(HEADS)
    assert script.SCRIPT.count("\n  *\n") == len(HEADS)


def test_an_answer_is_whole() -> None:
    for pattern, answer in answers():
        parts = sum(word == "*" or word.startswith("@") for word in pattern.split())
        assert all(int(n) <= parts for n in re.findall(r"\((\d)\)", answer)), answer
        assert all(word[1:] in script.GROUPS for word in pattern.split() if word.startswith("@")), pattern
        if answer.startswith("="):
            assert answer[1:] in WORDS
        elif answer != ":next":
            assert re.fullmatch(r"[A-Z(].*[.?]", answer), answer
            assert len(answer.split()) > 2, answer


@pytest.mark.parametrize("said", [*script.NOTHING, *script.SILENCE, *script.GOODBYES, script.GREETING])
def test_what_is_said_without_a_keyword_is_whole_too(said: str) -> None:
    assert re.fullmatch(r"[A-Z][^()]*[.?]", said)


def test_what_is_read_as_something_else_is_read_once() -> None:
    read = [pair.split(" = ") for line in script.READ_AS.strip().splitlines() for pair in line.split("; ")]
    assert len(read) == len(dict(read))
    assert not {word for _, meant in read for word in meant.split()} & dict(read).keys()
