"""Conversations about statuses: each command ends with the one that its case has, and with a word why."""

from __future__ import annotations

from chatd.testing.simulation.conversations.talk import Conversation, Talk

TABLE = (
    ("version", 0), ("whoami", 0), ("rooms", 0), ("who", 0), ("models", 0), ("health", 0), ("help", 0),
    ("help nothing-at-all", 64), ("nonsense", 64), ("history --limit x", 64), ("history --limit 1001", 64),
    ("history nowhere-at-all", 69), ("history --before nothing", 69), ("tail nowhere-at-all", 69),
    ("tail --count 0", 64), ("tail -n x", 64), ("export nowhere-at-all", 69), ("export --format pdf", 64),
    ("say --room nowhere-at-all hello", 69), ("say", 64), ("ask @nobody-at-all hi", 69), ("ask bot hi", 64),
    ("ask @echo", 64), ("cancel", 69), ("cancel --all", 69), ("cancel nothing", 69),
    ("search zzzzzz-unheard", 1), ("search", 64), ("search x --room nowhere-at-all", 69), ("who nowhere-at-all", 69),
    ("token list", 0), ("token revoke nothing", 69), ("token --expires x", 64), ("token --expires 9999d", 64),
    ("token nonsense", 64), ("web now", 64),
    ("ask --room nowhere-at-all @echo hi", 69), ("ask --room ~someone-else @echo hi", 69),
)  # fmt: skip
"""Commands of somebody who has nothing running, each with its exit status."""


async def every_command_has_one_status(talk: Talk) -> None:
    """A third of the table, which one the conversation's number says."""
    una = talk.name("una")
    number = sum(map(ord, una)) % 3
    for line, status in TABLE[number::3]:
        person = await talk.runs(una, line)
        talk.expects(person.exit_status == status, f"{line!r}: {person.exit_status}, not {status}; {person.errors!r}")
        if status not in (0, 1):
            errors = person.errors.splitlines()
            talk.expects(bool(errors) and errors[-1].startswith("chatd: "), f"{line!r} says {errors}")
            talk.expects(not person.output, f"{line!r} prints {person.output!r}")


async def an_answer_ends_with_its_status(talk: Talk) -> None:
    """The status of `ask` is how its answer ended; the text that came is printed all the same."""
    una, bot = talk.name("una"), talk.model("end")
    await talk.free()
    bot.says("well ", "done").ends()
    good = await talk.runs(una, f"ask @{bot.info.name} one")
    talk.expects((good.output, good.exit_status) == ("well done\n", 0), f"{good.output!r}, {good.exit_status}")
    bot.says("half ").fails("it broke")
    failed = await talk.runs(una, f"ask @{bot.info.name} two")
    talk.expects((failed.output, failed.exit_status) == ("half \n", 1), f"{failed.output!r}, {failed.exit_status}")
    talk.expects("it broke" in failed.errors, f"it says why: {failed.errors!r}")
    bot.unavailable = "it is asleep"
    missing = await talk.runs(una, f"ask @{bot.info.name} three")
    bot.unavailable = None
    talk.expects(missing.exit_status == 75, f"{missing.exit_status}, {missing.errors!r}")
    bot.says("slow ").pauses(3600)
    slow = talk.follows(una, f"ask @{bot.info.name} four")
    await talk.until(lambda: "slow" in slow.output, "a piece is shown")
    stranger = await talk.runs(talk.name("ugo"), f"cancel {talk.running(una)}")
    talk.expects(stranger.exit_status == 77, f"another's answer: {stranger.exit_status}, {stranger.errors!r}")
    stopped = await talk.runs(una, "cancel")
    talk.expects(stopped.exit_status == 0, f"{stopped.exit_status}, {stopped.errors!r}")
    await talk.until(slow.ended.is_set, "what was cancelled ends")
    talk.expects(slow.exit_status == 130, f"cancelled: {slow.exit_status}, {slow.errors!r}")
    rows = [row.status for row in talk.record.rows(f"~{una}") if row.author == bot.info.name]
    talk.expects(rows == ["complete", "failed", "cancelled"], f"the rows are {rows}")
    exported = (await talk.runs(una, f"export ~{una}")).output
    told = [exported.count(f"*({status})*") for status in ("complete", "failed", "cancelled")]
    talk.expects(told == [0, 1, 1], f"the export tells how they ended: {exported[-600:]!r}")


ALL: tuple[Conversation, ...] = (every_command_has_one_status, an_answer_ends_with_its_status)
