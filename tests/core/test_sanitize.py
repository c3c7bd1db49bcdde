"""Foreign text may say anything and do nothing: invariants of the sanitiser, then one case per kind of trick."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.sanitize import MAX_MARKS, Sanitizer, is_plain, sanitize, sanitize_line

ACUTE, ZWJ, VS16, ZWSP, RLO = "\u0301", "\u200d", "\ufe0f", "\u200b", "\u202e"

# What a terminal could take for an order, and what turns text round.
DANGEROUS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

# Any character, but often one of those that the rules are about, so that they meet.
tricky = st.sampled_from(
    "a世😀 \n\t\r\x1b\x7f\x00\x9b\u2028\ufdd0\ud800\u0903\u20e3\ufe0e\U000e0101\ufeff\u00ad\u3164\U000e0041🇩🏽क\u094d"
    "\u0301\u200d\ufe0f\u200b\u202e"
)
texts = st.lists(st.one_of(tricky, st.characters(codec=None)), max_size=30).map("".join)


@st.composite
def cut_texts(draw: st.DrawFn) -> list[str]:
    text = draw(texts)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@settings(deadline=None)
@given(cut_texts())
def test_however_a_text_is_cut_it_becomes_the_same(pieces: list[str]) -> None:
    sanitizer = Sanitizer()
    assert "".join(map(sanitizer.feed, pieces)) + sanitizer.flush() == sanitize("".join(pieces))


@settings(deadline=None)
@given(texts)
def test_safe_text_is_left_alone(text: str) -> None:
    safe = sanitize(text)
    assert sanitize(safe) == safe
    line = sanitize_line(text)
    assert sanitize_line(line) == line
    assert sanitize(line) == line


@settings(deadline=None)
@given(texts)
def test_nothing_dangerous_comes_out(text: str) -> None:
    assert not DANGEROUS.search(sanitize(text))
    assert not DANGEROUS.search(sanitize_line(text))
    assert not set(sanitize_line(text)) & {"\n", "\t"}
    sanitize(text).encode()  # no surrogate either


@settings(deadline=None)
@given(texts)
def test_no_base_carries_more_marks_than_allowed(text: str) -> None:
    marks = 0
    for char in sanitize(text):
        if char == ZWJ or "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
            continue
        marks = marks + 1 if unicodedata.category(char).startswith("M") else 0
        assert marks <= MAX_MARKS


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_printable_ascii_comes_back_as_the_same_object(text: str) -> None:
    assert sanitize(text) is text
    assert sanitize_line(text) is text


def test_every_character_alone_is_made_safe() -> None:
    blocks = (range(0x11000), range(0x1BC00, 0x1F000), range(0xE0000, 0xE0200), range(0x10FFF0, 0x110000))
    text = " ".join(chr(code) for block in blocks for code in block)
    assert not DANGEROUS.search(sanitize(text))


def test_what_counts_as_plain_needs_no_care() -> None:
    for char in filter(is_plain, map(chr, range(0x110000))):
        assert unicodedata.category(char)[0] not in {"M", "C"} or char in "\t\n" or unicodedata.category(char) == "Cn"
        assert not DANGEROUS.match(char)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b[2J", "␛[2J"),
        ("bell\x07", "bell␇"),
        ("\x00\x7f", "␀␡"),
        ("\x9b31m", "\ufffd31m"),
        ("\x85", "\ufffd"),
        ("one\r\ntwo", "one\ntwo"),
        ("100%\rdone", "100%␍done"),
        ("end\r", "end␍"),
        ("\r\r\n", "␍\n"),
        ("a\u2028b\u2029c", "a␤b␤c"),
        ("\ud83d", "\ufffd"),
        ("\ufffe\uffff\U0010ffff\ufdd0", "\ufffd" * 4),
        ("tab\tand\nline", "tab\tand\nline"),
    ],
)
def test_controls_become_visible(said: str, shown: str) -> None:
    assert sanitize(said) == shown


@pytest.mark.parametrize(
    "hidden",
    "\u202e\u2066\u061c\u200e\u200b\u200c\u2060\u2064\u2065\ufeff\u00ad\u180e\u206a\ufffb\U000e0001\U000e007f"
    "\u115f\u1160\u3164\uffa0\U0001d173",
)
def test_what_cannot_be_seen_is_dropped_without_a_trace(hidden: str) -> None:
    assert sanitize(f"in{hidden}visible") == "invisible"
    assert sanitize(f"e{hidden}{ACUTE}") == f"e{ACUTE}"
    assert sanitize(f"a\r{hidden}\nb") == "a\nb"


@pytest.mark.parametrize("emoji", ["👩‍👩‍👧", "🏳️‍🌈", "❤️‍🔥", "1️⃣", "👍🏽", "🇩🇪", "👩🏻‍❤️‍💋‍👨🏿", "葛󠄀"])
def test_graphemes_made_of_several_characters_stay_whole(emoji: str) -> None:
    assert sanitize(emoji) == emoji
    assert sanitize_line(f"a {emoji}{emoji} b") == f"a {emoji}{emoji} b"


@pytest.mark.parametrize("word", ["नमस्ते", "क्‍ष", "র‍্য", "Việt", "ñandú", "สวัสดี", "שָׁלוֹם"])  # fmt: skip
def test_the_scripts_of_the_world_stay_as_they_are(word: str) -> None:
    assert sanitize(word) == word
    assert sanitize(unicodedata.normalize("NFD", word)) == unicodedata.normalize("NFD", word)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"a{ZWJ}b", "ab"),
        (f"a{ZWJ}世", "a世"),
        (f"世{ZWJ}b", "世b"),
        (f"世{ZWJ}", "世"),
        (f"世{ZWJ}\x1b", "世␛"),
        (f"世{ZWJ}\n世", "世\n世"),
        (f"{ZWJ}世", "世"),
        (f"😀{ZWJ}{ZWJ}😀", f"😀{ZWJ}😀"),
    ],
)
def test_a_joiner_stays_only_where_it_joins(said: str, shown: str) -> None:
    assert sanitize(said) == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (VS16, ""),
        (f" {VS16}", " "),
        (f"⚠{VS16}{VS16}", f"⚠{VS16}"),
        (f"⚠{VS16}\ufe0e\U000e0101", f"⚠{VS16}"),
        (f"e{ACUTE}{VS16}", f"e{ACUTE}"),
        (f"😀{ZWJ}{VS16}😀", f"😀{ZWJ}😀"),
    ],
)
def test_a_variation_selector_stays_only_on_its_character(said: str, shown: str) -> None:
    assert sanitize(said) == shown


def test_marks_do_not_pile_up() -> None:
    piled = ACUTE * 50
    assert sanitize(f"Z{piled}o{piled}") == f"Z{ACUTE * MAX_MARKS}o{ACUTE * MAX_MARKS}"
    assert Sanitizer(max_marks=1).feed("Z" + ACUTE * 50) == "Z" + ACUTE


@pytest.mark.parametrize("start", ["", "line\n", "blank ", "tab\t", "\u3000"])
def test_a_mark_without_a_base_is_dropped(start: str) -> None:
    assert sanitize(start + ACUTE + "x") == start + "x"


def test_a_mark_on_a_stand_in_is_a_mark_on_what_is_seen() -> None:
    assert sanitize(f"\x1b{ACUTE}") == f"␛{ACUTE}"
    assert sanitize(f"\r{ACUTE}") == f"␍{ACUTE}"


def test_one_line_is_one_line() -> None:
    assert sanitize_line("one\ntwo\r\nthree\tfour") == "one␤two␤three four"


def test_an_answer_that_streams_is_sanitised_across_its_pieces() -> None:
    model = Sanitizer()
    assert model.feed("Look: 👩\u200d") == "Look: 👩"  # the joiner waits for what it joins
    assert model.feed("👧 and e") == "\u200d👧 and e"
    assert model.feed(ACUTE + "\r") == ACUTE
    assert model.feed("\nnext") == "\nnext"
    assert model.feed("\r") == ""
    assert model.flush() == "␍"
    assert model.feed(ACUTE + "new text") == "new text"
