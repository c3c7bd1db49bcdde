"""Conversations with models: what they are asked, who waits for whom, and what stays of an answer."""

from __future__ import annotations

from chatd.core.question import Answered, Said
from chatd.testing.simulation.conversations.talk import Conversation, Talk

WRONG = 4
"""Wrong replies of one conversation; its number says which."""


async def a_model_reads_its_own_room(talk: Talk) -> None:
    """A question has what was said in its room before, each once, with who said it; and nothing of another room."""
    una, ugo, room, bot = talk.name("una"), talk.name("ugo"), talk.name("alcove"), talk.model("reader")
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
    una, room, bot = talk.name("una"), talk.name("brake"), talk.model("slow", max_parallel=4)
    await talk.free()
    mine, other = await talk.enters("una", room), await talk.enters("ugo", room)
    bot.says("mine ")
    await talk.types(mine, f"@{bot.info.name} one\r")
    await talk.types(other, "\x03")
    talk.expects(bool(talk.running(una)), "a stranger's Ctrl-C stops nothing")
    await talk.types(mine, "\x03", 1)
    row = next(row for row in reversed(talk.record.rows(room)) if row.author == bot.info.name)
    talk.expects((row.content, row.status) == ("mine ", "cancelled"), f"{row.content!r}, {row.status}")
    talk.expects("mine" in other.screen.text, "everybody sees what came")


async def several_models_answer_one_question(talk: Talk) -> None:
    """Each gives its own answer to the one row; the command ends with the worst of their statuses."""
    una, good, bad = talk.name("una"), talk.model("good"), talk.model("bad")
    limits = talk.limits
    if min(limits.max_streams_per_user, limits.max_streams_per_room, limits.max_streams) < 2:
        return
    await talk.free()
    good.says("well").ends()
    bad.fails("it broke")
    asked = await talk.runs(una, f"ask @{good.info.name},{bad.info.name} both")
    talk.expects(asked.exit_status == 1, f"one broke: {asked.exit_status}, {asked.errors!r}")
    talk.expects("well" in asked.output and "it broke" in asked.errors, f"{asked.output!r}, {asked.errors!r}")
    rows = talk.record.rows(f"~{una}")
    talk.expects(sum(row.method == "message.user" for row in rows) == 1, f"one question: {rows}")
    await talk.free()
    good.says("again").ends()
    bad.says("mended").ends()
    asked = await talk.runs(una, f"ask @{bad.info.name},{good.info.name} both")
    talk.expects(asked.exit_status == 0, f"both are whole: {asked.exit_status}, {asked.errors!r}")
    told = bad.questions[-1].messages
    talk.expects(Said(good.info.name, "well") in told, f"what another model said is in its words: {told}")


async def a_guest_is_not_the_one_before(talk: Talk) -> None:
    """Whoever takes a guest's name later has none of that guest's: no question to repeat, no private room, no line."""
    guest, word = "guest-" + talk.name("gil"), talk.name("secret")
    if talk.guests_ask == "none":
        return
    await talk.free()
    host = await talk.lines(guest)
    await talk.types(host, f"@echo {talk.name('open')}\n", 1)
    await talk.free()
    await talk.leaves(host)
    host = await talk.lines(guest)
    seen = len(host.output)
    await talk.types(host, "/retry\n", 1)
    talk.expects("no answer to a question" in host.output[seen:], f"another's question: {host.output[seen:]!r}")
    await talk.leaves(host)
    asked = await talk.runs(guest, f"ask @echo {word}")
    if asked.exit_status == 0:
        found = await talk.runs(guest, f"search {word}")
        talk.expects(found.exit_status == 1, f"another's words: {found.output!r}")
        shown = await talk.runs(guest, "history --limit 1000")
        talk.expects(word not in shown.output, f"another's room: {shown.output[-200:]!r}")


async def what_a_server_says_wrongly_is_told(talk: Talk) -> None:
    """Whatever a model's server does, the question ends, with a word for the person when there is no answer."""
    una, wire = talk.name("una"), talk.wire
    if wire is None:
        return
    everything = wire.everything_wrong()
    start = sum(map(ord, una))
    for number in range(WRONG):
        await talk.free()
        wire.only = everything[(start * WRONG + number) % len(everything)]
        try:
            asked = await talk.runs(una, f"ask @llama question {number}")
        finally:
            wire.only = None
        good = asked.exit_status == 0 and bool(asked.output.strip())
        told = asked.exit_status in (1, 69, 75, 77) and "llama: " in asked.errors
        talk.expects(good or told, f"{asked.exit_status}, {asked.output!r}, {asked.errors!r}")


ALL: tuple[Conversation, ...] = (
    a_model_reads_its_own_room, what_was_cut_is_carried_on, ctrl_c_stops_ones_own, several_models_answer_one_question,
    a_guest_is_not_the_one_before, what_a_server_says_wrongly_is_told,
)  # fmt: skip
