"""Conversations about limits: who waits for whom, how much one person may have, and what a refusal says."""

from __future__ import annotations

from chatd.core.times import iso
from chatd.testing.simulation.conversations.talk import Conversation, Talk

MOST_WAIT = 3
"""Places of a queue that a conversation fills."""

MOST_SESSIONS = 10
"""Sessions of one person that a conversation opens."""


async def turns_are_fair(talk: Talk) -> None:
    """Who has asked less goes first: nobody waits for more than one answer of somebody who has asked twice."""
    una, ugo, bot = talk.name("una"), talk.name("ugo"), talk.model("fair", max_parallel=1)
    limits = talk.limits
    if min(limits.max_streams_per_user, limits.max_streams_per_room) < 2 or limits.max_queue < 3:
        return
    await talk.free()
    bot.says("one").pauses(2).ends()
    bot.says("two").ends()
    bot.says("three").ends()
    first = talk.follows(una, f"ask @{bot.info.name} first")
    first.ends_input()
    await talk.settles(0.4)
    second = talk.follows(una, f"ask @{bot.info.name} second")
    second.ends_input()
    await talk.settles(0.4)
    third = talk.follows(ugo, f"ask @{bot.info.name} third")
    third.ends_input()
    for person in (first, second, third):
        await talk.until(person.ended.is_set, "each has an answer")
    order = [question.text for question in bot.questions]
    talk.expects(order == ["first", "third", "second"], f"the order is {order}")


async def a_days_tokens_are_counted(talk: Talk) -> None:
    """Who has used a day's tokens is refused with a reason; another one is not."""
    una, ugo, bot = talk.name("una"), talk.name("ugo"), talk.model("dear")
    most = talk.limits.max_tokens_per_day
    if not most:
        return
    await talk.free()
    used = _spent(talk)
    bot.says("here").counts(most, most).ends()
    first = await talk.runs(una, f"ask @{bot.info.name} one")
    talk.expects(first.exit_status == 0, f"{first.exit_status}, {first.errors!r}")
    refused = await talk.runs(una, f"ask @{bot.info.name} two")
    talk.expects(refused.exit_status == 75, f"the day is used up: {refused.exit_status}, {refused.errors!r}")
    talk.expects(str(most) in refused.errors.replace(",", ""), f"the limit is named: {refused.errors!r}")
    talk.later.append(_spent_as_before)
    bot.says("here").counts(most, most).ends()
    other = await talk.runs(ugo, f"ask @{bot.info.name} three")
    talk.expects(other.exit_status == 0, f"another's day: {other.exit_status}, {other.errors!r}")
    due = used + 4 * most
    await talk.until(lambda: _spent(talk) >= due, f"{due} tokens are on record")


def _spent(talk: Talk) -> int:
    """Tokens on record of this day."""
    today = iso(talk.world.clock.now_ms())[:10]
    return sum(tokens for (_, day), tokens in talk.record.spent().items() if day == today)


async def _spent_as_before(talk: Talk) -> None:
    """The next server forgives nothing of this day."""
    for who in (talk.name("una"), talk.name("ugo")):
        refused = await talk.runs(who, "ask @echo hi")
        talk.expects(refused.exit_status == 75, f"{who} after a restart: {refused.exit_status}, {refused.errors!r}")


async def a_full_queue_refuses(talk: Talk) -> None:
    """So many questions wait as may; one more is refused with a word, and takes no place."""
    limits, bot = talk.limits, talk.model("busy", max_parallel=1)
    if limits.max_queue > MOST_WAIT or limits.max_streams < limits.max_queue + 2:
        return
    await talk.free()
    bot.says("well ").pauses(2).says("then").pauses(2).ends()
    for _ in range(limits.max_queue):
        bot.says("next").ends()
    waiting = []
    for number in range(limits.max_queue + 1):
        person = talk.follows(talk.name(f"u{'abcdef'[number]}"), f"ask @{bot.info.name} hi")
        person.ends_input()
        waiting.append(person)
        await talk.settles(0.4)
    refused = await talk.runs(talk.name("una"), f"ask @{bot.info.name} hi")
    talk.expects(refused.exit_status == 75, f"the queue is full: {refused.exit_status}, {refused.errors!r}")
    for person in waiting:
        await talk.until(person.ended.is_set, "each who waited has an answer")
        talk.expects(person.exit_status == 0, f"{person.exit_status}, {person.errors!r}")


async def nobody_has_more_answers_than_they_may(talk: Talk) -> None:
    """So many answers of a person run at once, in all rooms together; nobody else is kept from theirs."""
    una, ugo, bot = talk.name("una"), talk.name("ugo"), talk.model("many", max_parallel=8)
    most, here = talk.limits.max_streams_per_user, talk.limits.max_streams_per_room
    if most + 1 > 2 * here or most + 2 > talk.limits.max_streams:
        return
    await talk.free()
    rooms = [f"~{una}", "lobby"]
    running = []
    for number in range(most):
        one = talk.follows(una, f"ask --room {rooms[number % 2]} @{bot.info.name} hi")
        one.ends_input()
        running.append(one)
        await talk.settles(0.2)
    refused = await talk.runs(una, f"ask --room {rooms[most % 2]} @{bot.info.name} hi")
    talk.expects(refused.exit_status == 75, f"one more: {refused.exit_status}, {refused.errors!r}")
    talk.expects(f"the limit is {most}" in refused.errors, f"the limit is named: {refused.errors!r}")
    other = await talk.runs(ugo, "ask @echo hi")
    talk.expects((other.output, other.exit_status) == ("hi\n", 0), f"another's: {other.exit_status}, {other.errors!r}")
    stopped = await talk.runs(una, "cancel --all")
    talk.expects(stopped.exit_status == 0, f"all are stopped: {stopped.errors!r}")
    for one in running:
        await talk.until(one.ended.is_set, "each has ended")
        talk.expects(one.exit_status == 130, f"each was cancelled: {one.exit_status}, {one.errors!r}")


async def nobody_has_more_sessions_than_they_may(talk: Talk) -> None:
    """So many terminals of one person are there at once; one more is refused with its reason, and takes no place."""
    una, ugo, most = talk.name("una"), talk.name("ugo"), talk.limits.max_sessions_per_user
    if most > MOST_SESSIONS:
        return
    there = [await talk.lines(una) for _ in range(most)]
    for terminal in there:
        talk.expects(not terminal.ended.is_set(), f"so many may be: {terminal.errors!r}")
    refused = await talk.runs(una, "whoami")
    talk.expects(refused.exit_status == 75, f"one more: {refused.exit_status}, {refused.errors!r}")
    talk.expects(f"the limit is {most}" in refused.errors, f"the limit is named: {refused.errors!r}")
    other = await talk.runs(ugo, "whoami")
    talk.expects(other.exit_status == 0, f"another's: {other.exit_status}, {other.errors!r}")
    await talk.leaves(there[0])
    again = await talk.runs(una, "whoami")
    talk.expects(again.exit_status == 0, f"when one has gone: {again.exit_status}, {again.errors!r}")


async def guests_wait_for_half_the_places(talk: Talk) -> None:
    """Guests together have half of the queue: one more is refused, and whoever has a key still has a place."""
    limits, bot = talk.limits, talk.model("inn", max_parallel=1)
    if talk.guests_ask == "none" or not 2 <= limits.max_queue <= MOST_WAIT or limits.max_streams <= limits.max_queue:
        return
    await talk.free()
    bot.says("well ").pauses(2).says("then").pauses(2).ends()
    waiting = []
    for name in ("gia", "gil"):
        guest = talk.follows("guest-" + talk.name(name), f"ask @{bot.info.name} hi")
        guest.ends_input()
        waiting.append(guest)
        await talk.settles(0.4)
    refused = await talk.runs("guest-" + talk.name("gus"), f"ask @{bot.info.name} hi")
    talk.expects(refused.exit_status == 75, f"a guest more: {refused.exit_status}, {refused.errors!r}")
    talk.expects("questions of guests wait" in refused.errors, f"it says why: {refused.errors!r}")
    bot.says("next").ends()
    bot.says("next").ends()
    member = await talk.runs(talk.name("una"), f"ask @{bot.info.name} hi")
    talk.expects(member.exit_status == 0, f"with a key: {member.exit_status}, {member.errors!r}")
    for guest in waiting:
        await talk.until(guest.ended.is_set, "each who waited has an answer")


ALL: tuple[Conversation, ...] = (
    turns_are_fair, a_days_tokens_are_counted, a_full_queue_refuses, nobody_has_more_answers_than_they_may,
    nobody_has_more_sessions_than_they_may, guests_wait_for_half_the_places,
)  # fmt: skip
