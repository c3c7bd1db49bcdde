"""A conversation about retrieval: what was said long ago in a room is read by its models, nothing of another room."""

from __future__ import annotations

from chatd.core.question import Said
from chatd.testing.simulation.conversations.talk import Conversation, Talk

SMALL = 600
"""Tokens of a context that two long messages fill."""

LONG = 900
"""Bytes of such a message."""


async def what_fits_no_more_is_found_again(talk: Talk) -> None:
    """With retrieval on, a row that is too far back for the model's context is read for its words, and is named."""
    una, ugo, room = talk.name("una"), talk.name("ugo"), talk.name("archive")
    word, bot = talk.name("quay"), talk.model("seeker", context_tokens=SMALL, max_tokens=100)
    if talk.limits.max_message < LONG:
        return
    await talk.free()
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n")
    await talk.types(host, "/room retrieval on\n")
    await talk.types(host, f"the {word} is blue\n")
    await talk.says(ugo, f"the {word} of the lobby is red")
    for number in range(2):
        await talk.says(ugo, f"{number} " + "la " * (LONG // 3), room)
    wanted = talk.row(f"the {word} is blue", room)
    bot.says("blue").ends()
    await talk.types(host, f"@{bot.info.name} which colour has the {word}?\n", 1)
    await talk.until(lambda: bool(bot.questions), "it is asked")
    question = bot.questions[-1]
    talk.expects([row.id for row in question.related] == [wanted.id], f"it reads {question.related}")
    read = question.messages[question.older - 1]
    line = f"#{wanted.seq} {una}: the {word} is blue"
    talk.expects(isinstance(read, Said) and read.text.endswith(f"\n{line}"), f"it reads {read}")
    await talk.free()
    await talk.settles()
    answer = talk.row("blue", room)
    named = [{"seq": wanted.seq, "id": wanted.id}]
    talk.expects(answer.meta.get("sources") == named, f"the answer names {answer.meta.get('sources')}")


ALL: tuple[Conversation, ...] = (what_fits_no_more_is_found_again,)
