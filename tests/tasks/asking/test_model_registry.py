"""Names of models: each means one model or nobody, and never a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.errors import NotFound
from chatd.ports import ModelInfo
from chatd.tasks.asking.model_registry import SHOWN, ModelRegistry
from chatd.testing.models import ScriptedModel


def model(name: str, provider: str = "ollama") -> ScriptedModel:
    made = ScriptedModel(name)
    made.info = ModelInfo(name, provider, name)
    return made


def registry(
    *names: str, fixed: tuple[str, ...] = ("eliza",), is_member: Callable[[str], bool] = lambda _: False
) -> ModelRegistry:
    made = ModelRegistry({name: model(name, "eliza") for name in fixed}, is_member=is_member)
    made.found("ollama", [model(name) for name in names])
    return made


def meant(by: str, *names: str) -> str | None:
    found = registry(*names).named(by)
    return None if found is None else found.info.name


@pytest.mark.parametrize(
    ("typed", "known", "whom"),
    [
        ("qwen3:8b", ("qwen3:8b", "qwen3:4b"), "qwen3:8b"),
        ("QWEN3:8B", ("qwen3:8b",), "qwen3:8b"),
        ("qwen3", ("qwen3:8b",), "qwen3:8b"),
        ("qwen3", ("qwen3:8b", "qwen3:latest"), "qwen3:latest"),
        ("qwen3", ("qwen3", "qwen3:latest"), "qwen3"),
        ("qwen3", ("qwen3:8b", "qwen3:4b"), None),
        ("qwen", ("qwen3:8b",), None),
        ("llama:8b", ("library/llama:8b",), "library/llama:8b"),
        ("llama", ("library/llama:8b",), "library/llama:8b"),
        ("llama", ("a/llama:8b", "b/llama:8b"), None),
        ("llama", ("a/llama:8b", "b/llama:latest"), "b/llama:latest"),
        ("llama", ("llama:8b", "library/llama:8b"), "llama:8b"),
        ("hf.co/a/llama", ("hf.co/a/llama:q4",), "hf.co/a/llama:q4"),
        ("ollama/qwen3:8b", ("qwen3:8b",), "qwen3:8b"),
        ("openai/qwen3:8b", ("qwen3:8b",), None),
        ("", ("qwen3:8b",), None),
    ],
)
def test_what_a_typed_name_means(typed: str, known: tuple[str, ...], whom: str | None) -> None:
    assert meant(typed, *known) == whom


def test_a_refusal_says_whom_it_could_mean_or_who_is_there() -> None:
    several = registry("qwen3:8b", "qwen3:4b")
    with pytest.raises(NotFound, match=r"^'qwen3' could be @qwen3:8b, @qwen3:4b$"):
        several.find("qwen3")
    with pytest.raises(NotFound, match=r"^there is no model 'bob'; you can ask @eliza, @qwen3:8b, @qwen3:4b$"):
        several.find("bob")
    many = registry(*(f"m{number}" for number in range(40)))
    with pytest.raises(NotFound, match=r", … \(41 in all\)$") as info:
        many.find("x" * 10_000)
    assert str(info.value).count("@") == SHOWN and len(str(info.value)) < 300


def test_a_members_name_means_the_member_and_the_model_is_reached_by_its_full_name() -> None:
    known = registry("bob", "carol:7b", is_member={"bob", "carol"}.__contains__)
    assert known.named("bob") is known.named("carol") is None
    assert known.find("ollama/bob").info.name == "bob"
    assert known.find("carol:7b").info.name == "carol:7b"


def test_who_was_configured_keeps_the_name_whatever_is_found_and_whoever_is_a_member() -> None:
    known = registry("eliza", is_member=lambda _: True)
    assert known.find("eliza").info.provider == "eliza"


def test_a_registered_name_is_taken_from_a_found_model_and_given_back() -> None:
    known = registry("qwen")
    mine = model("mine", "test")
    known.add("Qwen", mine)
    assert known.find("@qwen".removeprefix("@")) is known.find("QWEN") is mine
    known.remove("QWEN")
    assert known.find("qwen").info.provider == "ollama"
    known.remove("nobody")


def test_what_a_source_no_longer_offers_is_gone_and_other_sources_stay() -> None:
    known = registry("one", "two")
    known.found("openai", [model("gpt", "openai"), model("one", "openai")])
    known.found("ollama", [model("two")])
    assert set(known) == {"eliza", "two", "gpt", "one"} and known["one"].info.provider == "openai"
    assert len(known) == 4


def test_two_sources_of_one_name_do_not_wipe_each_other() -> None:
    known = registry()
    one, other = object(), object()
    known.found(one, [model("one")])
    known.found(other, [model("two")])
    assert set(known) == {"eliza", "one", "two"}
    known.found(other, [])
    assert set(known) == {"eliza", "one"}


@pytest.mark.parametrize("name", ["system", "chatd", "guest-x", "eliza", "ELIZA", "bob"])
def test_names_that_speak_for_somebody_else_are_taken(name: str) -> None:
    known = registry("qwen", is_member={"bob"}.__contains__)
    assert known.is_taken(name) and not known.is_taken("qwen")


NAMES = st.from_regex(r"([ab]/)?[xy](:(1|latest))?", fullmatch=True)


@given(st.lists(NAMES, unique=True, max_size=8), NAMES)
def test_a_name_means_itself_if_there_is_one_and_never_a_guess_between_two(names: list[str], typed: str) -> None:
    known = registry(*names)
    found = known.named(typed)
    if typed in names:
        assert found is known[typed]
    if found is None:
        with pytest.raises(NotFound):
            known.find(typed)
    else:
        assert typed.rpartition("/")[2].partition(":")[0] == found.info.name.rpartition("/")[2].partition(":")[0]
        assert ":" not in typed or found.info.name.endswith(typed.rpartition(":")[2])
