"""Conversations with models: what they are asked, who waits for whom, and what stays of an answer."""

from __future__ import annotations

from chatd.core.question import Answered, Said
from chatd.testing.simulation.conversations.talk import Conversation, Talk

MOST_WAIT = 3
"""Places of a queue that a conversation fills."""


async def a_model_reads_its_own_room(talk: Talk) -> None:
    """A question has what was said in its room before, each once, with who said it; and nothing of another room."""
    una, ugo, room, bot = talk.name("una"), talk.name("ugo"), talk.name("den"), talk.model("reader")
    await talk.free()
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n")
    await talk.says(ugo, f"{talk.name('elsewhere')} in the lobby")
    await talk.types(host, "first\n")
    await talk.says(ugo, "second", room)
    bot.says("the answer").ends()
    await talk.types(host, f"@{bot.info.name} what was said?\n", 1)
    await talk.until(lambda: bool(bot.questions), "it is asked")
    question = bot.questions[-1]
    told = [(message.author, message.text) for message in question.messages if isinstance(message, Said)]
    talk.expects(
        told == [(una, "first"), (ugo, "second"), (una, "what was said?")][-len(told) :] and len(told) >= 2,
        f"it is asked {told}",
    )
    talk.expects((question.room, question.asker) == (room, una), f"{question.room}, {question.asker}")
    await talk.free()
    bot.says("again").ends()
    await talk.types(host, f"@{bot.info.name} and now?\n", 1)
    await talk.until(lambda: len(bot.questions) > 1, "it is asked again")
    last = bot.questions[-1].messages
    talk.expects(last[-2:] == (Answered("the answer"), Said(una, "and now?", asked=True)), f"its own words: {last}")


async def what_was_cut_is_carried_on(talk: Talk) -> None:
    """/continue gives the kept beginning back to the model, and /retry asks anew without it."""
    una, room, bot = talk.name("una"), talk.name("study"), talk.model("cut")
    await talk.free()
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n")
    bot.says("once upon ").fails("it broke")
    await talk.types(host, f"@{bot.info.name} tell me a story\n", 1)
    await talk.free()
    asked = len(talk.record.rows(room))
    bot.says("a time").ends()
    await talk.types(host, "/continue\n", 1)
    await talk.until(lambda: len(bot.questions) == 2, "it is asked to go on")
    question = bot.questions[-1]
    talk.expects(question.continues == "once upon ", f"the beginning is {question.continues!r}")
    talk.expects(any(m == Answered("once upon ") for m in question.messages), f"it reads {question.messages}")
    await talk.free()
    await talk.settles()
    rows = talk.record.rows(room)
    spoken = [row for row in rows if row.author == bot.info.name and row.method == "message.model"]
    talk.expects([row.content for row in spoken] == ["once upon ", "a time"], f"{[row.content for row in spoken]}")
    talk.expects(spoken[1].meta.get("continues") == spoken[0].id, f"it says what it continues: {spoken[1].meta}")
    talk.expects(spoken[1].parent_id == spoken[0].parent_id, "both answer one question")
    talk.expects(sum(row.author == una for row in rows[asked:]) == 0, "no row of the asker's is added")
    bot.says("another one").ends()
    await talk.types(host, "/retry\n", 1)
    await talk.until(lambda: len(bot.questions) == 3, "it is asked anew")
    talk.expects(bot.questions[-1].continues == "", "from the beginning")
    talk.expects(not any(isinstance(m, Answered) for m in bot.questions[-1].messages), "without what came of it")
    await talk.free()


async def ctrl_c_stops_ones_own(talk: Talk) -> None:
    """Ctrl-C ends one's own answer, with what came, and no other one."""
    una, ugo, bot = talk.name("una"), talk.name("ugo"), talk.model("slow", max_parallel=4)
    if talk.limits.max_streams_per_room < 2:  # the only place may be somebody else's
        return
    await talk.free()
    mine, other = await talk.sits(una), await talk.sits(ugo)
    bot.says("mine ")
    await talk.types(mine, f"@{bot.info.name} one\r")
    await talk.types(other, "\x03")
    talk.expects(bool(talk.running(una)), "a stranger's Ctrl-C stops nothing")
    await talk.types(mine, "\x03", 1)
    row = next(row for row in reversed(talk.record.rows("lobby")) if row.author == bot.info.name)
    talk.expects((row.content, row.status) == ("mine ", "cancelled"), f"{row.content!r}, {row.status}")
    talk.expects("mine" in other.screen.text, "everybody sees what came")


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
    used = sum(talk.record.spent().values())
    bot.says("here").counts(most, most).ends()
    first = await talk.runs(una, f"ask @{bot.info.name} one")
    talk.expects(first.exit_status == 0, f"{first.exit_status}, {first.errors!r}")
    refused = await talk.runs(una, f"ask @{bot.info.name} two")
    talk.expects(refused.exit_status == 75, f"the day is used up: {refused.exit_status}, {refused.errors!r}")
    talk.expects(str(most) in refused.errors.replace(",", ""), f"the limit is named: {refused.errors!r}")
    talk.later.append(_spent_as_before)
    bot.says("here").ends()
    other = await talk.runs(ugo, f"ask @{bot.info.name} three")
    talk.expects(other.exit_status == 0, f"another's day: {other.exit_status}, {other.errors!r}")

    await talk.until(lambda: sum(talk.record.spent().values()) >= used + most, f"{most} more tokens are on record")


async def _spent_as_before(talk: Talk) -> None:
    """The next server forgives nothing of this day."""
    refused = await talk.runs(talk.name("una"), "ask @echo hi")
    talk.expects(refused.exit_status == 75, f"after a restart: {refused.exit_status}, {refused.errors!r}")


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


async def a_tool_is_called_and_answered(talk: Talk) -> None:
    """A call and its result are rows; the model is told what the tool gave, once, under the call's id."""
    una, bot = talk.name("una"), talk.model("caller")
    await talk.free()
    bot.calls("calculate", '{"expression":"6*7"}').ends()
    bot.says("it is 42").ends()
    asked = await talk.runs(una, f"ask @{bot.info.name} how much?")
    talk.expects((asked.output, asked.exit_status) == ("it is 42\n", 0), f"{asked.output!r}, {asked.errors!r}")
    rows = talk.record.rows(f"~{una}")
    methods = [row.method for row in rows]
    talk.expects(methods == ["message.user", "tool.call", "tool.result", "message.model"], f"{methods}")
    talk.expects(rows[2].parent_id == rows[1].id and rows[2].content == "42", f"{rows[2]}")
    told = [message for message in bot.questions[-1].messages if not isinstance(message, Said | Answered)]
    talk.expects([message.text for message in told] == ["42"], f"it is told {told}")


ALL: tuple[Conversation, ...] = (
    a_model_reads_its_own_room, what_was_cut_is_carried_on, ctrl_c_stops_ones_own, turns_are_fair,
    a_days_tokens_are_counted, a_full_queue_refuses, a_tool_is_called_and_answered,
)  # fmt: skip
