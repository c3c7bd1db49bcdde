"""Conversations with scripts: what they keep, when their timers ring, and what becomes of them when files are saved."""

from __future__ import annotations

import json

from chatd.testing.simulation.conversations.talk import Conversation, Talk
from chatd.testing.simulation.editions import FIRST, SECOND


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


async def values_are_ones_own_at_every_terminal(talk: Talk) -> None:
    """What is kept at one terminal is there at the other at once; what two people keep in one moment is each one's."""
    una, ugo, value = talk.name("una"), talk.name("ugo"), talk.name("value")
    first, second, other = await talk.lines(una), await talk.lines(una), await talk.lines(ugo)
    await talk.settles(3)  # files that were saved before are taken up
    await talk.types(first, "/edition\n")
    if "edition" not in first.output.replace("/edition", ""):  # the scripts are broken at the moment
        return
    await talk.types(first, f"/keep a {value} of una\n/keep none soon gone\n", 0)
    await talk.types(other, f"/keep a {value} of ugo\n/keepnothing\n", 1)
    await talk.types(first, "/keep\n", 1)
    await talk.types(second, "/kept a\n")
    talk.expects(f"kept is {value} of una" in second.output, f"at the other terminal: {second.output[-200:]!r}")
    for terminal in (first, second, other):
        await talk.leaves(terminal)
    for who, kept in ((una, "una"), (ugo, "ugo")):
        host = await talk.lines(who)
        await talk.types(host, "/kept a\n/kept none\n")
        talk.expects(f"kept is {value} of {kept}" in host.output, f"of {who}: {host.output[-200:]!r}")
        talk.expects("kept is nil" in host.output, f"what was deleted: {host.output[-200:]!r}")
        if who == ugo:
            seen = len(host.output)
            await talk.types(host, "/kept no\n/kept zero\n/kept empty\n")
            told = host.output[seen:]
            talk.expects(told == "* kept is false\n* kept is 0\n* kept is \n", f"what is almost nothing: {told!r}")
        await talk.leaves(host)


async def a_timer_goes_with_its_scripts(talk: Talk) -> None:
    """Files are saved: the next edition is there in a moment, and timers of the one before ring no more."""
    una = talk.name("una")
    host = await talk.lines(una)
    await talk.settles(3)  # files that were saved before are taken up
    await talk.types(host, "/slowly\n")
    if "nearest" in host.output or "no command" in host.output:
        return
    talk.saves(SECOND)
    await talk.settles(3)
    await talk.types(host, "/second\n")
    talk.expects("edition two" in host.output, f"the next edition: {host.output[-200:]!r}")
    talk.saves(FIRST)
    await talk.settles(3)
    await talk.types(host, "/slowly\n")
    await talk.settles(8)
    talk.expects("timer of" not in host.output, f"a timer of the one before: {host.output[-200:]!r}")
    await talk.settles(4)
    talk.expects(host.output.count("timer of") == 1, f"its own timer, once: {host.output[-200:]!r}")


async def what_is_found_out_about_an_answer_is_told(talk: Talk) -> None:
    """A script annotates an answer while it grows and when it is whole: followers are told, and its row has it."""
    una, bot = talk.name("una"), talk.model("metre")
    talk.saves(FIRST)
    await talk.takes_up()
    await talk.free()
    viewer = talk.follows(una, "tail lobby --follow --json -n 0")
    bot.says("one, ").pauses(1).says("two, ").pauses(1).says("thr\u00e9e").ends()
    asked = await talk.runs(una, f"ask --room lobby @{bot.info.name} count")
    talk.expects(asked.exit_status == 0, f"{asked.exit_status}, {asked.errors!r}")
    await talk.settles(2)
    row, wanted = talk.row("one, two, thr\u00e9e"), {"bytes": len("one, two, thr\u00e9e".encode())}
    talk.expects(row.meta.get("x") == wanted, f"on disk it is {row.meta}")
    # Whoever is late is told the row whole, with what was found out meanwhile.
    rows = [one["row"] for one in map(json.loads, viewer.output.splitlines()) if "row" in one]
    told = [one["meta"]["x"] for one in rows if one["id"] == row.id and "x" in one["meta"]]
    talk.expects(len(told) > 1 and told[-1] == wanted, f"followers are told {told}")
    talk.expects(told[0] != wanted, f"and while it grows: {told}")
    talk.later.append(_found_out_as_before)


async def _found_out_as_before(talk: Talk) -> None:
    """The next server has it still."""
    row = talk.row("one, two, thr\u00e9e")
    talk.expects(row.meta.get("x") == {"bytes": len(row.content.encode())}, f"after a restart it is {row.meta}")


async def what_a_hook_refuses_is_asked_nobody(talk: Talk) -> None:
    """A script's on_prompt refuses a question, replaces another one, and lets the next pass: the model gets that."""
    una, bot = talk.name("una"), talk.model("warden")
    talk.saves(FIRST)
    await talk.takes_up()
    await talk.free()
    refused = await talk.runs(una, f"ask @{bot.info.name} tell me")
    talk.expects(refused.exit_status == 77, f"refused is {refused.exit_status}, {refused.errors!r}")
    talk.expects("does not say please" in refused.errors and not refused.output, f"{refused.errors!r}")
    methods = [row.method for row in talk.record.rows(f"~{una}")]
    talk.expects(methods == ["message.user", "message.system"], f"one row says so: {methods}")
    talk.expects(not bot.questions, f"nobody is asked: {bot.questions}")
    for typed, asked in (("please keep 42", "please keep [number]"), ("please", "please")):
        bot.says("yes").ends()
        answer = await talk.runs(una, f"ask @{bot.info.name} {typed}")
        talk.expects((answer.output, answer.exit_status) == ("yes\n", 0), f"{answer.output!r}, {answer.errors!r}")
        talk.expects(bot.questions[-1].text == asked, f"it is asked {bot.questions[-1].text!r}")
    said = [row.content for row in talk.record.rows(f"~{una}") if row.method == "message.user"]
    talk.expects(said[1] == f"@{bot.info.name} please keep 42", f"people read what was written: {said}")


ALL: tuple[Conversation, ...] = (
    what_is_kept_is_there_again, a_timer_rings_once, values_are_ones_own_at_every_terminal,
    a_timer_goes_with_its_scripts, what_is_found_out_about_an_answer_is_told, what_a_hook_refuses_is_asked_nobody,
)  # fmt: skip
