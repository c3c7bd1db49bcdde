"""A room of people and models whose servers are as strict as real templates: every question gets its answer."""

from __future__ import annotations

import pytest

from chatd.config import Config
from chatd.testing import World
from chatd.testing.upstream import OLLAMA, OPENAI, REFUSALS, FakeUpstream, MemoryNetwork, Received, Strict
from chatd.testing.upstream.fake import Script
from tests.models.upstreams import QUIET, answered, events, model_of, questions, rows, settings, tell


def test_three_people_and_two_models_talk_and_every_question_is_answered() -> None:
    llama = Strict(OPENAI, refuses=list(REFUSALS), context=700, answer="a llama says so")
    gemma = Strict(OLLAMA, refuses=["system", "tools"], answer="a gemma says so")

    def answer(request: Received) -> Script:
        return (llama if "completions" in request.path else gemma)(request)

    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        fake.answers(answer)
        alice, bob, carol = [await world.join(name) for name in ("alice", "bob", "carol")]
        for number in range(4):
            alice.types(f"hello {number}, this is alice with a good deal to tell {'of this and that ' * 30}\r")
            bob.types(f"and bob {number}\r")
            await world.settle()
            alice.types(f"@llama what of {number}?\r")
            carol.types(f"@llama,gemma and I ask about {number}\r")
            bob.types("meanwhile\r")
            await answered(world)
            bob.types("@gemma why?\r")
            await answered(world)
        found = await rows(world, room="lobby")
        answers = [row for row in found if row["content_method"] == "message.model"]
        assert len(answers) == 16 and {row["status"] for row in answers} == {"complete"}
        assert {row["content"] for row in answers} == {"a llama says so", "a gemma says so"}
        assert not [row for row in found if row["content_method"] == "message.system" and "llama" in row["content"]]
        before = len(questions(fake))
        alice.types("@llama,gemma once more\r")
        await answered(world)
        assert len(questions(fake)) == before + 2, "what was refused once is known"
        said = [request.json["messages"] for request in questions(fake)[-2:]]
        assert all("carol: and I ask about 3" in str(messages) for messages in said)

    models = (model_of(OPENAI, "llama"), model_of(OLLAMA, "gemma"))
    tell(story, Config(server=QUIET, models=models))


def test_without_words_of_the_operators_there_is_no_system_message() -> None:
    """An Ollama's Modelfile has its own, and some templates know no such role."""

    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        fake.answers(Strict(OLLAMA, refuses=["system"]))
        seen = await world.command("alice", "ask @m hi")
        assert (seen.exit_status, len(questions(fake))) == (0, 1)

    tell(story, settings(OLLAMA, model={"system": ""}))


@pytest.mark.parametrize("part", REFUSALS)
def test_what_is_refused_is_told_once(part: str) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        fake.answers(Strict(OPENAI, refuses=[part]))
        first = await world.command("alice", "ask @m hi")
        second = await world.command("bob", "ask @m hi")
        assert (first.exit_status, second.exit_status) == (0, 0)
        assert first.errors.count("retrying at once") == 1 and "from now on" in first.errors
        assert second.errors == ""

    tell(story, settings(OPENAI))


def test_a_question_that_is_too_long_for_the_model_says_what_to_set() -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        fake.answers(Strict(OPENAI, context=1500))
        for number in range(6):
            await world.command("bob", f"say {number} {'and so on ' * 200}")
        seen = await world.command("alice", "ask --json --room lobby @m what was that?")
        assert seen.exit_status == 0
        (retry,) = [event for event in events(seen) if event["type"] == "retry"]
        assert "set context_tokens = 1500" in retry["content"]
        answer = (await rows(world, room="lobby"))[-1]
        assert (answer["content"], answer["meta"]["context_tokens"]) == ("well answered", 1500)
        asked = len(questions(fake))
        again = await world.command("alice", "ask --room lobby @m and that?")
        assert (again.exit_status, len(questions(fake))) == (0, asked + 1)
        listed = await world.command("alice", "models --json")
        assert [model["context_tokens"] for model in events(listed) if model["name"] == "m"] == [1500]

    tell(story, settings(OPENAI))


def test_tools_that_leave_no_room_are_left_out_and_that_is_said() -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        fake.answers(Strict(OPENAI))
        await world.command("bob", "say the password is swordfish")
        seen = await world.command("alice", "ask --room lobby @m what is the password?")
        assert "its context has no room for tools" in seen.errors
        (request,) = questions(fake)
        assert "tools" not in request.json and "swordfish" in request.body.decode()

    tell(story, settings(OPENAI, model={"context_tokens": 400}))
