"""A server at 127.0.0.1:11434 whose models come and go, are named like others, or which cannot be had for a while."""

from __future__ import annotations

import random
from collections.abc import Callable

from chatd.testing.upstream import OLLAMA, Close, FakeUpstream, Received, Reset, Step, Wait, json_reply, page, streamed

WHERE = "127.0.0.1:11434"
"""Where models are looked for without a configuration."""

SOMEBODYS = "alice"
"""A person's name that one of its models has. A model that came first would keep the person out, so it is offered while
the name is theirs.
"""

OFFERS: dict[str, tuple[str, ...]] = {
    "one": ("qwen3:8b",),
    "another": ("gemma3:4b", "qwen3:4b"),
    "ambiguous": ("qwen3:8b", "qwen3:4b", "qwen3:latest"),
    "clashes": ("echo", SOMEBODYS, "llama", "bot", "qwen3:8b"),
    "strange names": ("", "a/b:c", "\x1b[2J", "ünï:1b", "x" * 300, "QWEN3:8B"),
    "none": (),
}
TROUBLES = ("refused", "resets", "no JSON", "late", "500")
HOWS = (*OFFERS, *TROUBLES)
"""What an act `DiscoveryFault` may say."""

LATE_S = 12.0
"""Virtual seconds that a late server takes: longer than anybody who asks for the list waits."""


class FoundModels:
    """A fake Ollama; its answers are drawn from `source`."""

    def __init__(self, source: random.Random, tell: Callable[[str], None]) -> None:
        self.how = "none"
        self.asked = 0
        """Questions that one of its models was asked."""
        self.looked = 0
        """How often its list was asked for."""
        self.fake = FakeUpstream().answers(self)
        self.is_member: Callable[[str], bool] = lambda _: True
        """Whether a name is a person's at present."""
        self._source = source
        self._tell = tell
        self._names: tuple[str, ...] = ()

    def becomes(self, how: str) -> None:
        """It is so from now on: see HOWS. Raises ValueError for anything else."""
        if how not in HOWS:
            raise ValueError(f"no discovery {how!r} is played")
        self.how = how
        self._names = OFFERS.get(how, self._names)

    @property
    def offered(self) -> list[str]:
        """The names of its models at present."""
        return [name for name in self._names if name != SOMEBODYS or self.is_member(name)]

    def __call__(self, request: Received) -> tuple[Step, ...]:
        """The reply to a request."""
        if request.method == "GET":
            self.looked += 1
        match self.how:
            case "refused":
                return (Close(),)
            case "resets":
                return (Reset(),)
            case "no JSON":
                return page("<html>captive</html>")
            case "500":
                return json_reply({"error": "no"}, 500)
            case "late":
                return (Wait(LATE_S), *self._reply(request))
            case _:
                return self._reply(request)

    def _reply(self, request: Received) -> tuple[Step, ...]:
        if request.method == "GET":
            return json_reply({"models": [{"name": name, "model": name} for name in self.offered]})
        if request.path != OLLAMA.path:
            return json_reply({"capabilities": ["completion", "tools"], "model_info": {}})
        model = str(request.json["model"])
        self.asked += 1
        self._tell(f"the found model {model[:20]!a} is asked")
        if model not in self._names:
            return json_reply({"error": f"model '{model}' not found"}, 404)
        return streamed(OLLAMA, *OLLAMA.answer("found ", self._source.choice(("it", "日本", "\x1b[2J"))))
