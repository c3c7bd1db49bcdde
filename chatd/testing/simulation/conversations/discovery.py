"""Conversations about models that are found: they come, they go, and take nobody's name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chatd.bounds import DISCOVERY_LEAST_S
from chatd.testing.simulation.conversations.talk import Conversation, Talk
from chatd.testing.simulation.found_models import FoundModels
from chatd.testing.simulation.oracles.record import RecordedRow

LOOK_S = 31.0
"""Seconds after which a session with something that waits looks whether its model can be had."""

LOOKS = 6
"""Looks at what is offered: more than there are connections that fail one after the other."""


async def models_come_and_go(talk: Talk) -> None:
    """The list is what is offered now; a name that somebody has is taken by no found model."""
    una, found = talk.name("una"), talk.found
    if found is None:
        return
    before = found.how
    found.becomes("none")
    known, _ = await _names(talk, una, set)
    for how in ("clashes", "one", "another"):
        found.becomes(how)
        names, due = await _names(talk, una, partial(_due, talk, known, found))
        talk.expects(names == due, f"with {how} there are {sorted(names)}, not {sorted(due)}")
        asked = await talk.runs(una, "ask @echo hi")
        talk.expects(
            (asked.output, asked.exit_status) == ("hi\n", 0), f"with {how}: {asked.output!r}, {asked.errors!r}"
        )
    found.becomes("none")
    names, _ = await _names(talk, una, lambda: known)
    talk.expects(names == known, f"at the end there are {sorted(names)}, not {sorted(known)}")
    gone = await talk.runs(una, "ask @gemma3:4b hi")
    talk.expects(gone.exit_status == 69, f"one that went: {gone.exit_status}, {gone.errors!r}")
    found.becomes(before)


async def a_question_waits_for_its_model(talk: Talk) -> None:
    """What is asked for later is asked once, in its room, when the model's server is there again, and no sooner."""
    una, found = talk.name("una"), talk.found
    if found is None:
        return
    before, line = found.how, f"@qwen3:8b {talk.name('later')}"
    await _becomes(talk, una, found, "one", available=True)
    await _becomes(talk, una, found, "refused", available=False)
    await talk.free()
    host = await talk.lines(una)
    await talk.types(host, f"/later {line}\n")
    await talk.until(lambda: "* kept: it is asked in lobby" in host.output, f"it is kept: {host.output[-300:]!r}")
    await talk.settles(2 * LOOK_S)
    talk.expects(not _said(talk, line), "nobody is asked while the server is away")
    found.becomes("one")
    await talk.until(lambda: bool(_said(talk, line)), "it is asked", LOOKS * LOOK_S)
    await talk.settles(2 * LOOK_S)
    talk.expects(len(_said(talk, line)) == 1, f"it is asked once: {_said(talk, line)}")
    await talk.leaves(host)
    found.becomes(before)


def _said(talk: Talk, line: str) -> list[RecordedRow]:
    return [row for row in talk.record.rows("lobby") if row.content == line]


async def _becomes(talk: Talk, who: str, found: FoundModels, how: str, *, available: bool) -> None:
    """The server becomes so, and it is seen that its model can be had, or not."""
    found.becomes(how)
    for _ in range(LOOKS):
        await talk.settles(DISCOVERY_LEAST_S + 1)
        models = {str(model["name"]): model["available"] for model in await talk.rows(who, "models --json")}
        if models.get("qwen3:8b") is available:
            return
    talk.expects(False, f"with {how} the model is available: {available}")


def _due(talk: Talk, known: set[str], found: FoundModels) -> set[str]:
    """Who can be asked: those there were, and what is offered now, by longer names where somebody has the short one."""
    taken = known | talk.record.members().keys()
    return known | {f"ollama/{name}" if name in taken else name for name in found.offered}


async def _names(talk: Talk, who: str, due: Callable[[], set[str]]) -> tuple[set[str], set[str]]:
    """Everybody who can be asked, after a fresh look, and who should be; some looks fail, as connections do."""
    names: set[str] = set()
    for _ in range(LOOKS):
        await talk.settles(DISCOVERY_LEAST_S + 1)
        names = {str(model["name"]) for model in await talk.rows(who, "models --json")}
        if names == due():
            break
    return names, due()


ALL: tuple[Conversation, ...] = (models_come_and_go, a_question_waits_for_its_model)
