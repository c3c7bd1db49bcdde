"""Conversations about what cannot be had: each wish is refused with its reason, where the person looks."""

from __future__ import annotations

from chatd.testing.simulation.conversations.talk import Conversation, Talk

TYPED = (
    ("/join !!!", "is no room name"), ("/create lobby", "exists already"), ("/join lobby", "you are in lobby already"),
    ("/leave", "you are in the lobby"), ("/msg echo hello", "is a model"), ("/msg nobody-at-all hello", "is not here"),
    ("/topic " + "x" * 2000, "the limit is"), ("/away " + "x" * 2000, "the limit is"),
    ("@nobody-at-all hi", "nobody called"),
    ("/retry", "no answer to a question"), ("/continue", "no answer to a question"), ("/nope", "no command"),
    ("x" * 17_000, "the limit is"), ("@echo " + "x" * 17_000, "the limit is"), ("/join ~somebody-else", "no room"),
    ("/room nothing-such x", "no setting"), ("/room retrieval perhaps", "is on or off"),
    ("/history nonsense", ""), ("/nick system", ""), ("/nick " + "n" * 40, ""),
)  # fmt: skip
"""Lines of a member, each with what the reply says."""

OF_GUESTS = (
    ("/topic mine", "guests set nothing of a room"), ("/join guestroom-of-mine", "guests make no rooms"),
    ("@llama hi", "guests"), ("/nick somebody", "guest"),
)  # fmt: skip

COMMANDS = (
    ("search " + "x" * 1001, 64, "the limit is"), ("search from:", 64, "needs a name"),
    ("search ...", 64, "nothing to search for"), ("search " + " ".join(f"w{n}" for n in range(40)), 64, "terms"),
    ("ask hello there", 64, "say whom to ask"),
    ("say " + "x" * 16_900, 64, "the limit is"), ("ask @echo " + "x" * 16_900, 64, "the limit is"),
)  # fmt: skip


async def what_cannot_be_typed_is_refused(talk: Talk) -> None:
    """Each line gets one reply that says why, and is said by nobody."""
    una = talk.name("una")
    host = await talk.lines(una)
    for line, words in TYPED:
        rows, seen = len(talk.record.rows("lobby")), len(host.output)
        await talk.types(host, line + "\n")
        reply = host.output[seen:]
        talk.expects(words in reply and bool(reply), f"{line[:40]!r} is answered with {reply[-300:]!r}")
        said = [row.content for row in talk.record.rows("lobby")[rows:] if row.author == una]
        talk.expects(not said, f"{line[:40]!r} is said: {said}")


async def a_name_that_one_has_is_no_new_one(talk: Talk) -> None:
    """/nick of one's own name, and a topic that is there already, change nothing, and say so."""
    una, room = talk.name("una"), talk.name("yard")
    host = await talk.lines(una)
    await talk.types(host, f"/nick {una}\n")
    talk.expects(f"you are {una} already" in host.output, f"{host.output[-200:]!r}")
    await talk.types(host, f"/join {room}\n")
    await talk.types(host, "/topic the yard\n", 1)
    await talk.types(host, "/topic the yard\n", 1)
    talk.expects("the topic already" in host.output, f"{host.output[-200:]!r}")


async def guests_have_less(talk: Talk) -> None:
    """A guest makes no room, sets no topic, takes no name and asks no model that is far away."""
    guest = "guest-" + talk.name("gus")
    host = await talk.lines(guest)
    for line, words in OF_GUESTS:
        if line.startswith("@") and talk.guests_ask == "all":
            continue
        seen = len(host.output)
        await talk.types(host, line + "\n")
        reply = host.output[seen:].lower()
        talk.expects(words in reply, f"{line!r} of a guest is answered with {reply[-300:]!r}")
    asked = await talk.runs(guest, "ask @llama hi")
    refused = asked.exit_status == 77
    talk.expects(refused == (talk.guests_ask != "all"), f"asking far away: {asked.exit_status}, {asked.errors!r}")


async def what_cannot_be_run_is_refused(talk: Talk) -> None:
    """A command that asks for too much, or for nothing, says so, and ends with 64."""
    una = talk.name("una")
    for line, status, words in COMMANDS:
        person = await talk.runs(una, line)
        talk.expects(
            person.exit_status == status and words in person.errors,
            f"{line[:40]!r}: {person.exit_status}, {person.errors[-300:]!r}",
        )
    for data in (b"\xff\xfe\xff", b"\xc3("):
        person = await talk.runs(una, "say -", data)
        talk.expects(person.exit_status == 64, f"{data!r}: {person.exit_status}, {person.errors!r}")
    many = [talk.model(f"crowd{letter}").info.name for letter in "abcdefghi"]
    person = await talk.runs(una, f"ask @{','.join(many)} hi")
    talk.expects(person.exit_status == 75, f"nine models: {person.exit_status}, {person.errors!r}")


async def what_is_complete_is_not_carried_on(talk: Talk) -> None:
    """/continue of an answer that is whole, or that has no beginning, says that /retry is meant; and neither is had of
    an answer that runs.
    """
    una, room, bot = talk.name("una"), talk.name("porch"), talk.model("whole")
    host = await talk.lines(una)
    await talk.types(host, f"/join {room}\n")
    await talk.free()
    bot.says("whole").ends()
    await talk.types(host, f"@{bot.info.name} hi\n", 1)
    await talk.free()
    await talk.settles()
    if len(bot.questions) == 1:
        seen = len(host.output)
        await talk.types(host, "/continue\n", 1)
        talk.expects("is complete" in host.output[seen:], f"whole: {host.output[seen:]!r}")
    bot.fails("it broke")
    await talk.types(host, f"@{bot.info.name} ho\n", 1)
    await talk.free()
    await talk.settles()
    if len(bot.questions) == 2:
        seen = len(host.output)
        await talk.types(host, "/continue\n", 1)
        talk.expects("no beginning" in host.output[seen:], f"nothing: {host.output[seen:]!r}")
    bot.says("slow ").pauses(3600)
    await talk.types(host, f"@{bot.info.name} he\n", 1)
    if len(bot.questions) == 3:
        seen = len(host.output)
        await talk.types(host, "/retry\n", 1)
        talk.expects("answering you still" in host.output[seen:], f"it runs: {host.output[seen:]!r}")
        await talk.types(host, "/cancel\n", 1)


async def scripts_are_refused_with_a_reason(talk: Talk) -> None:
    """What scripts ask for wrongly is an error of theirs, and the session goes on."""
    una = talk.name("una")
    host = await talk.lines(una)
    await talk.settles(3)  # files that were saved before are taken up
    await talk.types(host, "/odd\n", 1)
    if "refused " in host.output:
        talk.expects("taken: ." in host.output, f"some are taken: {host.output[-400:]!r}")


ALL: tuple[Conversation, ...] = (
    what_cannot_be_typed_is_refused, a_name_that_one_has_is_no_new_one, guests_have_less, what_cannot_be_run_is_refused,
    what_is_complete_is_not_carried_on, scripts_are_refused_with_a_reason,
)  # fmt: skip
