"""The command `search`: every room one may read and no other, newest first, in text and JSON, and how it ends."""

from __future__ import annotations

import json

from chatd.tasks.chat.say import say
from chatd.testing import World
from tests.support import in_world


@in_world()
async def test_words_are_found_in_every_room_one_may_read(world: World) -> None:
    for text in ("the build is green", "build the green one", "nothing"):
        await world.command("alice", f"say {text}")
    await world.command("alice", "say --room ~alice a green secret")
    found = await world.command("bob", "search green build")
    assert found.exit_status == 0 and found.errors == ""
    newest, oldest = found.output.splitlines()
    assert newest.startswith("lobby 2 2023-11-14T22:1") and newest.endswith("Z alice: build the green one")
    assert oldest.endswith("alice: the build is green")
    mine = await world.command("alice", "search green")
    assert [line.split()[0] for line in mine.output.splitlines()] == ["~alice", "lobby", "lobby"]


@in_world()
async def test_nothing_found_says_nothing_and_is_1(world: World) -> None:
    await world.command("alice", "say --room ~alice secret")
    for command in ("search secret", "search --json secret", "search from:carol", "search --room lobby secret"):
        nothing = await world.command("bob", command)
        assert (nothing.exit_status, nothing.output, nothing.errors) == (1, "", "")


@in_world()
async def test_phrases_and_authors_as_a_shell_passes_them(world: World) -> None:
    await world.command("alice", "say good night moon")
    await world.command("bob", "say night good")
    for command, count in {
        'search "good night"': 1, "search '\"good night\"'": 1, "search good night": 2, "search night from:bob": 1,
        "search 'night from:bob'": 1, "search what's night": 0, "search good\" night": 2, "search from:alice": 1,
    }.items():  # fmt: skip
        found = await world.command("carol", command)
        assert len(found.output.splitlines()) == count, command


@in_world()
async def test_one_room_alone(world: World) -> None:
    await world.command("alice", "say word")
    await world.command("alice", "say --room ~alice word")
    found = await world.command("alice", "search word --room ~alice")
    assert found.output.startswith("~alice 1 ") and found.output.count("\n") == 1
    for room in ("~alice", "nowhere"):
        refused = await world.command("bob", f"search word --room {room}")
        assert (refused.exit_status, refused.output) == (69, "")
        assert refused.errors == f"chatd: there is no room '{room}'\n"


@in_world()
async def test_json_is_whole_rows(world: World) -> None:
    await world.command("alice", "say -", b"word\x1b[2J\nand more")
    await world.command("alice", "ask --room lobby @echo word again")
    found = await world.command("bob", "search --json word")
    rows = [json.loads(line) for line in found.output.splitlines()]
    assert [(row["author"], row["content_method"]) for row in rows] == [
        ("echo", "message.model"), ("alice", "message.user"), ("alice", "message.user"),
    ]  # fmt: skip
    (old,) = [
        json.loads(line) for line in (await world.command("bob", "history --json --limit 9")).output.splitlines()
    ][:1]
    assert rows[-1] == old and old["content"] == "word\x1b[2J\nand more"
    text = await world.command("bob", "search more")
    assert text.output.endswith("alice: word␛[2J and more\n")


@in_world()
async def test_many_hits_come_a_page_at_a_time_and_are_bounded_aloud(world: World) -> None:
    for start in range(0, 1010, 505):
        for i in range(start, start + 505):
            say(world.hub, world.visitor("alice"), world.hub.lobby.get("lobby", "alice"), f"word {i}")
        await world.settle()
    found = await world.command("alice", "search word")
    lines = found.output.splitlines()
    assert found.exit_status == 0 and len(lines) == 1000
    assert [line.rsplit(" ", 1)[1] for line in lines] == [str(i) for i in range(1009, 9, -1)]
    assert found.errors == "chatd: the newest 1000 are shown; more words find fewer\n"


@in_world()
async def test_a_search_for_nothing_is_64(world: World) -> None:
    for command in ("search", "search ''", "search '?!'", "search from:", "search " + "x" * 1001):
        refused = await world.command("alice", command)
        assert (refused.exit_status, refused.output) == (64, "") and refused.errors.startswith("chatd: ")
    assert "nothing to search for" in (await world.command("alice", "search -- --")).errors


@in_world()
async def test_a_failing_disk_is_another_failure(world: World) -> None:
    await world.command("alice", "say word")
    world.database.writer.execute("DROP TABLE search")
    failed = await world.command("alice", "search word")
    assert failed.exit_status == 1 and failed.errors.startswith("chatd: the disk fails")
