"""Conversations with scripts: what they keep, when their timers ring, and what becomes of them when files are saved."""

from __future__ import annotations

from chatd.testing.simulation.conversations.talk import Conversation, Talk


async def what_is_kept_is_there_again(talk: Talk) -> None:
    """A value that a script keeps is there at the next login, at the second terminal, and for nobody else."""
    una, ugo, value = talk.name("una"), talk.name("ugo"), talk.name("value")
    host = await talk.lines(una)
    await talk.settles(3)  # files that were saved before are taken up
    await talk.types(host, "/edition\n")
    if "edition" not in host.output.replace("/edition", ""):  # the scripts are broken at the moment
        return
    await talk.types(host, f"/keep first {value}\n", 1)
    second = await talk.lines(una)
    await talk.types(second, "/kept first\n")
    talk.expects(f"kept is {value}" in second.output, f"at a second terminal: {second.output[-200:]!r}")
    await talk.leaves(host)
    await talk.leaves(second)
    host = await talk.lines(una)
    await talk.types(host, "/kept first\n")
    talk.expects(f"kept is {value}" in host.output, f"at the next login: {host.output[-200:]!r}")
    other = await talk.lines(ugo)
    await talk.types(other, "/kept first\n")
    talk.expects("kept is nil" in other.output, f"another's: {other.output[-200:]!r}")
    talk.later.append(_kept_as_before)
    talk.expects(any(name == una and key == "kept.first" for name, key in talk.record.kept()), "it is on disk")


async def _kept_as_before(talk: Talk) -> None:
    """The next server has the value still."""
    una, value = talk.name("una"), talk.name("value")
    host = await talk.lines(una)
    await talk.types(host, "/kept first\n")
    if "no command" not in host.output:
        talk.expects(f"kept is {value}" in host.output, f"after a restart: {host.output[-200:]!r}")


async def a_timer_rings_once(talk: Talk) -> None:
    """A timer rings in its time, once."""
    una = talk.name("una")
    host = await talk.lines(una)
    await talk.settles(3)  # files that were saved before are taken up
    await talk.types(host, "/timer\n", 1)
    if "nearest" in host.output or "no command" in host.output:
        return
    talk.expects("timer of" not in host.output, f"too early: {host.output[-200:]!r}")
    await talk.settles(3)
    talk.expects(host.output.count("timer of") == 1, f"once: {host.output[-200:]!r}")
    await talk.settles(3)
    talk.expects(host.output.count("timer of") == 1, f"and not again: {host.output[-200:]!r}")


ALL: tuple[Conversation, ...] = (what_is_kept_is_there_again, a_timer_rings_once)
