"""The other commands over ssh: what they print, in text and JSON, and how they end."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.config import Config, LimitsConfig
from chatd.core.visit import Visit
from chatd.tasks.commands.dispatch import split, table
from chatd.testing import MemoryTerminal, World
from chatd.testing.world import member
from tests.support import in_world

FEW_ROWS = replace(Config(), limits=LimitsConfig(history_rows=5))


def objects(terminal: MemoryTerminal) -> list[dict[str, object]]:
    return [json.loads(line) for line in terminal.output.splitlines()]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("say hello world", ["say", "hello", "world"]),
        ("say 'a  b' \"c d\" e\\ f", ["say", "a  b", "c d", "e f"]),
        ("say what's up", ["say", "what's", "up"]),
        ("say $HOME *", ["say", "$HOME", "*"]),
        ("", []),
    ],
)
def test_words_are_split_as_a_shell_would(line: str, words: list[str]) -> None:
    assert split(line) == words


@given(st.text(st.one_of(st.sampled_from(" \t\r\n\x0b\x0c\x1c\x85\xa0\u2003'\"\\#ab"), st.characters())))
def test_every_line_is_split_as_shlex_does(line: str) -> None:
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    assert split(line) == words


@in_world()
async def test_every_command_has_a_page(world: World) -> None:
    listed = await world.command("alice", "help")
    for name in table():
        assert f"ssh HOST {name} " in listed.output
        page = await world.command("alice", f"help {name}")
        assert page.exit_status == 0 and page.output.startswith(f"usage: {name}")
    assert (await world.command("alice", "help nothing")).exit_status == 64


@in_world()
async def test_an_unknown_command_names_the_nearest(world: World) -> None:
    refused = await world.command("alice", "histroy")
    assert refused.exit_status == 64
    assert refused.errors == "chatd: there is no command 'histroy'; did you mean 'history'?\n"
    assert (await world.command("alice", "scp -t /tmp")).exit_status == 64
    assert (await world.command("alice", "\x1b[2J")).errors == "chatd: there is no command '\\x1b[2J'; see `help`\n"


@in_world()
async def test_who_is_who(world: World) -> None:
    await world.join("bob")
    me = objects(await world.command("alice", "whoami --json"))
    assert me == [{"name": "alice", "kind": "member", "fingerprint": "SHA256:alice", "rooms": []}]
    people = {person["name"]: person for person in objects(await world.command("alice", "who --json"))}
    assert set(people) == {"alice", "bob", "eliza", "echo"}
    assert people["bob"]["rooms"] == ["lobby"] and people["bob"]["fingerprint"] is None
    assert people["alice"]["fingerprint"] == "SHA256:alice" and people["eliza"]["kind"] == "model"
    here = objects(await world.command("alice", "who lobby --json"))
    assert [person["name"] for person in here if person["kind"] != "model"] == ["bob"]
    assert (await world.command("alice", "who nowhere")).exit_status == 69


@in_world()
async def test_rooms_count_what_is_unread(world: World) -> None:
    bob = await world.join("bob")
    for text in ("one", "two"):
        await world.command("alice", f"say {text}")
    bob.types("/quit\r")
    await bob.ended.wait()
    await world.command("alice", "say three")
    (lobby,) = objects(await world.command("bob", "rooms --json"))
    assert set(lobby) == {"name", "topic", "private", "members", "models", "rows", "unread"}
    assert (lobby["name"], lobby["rows"], lobby["unread"]) == ("lobby", 3, 1)
    as_text = (await world.command("bob", "rooms")).output
    assert re.search(r"^lobby +\d+ here +3 rows +1 new$", as_text, re.MULTILINE), as_text


@in_world()
async def test_models_and_stats_have_all_their_fields(world: World) -> None:
    for model in objects(await world.command("alice", "models --json")):
        assert set(model) == {
            "name", "provider", "model", "endpoint", "available", "capabilities", "context_tokens", "queue",
        }  # fmt: skip
    await world.command("alice", "ask @echo one two three")
    (stats,) = objects(await world.command("alice", "stats --json"))
    assert set(stats) == {
        "uptime_s", "sessions", "rooms", "rows", "streams", "queued", "tokens", "tokens_per_s", "first_token_ms_p50",
        "cached", "not_cached", "sourced", "sources", "refused", "replaced", "noticed", "cancelled", "failed",
        "commit_ms_p99", "loop_lag_ms_p99", "memory_mb",
    }  # fmt: skip
    assert (stats["sessions"], stats["rooms"], stats["rows"], stats["tokens"]) == (1, 2, 2, 3)
    assert (await world.command("alice", "stats")).exit_status == 0


@in_world()
async def test_guests_see_of_the_statistics_what_they_may_know(world: World) -> None:
    alice = await world.join("alice")
    alice.types("/join ~alice\r").types("a secret\r")
    await world.settle()
    (told,) = objects(await world.command("alice", "stats --json"))
    (stats,) = objects(await world.command("guest-gus", "stats --json"))
    assert stats.keys() == told.keys()
    assert (told["rooms"], told["rows"], stats["rooms"], stats["rows"]) == (2, 1, 1, 0)
    assert stats["memory_mb"] is stats["loop_lag_ms_p99"] is None and told["memory_mb"] == 64
    text = (await world.command("guest-gus", "stats")).output
    assert "sessions" in text and "memory" not in text and "None" not in text


@in_world()
async def test_say(world: World) -> None:
    assert (await world.command("alice", "say hello world")).exit_status == 0
    assert (await world.command("alice", "say -", b"from a\npipe\n")).exit_status == 0
    assert (await world.command("alice", "say", b"also this")).exit_status == 0
    assert (await world.command("alice", "say --not an option")).exit_status == 64
    assert (await world.command("alice", "say -- --not an option")).exit_status == 0
    assert (await world.command("alice", "say look at this", b"log\n")).exit_status == 0
    texts = [text for _, text, _ in world.rows()]
    assert texts == ["hello world", "from a\npipe", "also this", "--not an option", "look at this\n\n```\nlog\n```"]
    assert (await world.command("alice", "say --room nowhere x")).exit_status == 69
    assert (await world.command("alice", "say", b"")).exit_status == 64
    long = await world.command("alice", "say -", b"x" * 20480)
    assert long.exit_status == 64 and long.errors == "chatd: message is 20 KiB, the limit is 16 KiB\n"
    assert len(world.rows()) == 5


@in_world()
async def test_history_pages(world: World) -> None:
    for i in range(7):
        await world.command("alice", f"say row {i}")
    assert (await world.command("bob", "history --limit 2")).output == "alice: row 5\nalice: row 6\n"
    rows = objects(await world.command("bob", "history lobby --json --limit 3"))
    assert [row["content"] for row in rows] == ["row 4", "row 5", "row 6"]
    assert set(rows[0]) == {
        "id", "room", "buffer_id", "seq", "parent_id", "mention_id", "content_method", "author", "tool_name",
        "content", "status", "created_at", "updated_at", "finished_at", "meta",
    }  # fmt: skip
    before = objects(await world.command("bob", f"history --json --limit 2 --before {rows[0]['id']}"))
    assert [row["seq"] for row in before] == [3, 4]
    assert (await world.command("bob", "history --before nothing")).exit_status == 69
    assert (await world.command("bob", "history ~alice")).exit_status == 69


@in_world()
async def test_multi_line_rows_in_text_are_indented(world: World) -> None:
    await world.command("alice", "say -", b"one\nbob: forged\n")
    assert (await world.command("bob", "tail")).output == "alice: one\n  bob: forged\n"


@in_world()
async def test_tail_follows_with_every_event_numbered(world: World) -> None:
    bot = world.model("bot")
    await world.command("alice", "say before")
    tail = world.connect(Visit(member("carol"), "tail --follow --json -n 5"))
    await world.settle()
    alice = await world.join("alice")
    alice.types("@bot hi\r")
    bot.says("hel")
    await world.settle()
    bot.says("lo").ends()
    await world.settle()
    alice.hangs_up()
    await world.settle()
    tail.hangs_up()
    seen = objects(tail)
    kinds = [event["event"] for event in seen]
    assert kinds == ["added", "joined", "added", "added", "grew", "grew", "finished", "left"]
    assert [event["n"] for event in seen] == [1, 1, 2, 3, 4, 5, 6, 6]
    assert [event.get("offset") for event in seen if event["event"] == "grew"] == [0, 3]
    finished = seen[-2]["row"]
    assert isinstance(finished, dict) and finished["content"] == "hello"


@in_world()
async def test_tail_resumes_and_misses_nothing(world: World) -> None:
    for i in range(5):
        await world.command("alice", f"say {i}")
    resumed = objects(await world.command("bob", "tail --json --since 3"))
    assert [(event["event"], event["n"]) for event in resumed] == [("added", 4), ("added", 5)]


@pytest.mark.parametrize("room_entries", [99, 1])
def test_a_topic_has_a_number_and_no_event_but_that_of_its_row(room_entries: int) -> None:
    """Whether it is in memory as an entry, or what tail reads is rows from the log."""

    @in_world(shipped=True, room_entries=room_entries)
    async def conversation(world: World) -> None:
        tail = world.connect(Visit(member("carol"), "tail --follow --json"))
        alice = await world.join("alice")
        for topic in ("one", "two"):
            alice.types(f"/topic {topic}\r")
            await world.settle()
        alice.types("hello\r")
        await world.settle()
        tail.hangs_up()
        again = await world.command("bob", "tail --json --since 0")
        for seen in (objects(tail), objects(again)):
            rows = [(event["event"], event["n"], event["row"]["seq"]) for event in seen if "row" in event]  # type: ignore[index]
            assert rows == [("added", 2, 1), ("added", 4, 2), ("added", 5, 3)]
        assert world.hub.lobby.get("lobby", "").topic == "two"

    conversation()


@in_world()
async def test_a_follower_that_fell_behind_gets_whole_rows(world: World) -> None:
    bot = world.model("bot")
    alice = await world.join("alice")
    alice.types("@bot go\r")
    bot.says("a")
    await world.settle()
    tail = world.connect(Visit(member("carol"), "tail --follow --json"))
    await world.settle()
    tail.stops_reading()
    for _ in range(3):
        bot.says("x" * 600_000)
        await world.settle()
        bot.ends()
        await world.settle()
        alice.types("@bot go\r")
    bot.says("end").ends()
    await world.settle()
    tail.reads_on()
    await world.settle()
    kinds = [event["event"] for event in objects(tail)]
    assert "lagged" in kinds
    assert objects(tail)[-1]["n"] == world.hub.lobby.get("lobby", "").number
    tail.hangs_up()


@in_world()
async def test_commands_that_wait_end_with_the_server(world: World) -> None:
    tail = world.connect(Visit(member("carol"), "tail --follow"))
    await world.settle()
    world.hub.stop(0)
    await tail.ended.wait()
    assert tail.exit_status == 143


@in_world()
async def test_cancel(world: World) -> None:
    world.model("bot").says("x")
    assert (await world.command("alice", "cancel")).exit_status == 69
    alice = await world.join("alice")
    alice.types("@bot one\r").types("@bot two\r")
    await world.settle()
    assert (await world.command("bob", "cancel")).exit_status == 69
    assert (await world.command("bob", "cancel nothing")).exit_status == 69
    assert (await world.command("alice", "cancel --all")).output.count("cancelled bot") == 2


@in_world()
async def test_a_guests_private_room_goes_with_the_guest(world: World) -> None:
    world.model("bot").says("secret").ends()
    assert (await world.command("guest-x", "ask @bot hi")).exit_status == 0
    assert world.hub.lobby.find("~guest-x", "guest-x") is None
    assert world.database.writer.execute("SELECT count(*) FROM rows").fetchone() == (0,)


@in_world(FEW_ROWS)
async def test_tail_misses_nothing_that_the_room_has_forgotten(world: World) -> None:
    """Rows leave a room's memory long before its entries do."""
    await world.command("alice", "ask --room lobby @echo hello")
    alice = await world.join("alice")
    for i in range(60):
        alice.types(f"line {i}\r")
    await world.settle(3)
    seen = objects(await world.command("bob", "tail --json --since 0"))
    assert [event["n"] for event in seen] == list(range(1, len(seen) + 1))
    assert [event["event"] for event in seen[:4]] == ["added", "added", "grew", "finished"]
    told = await world.command("bob", "tail --since 0")
    assert told.output.splitlines()[1] == "echo: hello"
    assert len((await world.command("bob", "tail -n 1000")).output.splitlines()) == 62
    assert (await world.command("bob", "tail -n 3")).output == "alice: line 57\nalice: line 58\nalice: line 59\n"


@in_world(FEW_ROWS)
async def test_much_output_waits_for_its_reader(world: World) -> None:
    world.model("bot").says(*("\x01" * 1000 for _ in range(300))).ends()
    asked = world.connect(Visit(member("alice"), "ask --room lobby --json @bot hi"))
    await asked.ended.wait()
    assert asked.exit_status == 0
    for _ in range(20):
        await world.command("alice", "say -", b"x" * 16_000)
    tail = world.connect(Visit(member("bob"), "tail -n 50 --json"))
    tail.stops_reading()
    await world.settle()
    assert 0 < tail.unsent() <= 3 * 64 * 1024
    tail.reads_on()
    await tail.ended.wait()
    assert tail.exit_status == 0 and len(objects(tail)) == 22


@in_world()
async def test_limits_of_history_and_tail_are_said(world: World) -> None:
    refused = await world.command("alice", "history --limit 5000")
    assert refused.exit_status == 64 and "the limit is 1000 a call" in refused.errors
    refused = await world.command("alice", "history --limit abc")
    assert refused.exit_status == 64 and "'abc' is not a number from 0 on" in refused.errors
    beyond = await world.command("alice", "tail --since 999")
    assert beyond.exit_status == 0 and "beyond the newest event, 0" in beyond.errors


@in_world()
async def test_say_takes_a_last_dash(world: World) -> None:
    await world.command("alice", "say look at this -", b"x\n")
    assert [text for _, text, _ in world.rows()] == ["look at this\n\n```\nx\n```"]


@in_world()
async def test_a_follower_on_a_terminal_leaves_with_ctrl_c_or_ctrl_d(world: World) -> None:
    for key, status in (("\x03", 130), ("\x04", 0)):
        tail = world.connect(Visit(member("carol"), "tail --follow", pty=True))
        await world.settle()
        tail.types(key)
        await tail.ended.wait()
        assert tail.exit_status == status


@in_world()
async def test_a_name_that_could_not_be_registered_is_registered_later(world: World) -> None:
    world.disk.becomes_read_only()
    alice = await world.join("alice")
    world.disk.works_again()
    await world.settle()
    alice.types("/quit\r")
    await alice.ended.wait()
    assert await world.directory.keys() == [("alice", "SHA256:alice")]


@in_world()
async def test_event_numbers_never_go_back_for_a_slow_reader(world: World) -> None:
    tail = world.connect(Visit(member("carol"), "tail --follow --json"))
    alice = await world.join("alice")
    for burst in range(6):
        tail.stops_reading()
        for i in range(30):
            alice.types(f"{burst} {i} " + "x" * 8000 + "\r")
        other = await world.join(f"user{burst}")
        await world.settle(1)
        tail.reads_on()
        other.hangs_up()
        await world.settle(1)
    tail.hangs_up()
    numbers = [event["n"] for event in objects(tail)]
    assert numbers == sorted(numbers, key=lambda n: int(str(n))) and len(numbers) > 180


@in_world(FEW_ROWS)
async def test_a_row_that_was_open_when_its_page_was_read_is_told_again_when_it_has_ended(world: World) -> None:
    bot = world.model("bot").says("first;")
    alice = await world.join("alice")
    alice.types("@bot go\r")
    await world.settle()
    for i in range(30):
        alice.types(f"line {i} " + "x" * 9000 + "\r")
    await world.settle()
    tails = [world.connect(Visit(member("carol"), f"tail --follow {json} -n 1000")) for json in ("", "--json")]
    for tail in tails:
        tail.stops_reading()
    await world.settle()
    bot.says("second;").ends()
    for i in range(10):
        alice.types(f"later {i}\r")
    await world.settle()
    for tail in tails:
        tail.reads_on()
    await world.settle()
    assert "bot: first;second;\n" in tails[0].output
    contents = [str(event.get("row")) for event in objects(tails[1])]
    assert any("first;second;" in content and "complete" in content for content in contents)
    for tail in tails:
        tail.hangs_up()


@in_world()
async def test_what_is_piped_in_may_have_a_byte_order_mark(world: World) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert (await world.command("alice", "say", "今天 \U0001f600\n".encode(encoding))).exit_status == 0
    assert (await world.command("alice", "say look -", "天气\n".encode("utf-16"))).exit_status == 0
    texts = [text for _, text, _ in world.rows()]
    assert texts == ["今天 \U0001f600"] * 3 + ["look\n\n```\n天气\n```"]


@in_world()
async def test_what_is_no_text_is_refused_with_the_reason(world: World) -> None:
    world.model("bot")
    for command, data, what in (
        ("say", b"caf\xe9\n", "message"),
        ("say look -", b"\x89PNG\r\n", "attachment"),
        ("ask @bot look", b"\xff\xfe\x00\xd8", "attachment"),
        ("say caf\udce9", b"", "command"),
        ("ask @bot caf\udce9", b"", "command"),
    ):
        done = await world.command("alice", command, data)
        assert done.exit_status == 64 and done.output == ""
        assert done.errors.startswith(f"chatd: {what} is no text in UTF-8 (at byte ")
    assert world.rows() == []


@in_world()
async def test_utf_16_counts_as_it_is_kept(world: World) -> None:
    done = await world.command("alice", "say", ("今" * 6000).encode("utf-16"))
    assert done.exit_status == 64 and done.errors == "chatd: message is 17.6 KiB, the limit is 16 KiB\n"


@in_world()
async def test_tail_ends_after_so_many_events_or_after_the_row_that_is_waited_for(world: World) -> None:
    """An ssh client does not tell the server that its reader has gone."""
    counted = world.connect(Visit(world.visitor("ci"), "tail --follow --json --count 2"))
    waiting = world.connect(Visit(world.visitor("ci"), "tail --follow --until 'the build'"))
    await world.settle()
    for text in ("one", "two", "three", "now the build is green", "four"):
        await world.command("alice", f"say {text}")
    assert counted.exit_status == waiting.exit_status == 0
    assert len(counted.output.splitlines()) == 2
    assert waiting.output.splitlines() == ["alice: one", "alice: two", "alice: three", "alice: now the build is green"]
    newest = await world.command("ci", "tail -n 3 --count 1")
    assert newest.output == "alice: three\n"


@in_world()
async def test_a_guest_who_speaks_is_told_that_they_are_one(world: World) -> None:
    for command in ("say hello", "ask @echo hello"):
        spoke = await world.command("guest-eve", command)
        assert spoke.errors.startswith("chatd: you are a guest here, guest-eve") and spoke.errors.count("\n") == 1
    assert (await world.command("guest-eve", "history")).errors == ""
    assert (await world.command("alice", "say hello")).errors == ""
