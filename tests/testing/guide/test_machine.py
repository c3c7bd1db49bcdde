from pathlib import Path

from hypothesis import settings
from hypothesis.stateful import invariant, rule

from chatd.testing import MemoryTerminal, strategies
from chatd.testing.machine import WorldMachine


@settings(deadline=None, max_examples=10, stateful_step_count=20)
class Poll(WorldMachine):
    lua = Path(__file__).parent / "lua_command"

    @rule(who=WorldMachine.people, question=strategies.typed_text())
    def polls(self, who: MemoryTerminal, question: str) -> None:
        who.types(f"/poll {question}\r")
        self.step()

    @invariant()
    def every_poll_asks_something(self) -> None:
        for _, text, _ in self.world.rows():
            assert text.strip(" ") != "POLL:"


TestPoll = Poll.TestCase
