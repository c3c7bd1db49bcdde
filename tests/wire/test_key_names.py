"""Names of keys: one order of modifiers, whatever way a terminal says them."""

from hypothesis import given
from hypothesis import strategies as st

from chatd.wire.key_names import control_name, csi_name, ss3_name, with_meta


def test_every_control_character_has_a_name_of_its_own() -> None:
    names = {control_name(byte) for byte in [*range(0x20), 0x7F]}
    assert len(names) == 33
    assert {"Enter", "Tab", "Esc", "Backspace", "C-@", "C-c", "C-_"} <= names


def test_alt_goes_behind_ctrl() -> None:
    assert [with_meta(name) for name in ("x", "Enter", "C-a")] == ["M-x", "M-Enter", "C-M-a"]
    assert csi_name("1;7", "A") == "C-M-Up"
    assert csi_name("97;7", "u") == "C-M-a"
    assert csi_name("1;8", "P") == ss3_name("1;8", "P") == "C-M-S-F1"


def test_ctrl_and_shift_say_the_same_as_ctrl() -> None:
    assert csi_name("67;6", "u") == csi_name("99;6", "u") == csi_name("99;5", "u") == "C-c"


@given(st.text(st.sampled_from("0123456789;:?<[ -"), max_size=8), st.characters(min_codepoint=0x40, max_codepoint=0x7E))
def test_any_sequence_is_a_key_or_none(parameters: str, final: str) -> None:
    for name in (csi_name(parameters, final), ss3_name(parameters, final)):
        assert name is None or (name and name.isprintable())


def test_numbers_of_function_and_editing_keys() -> None:
    functions = (11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24)
    assert [csi_name(str(number), "~") for number in functions] == [f"F{n}" for n in range(1, 13)]
    editing = [csi_name(str(number), "~") for number in range(1, 10)]
    assert editing == ["Home", "Insert", "Delete", "End", "PgUp", "PgDn", "Home", "End", None]


def test_numbers_too_large_to_mean_anything_mean_nothing() -> None:
    assert csi_name("9999999;5", "u") is None
    assert csi_name("9" * 200, "~") is None
    assert csi_name("55296", "u") is None


def test_enter_and_backspace_with_modifiers() -> None:
    assert [csi_name(f"13;{n}", "u") for n in (2, 3, 5)] == ["S-Enter", "M-Enter", "C-Enter"]
    assert [csi_name(f"27;{n};13", "~") for n in (2, 3, 5)] == ["S-Enter", "M-Enter", "C-Enter"]
    assert [csi_name(f"{code};3", "u") for code in (127, 8)] == ["M-Backspace", "M-Backspace"]
    assert [csi_name("9;2", "u"), csi_name("27", "u"), csi_name("100;5", "u")] == ["S-Tab", "Esc", "C-d"]


def test_what_a_keyboard_tells_beside_the_key() -> None:
    """The shifted key, whether it is pressed, held or let go, and the text it types."""
    assert csi_name("99:67;5:1;3", "u") == csi_name("99;5:2", "u") == csi_name("99::99;69", "u") == "C-c"
    assert csi_name("1;5:1", "A") == "C-Up"
    assert csi_name("99;5:3", "u") is None and csi_name("1;1:3", "A") is None


def test_chords_of_the_desktop_type_nothing() -> None:
    assert csi_name("99;9", "u") is None and csi_name("99;1", "u") == "c"
