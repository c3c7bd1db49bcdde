"""Planted bugs change what people see: each conversation holds as the server is, and fails with the bug in it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from chatd.config import Config, LimitsConfig
from chatd.core.row import Status
from chatd.testing import World
from tests.support import Conversation, converse
from tests.testing.simulation import planted_asking as asking
from tests.testing.simulation import planted_people as people
from tests.testing.simulation import planted_reading as reading
from tests.testing.simulation import planted_sessions as sessions
from tests.testing.simulation.planted import Plant
from tests.testing.simulation.planted_foreign import FOREIGN

SHOWN: dict[Plant, Conversation] = {}
"""Each bug that has one, with the conversation that it spoils."""

TIGHT = Config(limits=LimitsConfig(max_streams_per_user=1))


def shows(*bugs: Plant) -> Callable[[Conversation], Conversation]:
    def keep(conversation: Conversation) -> Conversation:
        SHOWN.update(dict.fromkeys(bugs, conversation))
        return conversation

    return keep


def texts(output: str) -> list[str]:
    return [json.loads(line)["content"] for line in output.splitlines()]


@shows(
    reading.history_with_one_row_too_many, reading.history_before_a_row_and_with_it,
    reading.pages_that_end_before_a_single_last_row, reading.tail_with_one_row_more,
)  # fmt: skip
async def rows_are_those_that_were_asked_for(world: World) -> None:
    await world.command("alice", "say 0")
    assert texts((await world.command("alice", "export --format jsonl")).output) == ["0"]
    for number in range(1, 4):
        await world.command("alice", f"say {number}")
    two = await world.command("bob", "history --limit 2 --json")
    assert texts(two.output) == ["2", "3"]
    last = json.loads(two.output.splitlines()[-1])["id"]
    assert texts((await world.command("bob", f"history --limit 2 --json --before {last}")).output) == ["1", "2"]
    assert (await world.command("bob", "tail -n 2")).output == "alice: 2\nalice: 3\n"


@shows(reading.tail_since_an_event_and_with_it)
async def following_goes_on_behind_an_event(world: World) -> None:
    await world.command("alice", "say one")
    await world.command("alice", "say two")
    told = (await world.command("bob", "tail --since 1 --json")).output
    assert [json.loads(line)["n"] for line in told.splitlines()] == [2]


@shows(
    reading.a_search_through_everybodys_private_rooms, reading.a_search_for_a_name_that_finds_part_of_one,
    reading.answers_that_grew_are_not_found, reading.a_search_that_begins_each_page_with_the_last_row,
    reading.a_list_of_rooms_with_those_of_guests,
)  # fmt: skip
async def a_search_finds_what_one_may_read(world: World) -> None:
    world.model("bot").says("an apple").ends()
    eve = await world.lines("guest-eve")
    await world.command("guest-eve", "say --room ~guest-eve apple of eves")
    await world.command("guest-eve", "say apple at large")
    await world.command("alice", "ask --room lobby @bot go")
    await world.command("alice", "say --room ~alice apple alone")
    assert (await world.command("bob", "search apple --json")).output.count("\n") == 2
    assert (await world.command("bob", "search from:eve apple")).exit_status == 1
    for number in range(21):
        await world.command("alice", f"say pear {number}")
    assert len(texts((await world.command("bob", "search pear --json")).output)) == 21
    assert "guest-eve" not in (await world.command("bob", "rooms")).output
    eve.hangs_up()


@shows(sessions.typed_ahead_into_the_room_that_is_left)
async def lines_belong_to_the_room_where_they_were_typed(world: World) -> None:
    alice, bob = await world.lines("alice"), await world.lines("bob")
    alice.types("hello\n/join den\nin the den\n")
    await world.settle(2)
    assert alice.output == "alice: hello\n* you are in den\nalice: in the den\n"
    assert bob.output == "alice: hello\n"


@shows(reading.lines_that_grew_are_printed_when_they_begin)
async def a_line_is_printed_once(world: World) -> None:
    bot = world.model("bot").says("hel")
    alice = await world.lines("alice")
    alice.types("@bot hi\n")
    await world.settle()
    bob = await world.lines("bob")
    bot.says("lo").ends()
    await world.settle()
    bob.ends_input()
    await bob.ended.wait()
    assert bob.output == "alice: @bot hi\nbot: hello\n"


@shows(asking.a_cancelled_answer_that_counts_as_failed, asking.the_best_status_of_several_answers)
async def statuses_tell_how_answers_ended(world: World) -> None:
    world.model("bot").says("half").ends(Status.CANCELLED)
    world.model("sage").says("whole").ends()
    assert (await world.command("alice", "ask @bot,sage hi")).exit_status == 130


@shows(asking.an_unknown_model_that_counts_as_a_wrong_word)
async def an_unknown_model_has_its_own_status(world: World) -> None:
    assert (await world.command("alice", "ask @nobody hi")).exit_status == 69


@shows(asking.a_refused_question_that_keeps_its_place)
async def a_limit_holds_everywhere_and_a_refusal_takes_nothing(world: World) -> None:
    bot, sage = world.model("bot"), world.model("sage")
    refused = await world.command("alice", "ask @bot,sage hi")
    assert refused.exit_status == 75 and not world.hub.answers.running
    alice = await world.lines("alice")
    alice.types("@bot hi\n")
    await world.settle()
    assert (await world.command("alice", "ask @sage hi")).exit_status == 75
    bot.says("x").ends()
    sage.says("y").ends()
    await world.settle()


@shows(
    asking.another_models_words_as_the_models_own, asking.a_prompt_without_what_was_cancelled,
    asking.a_question_that_was_asked_before_is_left_out, asking.thoughts_in_the_prompt,
)  # fmt: skip
async def a_model_is_told_what_people_read(world: World) -> None:
    bot, sage = world.model("bot"), world.model("sage").says("wise").ends()
    bot.thinks("hm").says("half").ends(Status.CANCELLED)
    await world.command("alice", "ask --room lobby @sage hi")
    await world.command("alice", "ask --room lobby @bot hi")
    bot.says("again").ends()
    await world.command("alice", "ask --room lobby @bot hi")
    told = [(type(one).__name__, one.text) for one in bot.questions[1].messages]
    assert told == [("Said", "@sage hi"), ("Said", "wise"), ("Said", "hi"), ("Answered", "half"), ("Said", "hi")]
    assert sage.questions


@shows(people.words_for_whoever_is_called_alike, people.words_told_twice_on_two_terminals)
async def words_reach_whom_they_are_for_once(world: World) -> None:
    first, second, other = await world.lines("bob"), await world.lines("bob"), await world.lines("bobby")
    world.hub.notices.tell("bob", "psst")
    await world.settle()
    assert (first.output, second.output, other.output) == ("* psst\n", "* psst\n", "")


@shows(
    people.the_first_terminal_to_leave_takes_its_person_along, people.who_shows_rooms_that_one_has_left,
    people.an_away_that_is_not_taken_back,
)  # fmt: skip
async def people_are_where_they_are(world: World) -> None:
    first, second = await world.lines("alice"), await world.lines("alice")
    first.types("/join den\n")
    await world.settle()
    assert json.loads((await world.command("alice", "whoami --json")).output)["rooms"] == ["den", "lobby"]
    first.hangs_up()
    await world.settle()
    assert json.loads((await world.command("alice", "whoami --json")).output)["rooms"] == ["lobby"]
    third = await world.lines("alice")
    third.hangs_up()
    world.hub.lobby.set_away("alice", "lunch")
    await world.settle()
    assert world.hub.lobby.members(world.hub.lobby.get("lobby", "")) == ["alice"]
    second.types("back\n")
    await world.settle()
    assert world.hub.lobby.away("alice") is None


@shows(people.a_room_left_on_one_terminal_is_left_on_the_other)
async def unread_is_what_others_said_and_nobody_has_seen(world: World) -> None:
    first, second = await world.lines("alice"), await world.lines("alice")
    first.hangs_up()
    await world.settle()
    await world.command("bob", "say hello")
    assert " new" not in (await world.command("alice", "rooms")).output
    second.hangs_up()
    await world.settle()
    await world.command("alice", "say my own")
    assert " new" not in (await world.command("alice", "rooms")).output


@shows(sessions.a_letter_cut_between_packets, sessions.a_paste_whose_end_is_cut)
async def packets_may_be_cut_anywhere(world: World) -> None:
    alice = await world.join("alice")
    for packet in (b"na\xc3", b"\xafve \x1b[200~pasted\x1b[20", b"1~!\r"):
        alice.sends(packet)
    await world.settle()
    assert world.rows() == [("alice", "naïve pasted!", "complete")]


@shows(sessions.a_stop_that_reads_as_if_people_had_cancelled)
async def who_is_interrupted_by_the_stop_is_told_so(world: World) -> None:
    world.model("bot").says("half")
    alice = await world.lines("alice")
    alice.types("@bot hi\n")
    await world.settle()
    world.hub.stop(1e9)
    await alice.ended.wait()
    assert [status for _, _, status in world.rows()] == ["complete", "interrupted", "complete"]


SETTINGS = {a_limit_holds_everywhere_and_a_refusal_takes_nothing: TIGHT}


@pytest.mark.parametrize("bug", SHOWN, ids=lambda bug: bug.__name__)
def test_a_bug_spoils_its_conversation(bug: Plant) -> None:
    conversation = SHOWN[bug]
    converse(conversation, SETTINGS.get(conversation))
    with pytest.MonkeyPatch.context() as patch:
        bug(patch)
        with pytest.raises((AssertionError, ExceptionGroup)):
            converse(conversation, SETTINGS.get(conversation))


def test_the_bugs_are_those_of_the_list_and_stand_there_once() -> None:
    names = [bug.name for bug in FOREIGN]
    assert len(set(names)) == len(names) >= 40
    assert set(SHOWN) <= {bug.plant for bug in FOREIGN}
