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
