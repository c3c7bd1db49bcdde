"""Conversations about tools: what they give is on record, whole, and told to the model; they stop with their answer."""

from __future__ import annotations

from chatd.core.question import Answered, Said, ToolReturned
from chatd.testing.simulation.conversations.talk import Conversation, Talk

STREAMED = "one, two, three"
"""What the simulation's tool `stream` says, in three pieces."""

STOPS_S = 1.0
"""Virtual seconds in which a tool that hangs is stopped: far less than it may take."""


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


async def two_tools_speak_at_once(talk: Talk) -> None:
    """Tools of one round run side by side, and each result is whole; later questions tell of both calls and results."""
    una, bot = talk.name("una"), talk.model("juggler")
    await talk.free()
    bot.calls("stream", call_id="a").calls("stream", '{"again":1}', call_id="b").ends()
    bot.says("both").ends()
    asked = await talk.runs(una, f"ask @{bot.info.name} go")
    talk.expects((asked.output, asked.exit_status) == ("both\n", 0), f"{asked.output!r}, {asked.errors!r}")
    rows = talk.record.rows(f"~{una}")
    calls = [row for row in rows if row.method == "tool.call"]
    results = [row for row in rows if row.method == "tool.result"]
    talk.expects([row.content for row in results] == [STREAMED] * 2, f"each is whole: {results}")
    talk.expects({row.parent_id for row in results} == {row.id for row in calls}, f"each has its call: {rows}")
    told = [message.text for message in bot.questions[-1].messages if isinstance(message, ToolReturned)]
    talk.expects(told == [STREAMED] * 2, f"the model is told {told}")
    bot.says("and so on").ends()
    await talk.runs(una, f"ask @{bot.info.name} and then?")
    later = bot.questions[-1].messages
    made = [message for message in later if isinstance(message, Answered) and message.calls]
    if talk.limits.history_rows >= len(rows):
        talk.expects(len(made) == 1 and len(made[0].calls) == 2, f"later it knows its calls: {later}")
        told = [message.text for message in later if isinstance(message, ToolReturned)]
        talk.expects(told == [STREAMED] * 2, f"later it knows the results: {later}")


async def a_tool_stops_with_its_answer(talk: Talk) -> None:
    """Who cancels an answer does not wait for its tool; the call has a result all the same."""
    una, bot = talk.name("una"), talk.model("hanger")
    await talk.free()
    bot.says("wait ").calls("hang").ends()
    asked = talk.follows(una, f"ask @{bot.info.name} go")
    await talk.until(lambda: any(row.method == "tool.call" for row in talk.record.rows(f"~{una}")), "it is called")
    await talk.settles(0.2)
    stopped = await talk.runs(una, "cancel")
    talk.expects(stopped.exit_status == 0, f"{stopped.exit_status}, {stopped.errors!r}")
    await talk.until(asked.ended.is_set, "it ends at once", STOPS_S)
    talk.expects(asked.exit_status == 130, f"it was cancelled: {asked.exit_status}, {asked.errors!r}")
    await talk.settles()
    rows = talk.record.rows(f"~{una}")
    result = next((row for row in rows if row.method == "tool.result"), None)
    talk.expects(result is not None and not result.is_open, f"the call has a result: {rows}")
    bot.says("well").ends()
    await talk.runs(una, f"ask @{bot.info.name} and now?")


ALL: tuple[Conversation, ...] = (a_tool_is_called_and_answered, two_tools_speak_at_once, a_tool_stops_with_its_answer)
