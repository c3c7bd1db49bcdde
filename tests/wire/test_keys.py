"""What a terminal sends and what was pressed: conversations byte by byte, and the invariants of the decoder."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.wire.keys import MAX_SEQUENCE_BYTES, Key, KeyDecoder, with_wheel

MAX_PASTE = 20
BEGIN, END = b"\x1b[200~", b"\x1b[201~"

# Bytes, but mostly those that mean something to the decoder, so that they meet.
atoms = st.sampled_from(
    [bytes([byte]) for byte in b"a~A[OM;5\\\x1b\x03\r\n\x07\x18\x7f\x00\x96\xff"]
    + [char.encode() for char in "é世\x85"]
    + [b"\x1b[", b"\x1bO", b"\x1b]", b"\x1bP", b"\xe4\xb8", b"200~", b"\x1b[201", b"\x1b[1;5D", b"\x1b[M", BEGIN, END]
)
streams = st.lists(st.one_of(atoms, st.binary(max_size=3)), max_size=25).map(b"".join)


@st.composite
def cut_streams(draw: st.DrawFn) -> list[bytes]:
    data = draw(streams)
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=6)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def merged(keys: list[Key]) -> list[Key]:
    """Join neighbouring text: only there a decoder may answer differently when bytes come differently."""
    out: list[Key] = []
    for key in keys:
        text = key.text if key.name == "text" else key.name if len(key.name) == 1 else ""
        if text and out and out[-1].name == "text":
            out[-1] = Key("text", out[-1].text + text)
        else:
            out.append(Key("text", text) if text else key)
    return out


def pressed(*chunks: bytes) -> list[Key]:
    """What comes of bytes that arrive in these chunks, when time runs out after the last."""
    decoder = KeyDecoder(MAX_PASTE)
    keys = [key for chunk in chunks for key in decoder.feed(chunk)]
    return keys + decoder.expire()


def names(*chunks: bytes) -> list[str]:
    return [key.text if key.name == "text" else key.name for key in pressed(*chunks)]


@settings(deadline=None, max_examples=300)
@given(cut_streams())
def test_however_bytes_are_cut_the_keys_are_the_same(chunks: list[bytes]) -> None:
    assert merged(pressed(*chunks)) == merged(pressed(b"".join(chunks)))


@settings(deadline=None)
@given(streams)
def test_keys_hold_no_control_characters(data: bytes) -> None:
    for key in pressed(data):
        assert key.name.isprintable() or len(key.name) == 1
        assert all(char in "\n\t" or (char >= " " and not "\x7f" <= char <= "\x9f") for char in key.text + key.name)
        assert key.text or key.name != "text"


@settings(deadline=None)
@given(streams)
def test_a_person_can_always_interrupt(data: bytes) -> None:
    decoder = KeyDecoder(MAX_PASTE)
    decoder.feed(data)
    pasting = not decoder.escape_pending and not merged(decoder.feed(b"x"))
    assert pasting or decoder.feed(b"\x03")[-1:] == [Key("C-c")]


@settings(deadline=None)
@given(streams)
def test_after_time_ran_out_nothing_is_pending(data: bytes) -> None:
    decoder = KeyDecoder(MAX_PASTE)
    decoder.feed(data)
    decoder.expire()
    assert not decoder.escape_pending
    assert decoder.expire() == []


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["C"]), min_size=2))
def test_text_arrives_as_it_was_typed(text: str) -> None:
    assert pressed(text.encode()) == [Key("text", text)]
    assert [key.name for char in text for key in pressed(char.encode())] == list(text)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["C"], include_characters="\n\t"), max_size=30))
def test_a_paste_arrives_whole_or_says_how_big_it_was(text: str) -> None:
    size = len(text.encode())
    (key,) = pressed(BEGIN + text.encode() + END)
    if size <= MAX_PASTE:
        assert key == Key("Paste", text)
    else:
        assert (key.name, key.size) == ("PasteTooLong", size)
        assert text.startswith(key.text)
        assert MAX_PASTE - 4 < len(key.text.encode()) <= MAX_PASTE


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (b"\r", "Enter"),
        (b"\n", "C-j"),
        (b"\t", "Tab"),
        (b"\x1b[Z", "S-Tab"),
        (b"\x7f", "Backspace"),
        (b"\x08", "C-h"),
        (b"\x1b", "Esc"),
        (b"\x00", "C-@"),
        (b"\x01", "C-a"),
        (b"\x1a", "C-z"),
        (b"\x1c", "C-\\"),
        (b"\x1d", "C-]"),
        (b"\x1e", "C-^"),
        (b"\x1f", "C-_"),
        (b"\x1bx", "M-x"),
        (b"\x1bX", "M-X"),
        (b"\x1b ", "M- "),
        ("\x1bé".encode(), "M-é"),
        (b"\x1b\r", "M-Enter"),
        (b"\x1b\x7f", "M-Backspace"),
        (b"\x1b\x01", "C-M-a"),
        (b"\x1b[A", "Up"),
        (b"\x1bOB", "Down"),
        (b"\x1b[1;5C", "C-Right"),
        (b"\x1b[1;3D", "M-Left"),
        (b"\x1b[1;2A", "S-Up"),
        (b"\x1b[1;8D", "C-M-S-Left"),
        (b"\x1b[1;129A", "Up"),  # Num Lock is no chord
        (b"\x1bOd", "C-Left"),
        (b"\x1bOM", "Enter"),
        (b"\x1b[H", "Home"),
        (b"\x1bOF", "End"),
        (b"\x1b[1~", "Home"),
        (b"\x1b[3~", "Delete"),
        (b"\x1b[3;5~", "C-Delete"),
        (b"\x1b[5~", "PgUp"),
        (b"\x1b[6~", "PgDn"),
        (b"\x1bOP", "F1"),
        (b"\x1b[[B", "F2"),
        (b"\x1b[13~", "F3"),
        (b"\x1b[1;5S", "C-F4"),
        (b"\x1b[15~", "F5"),
        (b"\x1b[24~", "F12"),
        (b"\x1b[99;5u", "C-c"),
        (b"\x1b[27;5;99~", "C-c"),
        (b"\x1b[13;2u", "S-Enter"),
        (b"\x1b[32;5u", "C-@"),
        (b"\x1b[98;3u", "M-b"),
        (b"\x1b[97;2u", "A"),
        (b"\x1b[228u", "ä"),
    ],
)
def test_a_key_has_a_name(sent: bytes, name: str) -> None:
    assert pressed(sent) == [Key(name)]
    assert pressed(*[bytes([byte]) for byte in sent]) == [Key(name)]
    assert names(b"a" + sent) == ["a", name]


@pytest.mark.parametrize(
    "noise",
    [
        b"\x1b[I",  # focus
        b"\x1b[<0;10;20M",  # mouse
        b"\x1b[<0;10;20m",
        b"\x1b[M !\xa1",
        b"\x1b[?1;2c",  # answers
        b"\x1b[24;80R",
        b"\x1b[>0;276;0c",
        b"\x1b[0;0;0;0;0z",
        b"\x1b[2@",
        b"\x1b[1;5:3A",
        b"\x1b[201~",
        b"\x1b[99~",
        b"\x1b[57441u",
        b"\x1bOx",
        b"\x1b]11;rgb:0000/0000/0000\x07",
        b"\x1b]0;title\x1b\\",
        b"\x1bP1$r0m\x1b\\",
        b"\x1b_apc\xff\x1b\\",
        b"\x1b^pm\r\n\x1b\\",
        "\x80\x9b".encode(),
    ],
)
def test_what_is_no_key_is_ignored_whole(noise: bytes) -> None:
    assert names(noise + b"x") == ["x"]
    assert names(*[bytes([byte]) for byte in noise], b"x") == ["x"]


@pytest.mark.parametrize("begun", [b"\x1b[", b"\x1b[1;", b"\x1bO", b"\x1b[M ", b"\x1b]0;t", b"\x1bPq", b"\x1b]x\x1b"])
def test_ctrl_c_comes_out_of_any_unfinished_sequence(begun: bytes) -> None:
    assert names(begun, b"\x03", b"x")[-2:] == ["C-c", "x"]
    assert names(begun)[-1:] in ([], ["Esc"])


def test_escape_waits_for_its_meaning_until_time_runs_out() -> None:
    decoder = KeyDecoder(MAX_PASTE)
    said = [decoder.escape_pending, decoder.feed(b"\x1b"), decoder.escape_pending, decoder.expire()]
    assert said == [False, [], True, [Key("Esc")]]
    assert decoder.feed(b"b") == [Key("b")]  # no chord any more
    assert decoder.feed(b"\x1b\x1b") == [Key("Esc")]
    assert decoder.expire() == [Key("Esc")]
    assert decoder.feed(b"\x1b\x03") == [Key("Esc"), Key("C-c")]


def test_half_a_chord_is_dropped_when_time_runs_out() -> None:
    decoder = KeyDecoder(MAX_PASTE)
    decoder.feed(b"\x1b\xc3")
    assert decoder.escape_pending
    assert decoder.expire() == []
    assert decoder.feed(b"x") == [Key("x")]


@pytest.mark.parametrize("cancel", [b"\x18", b"\x1a"])
def test_cancel_and_substitute_end_a_sequence_and_are_no_keys_there(cancel: bytes) -> None:
    assert names(b"\x1b[12" + cancel + b"x") == ["x"]
    assert names(b"\x1b]0;t" + cancel + b"x") == ["x"]


def test_a_new_escape_ends_a_sequence_and_begins_one() -> None:
    assert names(b"\x1b[12\x1b[A") == ["Up"]
    assert names(b"\x1b]0;t\x1b[A") == ["Up"]
    assert names(b"\x1b[12\rx") == ["Enter", "x"]
    assert names("\x1b[12é".encode()) == ["é"]


@pytest.mark.parametrize("begin", [b"\x1b[", b"\x1bO", b"\x1b]", b"\x1bP"])
def test_an_endless_sequence_is_forgotten_and_typing_goes_on(begin: bytes) -> None:
    decoder = KeyDecoder(MAX_PASTE)
    assert decoder.feed(begin + b"1" * (MAX_SEQUENCE_BYTES - len(begin))) == []
    assert decoder.escape_pending
    assert decoder.feed(b"1") == []
    assert decoder.feed(b"hello") == [Key("text", "hello")]


def test_bytes_that_are_no_utf8_become_replacements() -> None:
    assert names(b"\xff\xe4\xb8x\xe4\xb8\x96") == ["\ufffd\ufffdx世"]
    assert names(b"\xe4", b"\xb8", b"\x96") == ["世"]
    assert names(b"\xe4\xb8", b"\r") == ["\ufffd", "Enter"]
    assert names(b"\xe4\xb8", b"\x1bx") == ["\ufffd", "M-x"]


def test_a_large_paste_without_brackets_is_few_keys() -> None:
    decoder = KeyDecoder(MAX_PASTE)
    assert decoder.feed(b"first line\rsecond\r") == [
        *(Key("text", "first line"), Key("Enter"), Key("text", "second"), Key("Enter")),
    ]


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        (b"", ""),
        (b"a\r\nb\rc\nd", "a\nb\nc\nd"),
        (b"tab\there", "tab\there"),
        (b"\x03\x1b[31mred\x1b", "[31mred"),
        (b"\x1b[200~x", "[200~x"),
        (b"\x1b[201\x1b[201", "[201[201"),
        ("é\x85世".encode(), "é世"),
        (b"bad \xff byte", "bad \ufffd byte"),
    ],
)
def test_in_a_paste_all_is_text(pasted: bytes, text: str) -> None:
    assert pressed(BEGIN + pasted + END + b"x") == [Key("Paste", text), Key("x")]
    assert pressed(*[bytes([byte]) for byte in BEGIN + pasted + END]) == [Key("Paste", text)]


def test_a_paste_waits_for_its_end_until_its_owner_loses_patience() -> None:
    decoder = KeyDecoder(MAX_PASTE)
    assert decoder.feed(BEGIN + b"one") == []
    assert (decoder.paste_pending, decoder.escape_pending) == (True, False)
    assert decoder.feed(b"\x1b[20") == []
    assert decoder.feed(b"1~\r") == [Key("Paste", "one"), Key("Enter")]
    assert decoder.feed(BEGIN + b"two\x1b[2") == []
    assert decoder.expire() == [Key("Paste", "two[2")]
    assert not decoder.paste_pending
    assert decoder.feed(b"a") == [Key("a")]


def test_the_end_of_a_paste_is_found_wherever_it_is_cut() -> None:
    for cut in range(len(END) + 1):
        assert pressed(BEGIN + b"one", END[:cut], END[cut:]) == [Key("Paste", "one")]
    assert pressed(BEGIN + b"one", END[1:], b"two" + END) == [Key("Paste", "one[201~two")]


def test_a_paste_over_the_limit_keeps_its_beginning_and_its_size() -> None:
    assert pressed(BEGIN + b"x" * MAX_PASTE + END) == [Key("Paste", "x" * MAX_PASTE)]
    assert pressed(BEGIN + b"x" * 1000 + END + b"y") == [Key("PasteTooLong", "x" * MAX_PASTE, 1000), Key("y")]
    half = b"x" * (MAX_PASTE - 1) + "é".encode()
    assert pressed(BEGIN + half + END) == [Key("PasteTooLong", "x" * (MAX_PASTE - 1), MAX_PASTE + 1)]


def test_a_thousand_small_pastes_cost_what_they_weigh() -> None:
    decoder = KeyDecoder(MAX_PASTE)
    assert decoder.feed((BEGIN + b"x" + END) * 1000) == [Key("Paste", "x")] * 1000


# --- the wheel --------------------------------------------------------------------------------------------------------


def turned(data: bytes) -> list[tuple[str, int]]:
    return [(key.name, key.size) for key in with_wheel(KeyDecoder(100).feed(data))]


def test_equal_arrows_at_once_are_a_wheel() -> None:
    up, down = b"\x1b[A", b"\x1bOB"
    assert turned(up * 3) == [("WheelUp", 3)]
    assert turned(down * 6 + up * 3) == [("WheelDown", 6), ("WheelUp", 3)]
    assert turned(up * 2) == [("Up", 0)] * 2
    assert turned(b"x" + up * 3 + b"\r") == [("x", 0), ("WheelUp", 3), ("Enter", 0)]
    assert turned(b"\x1b[C" * 5) == [("Right", 0)] * 5
    assert turned((up + down) * 3) == [("Up", 0), ("Down", 0)] * 3
