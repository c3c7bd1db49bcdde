"""Columns and graphemes: what is cut can be put together again, and the parts are as wide as the whole."""

from unicodedata import category

import pytest
import wcwidth
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.sanitize import is_plain, sanitize
from chatd.screen.widths import MAX_GRAPHEME, clip, graphemes, is_fragile, width

ACUTE = "\u0301"
FAMILY = "👩\u200d👩\u200d👧"

texts = st.lists(
    st.one_of(
        st.sampled_from(["a", "世", ACUTE, FAMILY, "🇩", "⚠\ufe0f", "का", "ᄀ", "ᅡ", "🏽", "\u200d"]), st.characters()
    ),
    max_size=20,
).map(lambda pieces: sanitize("".join(pieces)))


@settings(deadline=None)
@given(texts)
def test_graphemes_joined_are_the_text(text: str) -> None:
    assert "".join(graphemes(text)) == text
    assert all(0 < len(grapheme) <= MAX_GRAPHEME for grapheme in graphemes(text))


@settings(deadline=None)
@given(texts)
def test_a_text_is_as_wide_as_its_graphemes(text: str) -> None:
    assert width(text) == sum(map(width, graphemes(text)))
    assert all(0 <= width(grapheme) <= 6 for grapheme in graphemes(text))


@settings(deadline=None)
@given(texts, st.data())
def test_a_text_may_be_cut_at_any_border(text: str, data: st.DataObject) -> None:
    parts = graphemes(text)
    border = data.draw(st.integers(0, len(parts)))
    assert graphemes("".join(parts[:border])) + graphemes("".join(parts[border:])) == parts


@settings(deadline=None)
@given(texts, st.integers(-1, 30))
def test_a_clipped_text_fits_and_nothing_more_would(text: str, columns: int) -> None:
    clipped = clip(text, columns)
    parts, rest = graphemes(clipped), graphemes(text)[len(graphemes(clipped)) :]
    assert parts + rest == graphemes(text)
    assert width(clipped) <= max(0, columns)
    if rest and columns > 0:
        assert width(clipped) + width(rest[0]) > columns


def test_the_short_way_for_plain_text_leads_to_the_same_place() -> None:
    plain = [char for char in map(chr, range(0x20000)) if char.isprintable() and is_plain(char)]
    for text in ("".join(plain), "".join(reversed(plain))):
        assert graphemes(text + f"e{ACUTE}") == [*text, f"e{ACUTE}"]
        assert width(text + f"e{ACUTE}") == width(text) + 1


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("hello", 5),
        ("naïve", 5),
        (f"e{ACUTE}", 1),
        ("世界", 4),
        ("😀", 2),
        (FAMILY, 2),
        ("🇩🇪", 2),
        ("⚠", 1),
        ("⚠\ufe0f", 2),
        ("1\ufe0f\u20e3", 2),
        ("⌚\ufe0e", 2),
        ("👍🏽", 2),
        ("ᄀᄀᄀ", 2),
        ("각", 2),
        (ACUTE, 0),
        ("a\tb\n", 2),
        ("世\t", 2),
    ],
)
def test_columns_of(text: str, columns: int) -> None:
    assert width(text) == columns


def test_a_wide_character_is_not_cut_in_half() -> None:
    assert clip("世界", 3) == "世"
    assert clip(f"x{FAMILY}y", 2) == "x"
    assert clip(f"x{FAMILY}y", 3) == f"x{FAMILY}"
    assert clip(f"e{ACUTE}x", 1) == f"e{ACUTE}"
    assert clip("x", 0) == clip("two", -1) == ""


def test_terminals_agree_about_most_and_quarrel_about_emoji() -> None:
    assert not any(map(is_fragile, ["a", "世", f"e{ACUTE}", "😀", "각", "สุ"]))
    assert all(map(is_fragile, ["क्ष", "का", "ខ្ញុំ", "🫨", "🪿", "🇩"]))
    assert all(map(is_fragile, [FAMILY, "🇩🇪", "⚠\ufe0f", "👍🏽", "का", "ᄀᄀ", "⌚\ufe0e"]))


def test_an_endless_grapheme_is_cut_and_costs_no_more_than_its_length() -> None:
    parts = graphemes("ᄀ" * 100_000)
    assert {len(part) for part in parts} == {MAX_GRAPHEME}
    assert width("ᄀ" * 100_000) == 2 * len(parts)
    assert clip("ᄀ" * 100_000, 3) == "ᄀ" * MAX_GRAPHEME


@pytest.mark.parametrize("word", ["स्त्री", "ស្ត្រី", "ലക്ഷ്മി", "राष्ट्र्य", "क्ष", "का", "မြန်မာ"])
def test_no_syllable_needs_more_columns_than_it_is_given(word: str) -> None:
    """Where terminals add up the letters of a conjunct, each has its place; marks stay with what they stand on."""
    parts = graphemes(word)
    assert "".join(parts) == word
    for part in parts:
        spaced = sum(1 if category(char) == "Mc" else max(0, wcwidth.wcwidth(char)) for char in part)
        assert spaced <= width(part)
    assert not any(category(part[0]) == "Mn" for part in parts)


def test_what_is_no_letter_is_not_cut_from_the_letter_before_it() -> None:
    """A terminal would join them again: a tone of skin behind a letter, and a virama behind that."""
    assert graphemes("aa🏻\u094d") == ["a", "a🏻\u094d"]
    assert is_fragile("a🏻\u094d")


@pytest.mark.parametrize("base", ["👩\u200d👩\u200d👧", "0🏽", "👍"])
def test_behind_an_emoji_or_a_digit_a_virama_joins_nothing(base: str) -> None:
    assert graphemes(base + "\u094d") == [base + "\u094d"]
    assert width(base + "\u094d") == width(base)
