"""A person looks at the screens of a world, at any of its steps."""

from __future__ import annotations

from chatd.testing import Mode
from chatd.testing.program import Join, LetPass, Program, Type
from chatd.testing.simulation.show_screens import look

TYPING = Program(0, (Join("alice", "screen", (40, 6)), LetPass(1.0), Type("alice", "hello", 0), LetPass(1.0)))


def shown(step: int) -> str:
    told: list[str] = []
    assert look(0, Mode.FIFO, step, told.append, program=TYPING).broken is None
    return "\n".join(told)


def test_a_later_step_shows_what_was_typed_since() -> None:
    steps = look(0, Mode.FIFO, 1, lambda _: None, program=TYPING).steps
    with_prompt = next(step for step in range(20, steps, 20) if "|>" in shown(step))
    with_text = next(step for step in range(with_prompt, steps, 20) if "|> hello" in shown(step))
    assert with_prompt < with_text
    assert "alice, 40x6" in shown(with_text) and "alice types 'hello'" in shown(with_text)
    assert "alice types" not in shown(with_prompt), "events after the step are not told"


def test_a_world_that_has_no_such_step_says_so() -> None:
    assert "it has no such step" in shown(1_000_000)
