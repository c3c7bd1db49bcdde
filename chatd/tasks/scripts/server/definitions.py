"""What one runtime's scripts have defined: checked at once, there for others when the runtime is in use."""

from __future__ import annotations

from chatd.errors import ScriptError
from chatd.ports import Plain
from chatd.tasks.chat.hub import Hub
from chatd.tasks.scripts.server.tool_and_actor import Run, ScriptActor, ScriptTool

MAX_OFFERS = 256
"""Tools and actors of one runtime."""


class Definitions:
    """The tools and actors of one runtime, in the order of their definitions."""

    def __init__(self, hub: Hub, run: Run) -> None:
        self._hub = hub
        self._run = run
        self._offered: dict[tuple[str, str], ScriptTool | ScriptActor] = {}
        self._public = False

    def add(self, kind: str, name: str, description: Plain = None, parameters: Plain = None) -> None:
        """tools.define and tools.actor. Raises ScriptError, in words for their author, for what cannot be had."""
        offer: ScriptTool | ScriptActor
        if kind == "actor":
            offer = self._actor(name, description)
            key = (kind, offer.info.name)
        else:
            offer = ScriptTool(self._run, name, description, parameters)
            key = (kind, name)
            try:
                self._hub.answers.router.tools.check(offer, replace=True)
            except ValueError as error:
                raise ScriptError(str(error)) from None
        if key not in self._offered and len(self._offered) >= MAX_OFFERS:
            raise ScriptError(f"{MAX_OFFERS} tools and actors are defined already")
        self._offered[key] = offer
        if self._public:
            self._publish(offer)

    def publish(self) -> None:
        """They can be called from now on, and what is defined later at once."""
        self._public = True
        for offer in self._offered.values():
            self._publish(offer)

    def withdraw(self) -> None:
        """Nobody would run them: they are there no more."""
        for kind, name in self._offered:
            if kind == "actor":
                self._hub.models.remove(name)
            else:
                self._hub.answers.router.tools.remove(name)

    def _publish(self, offer: ScriptTool | ScriptActor) -> None:
        if isinstance(offer, ScriptActor):
            self._hub.models.add(offer.info.name, offer)
        else:
            self._hub.answers.router.tools.add(offer, replace=True)

    def _actor(self, name: str, description: Plain) -> ScriptActor:
        actor = ScriptActor(self._run, name, description)
        known = self._hub.models.get(actor.info.name)
        if (known is not None and not isinstance(known, ScriptActor)) or self._hub.names.is_member(actor.info.name):
            raise ScriptError(f"the name {name[:40]!r} is taken")
        return actor
