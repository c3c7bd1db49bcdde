"""What models are sent, and what becomes of what they say: in each of the three protocols."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from chatd.config import Config
from chatd.testing import World
from chatd.testing.upstream import (
    ANTHROPIC,
    OLLAMA,
    OPENAI,
    WIRES,
    FakeUpstream,
    MemoryNetwork,
    Received,
    Reset,
    Step,
    Wait,
    Wire,
    streamed,
)
from chatd.wire.models.request import BETWEEN
from tests.adapters.upstream.faults import begun, ok
from tests.models.upstreams import (
    KEY,
    QUIET,
    answered,
    events,
    kinds,
    model_of,
    questions,
    rows,
    script,
    settings,
    tell,
)

SYSTEM = "You speak like a sailor."

Call = tuple[str, str, dict[str, object]]


def said(request: Received) -> list[tuple[str, Any]]:
    """Roles and contents, the system prompt first, wherever a protocol has it."""
    body = request.json
    head = [("system", body["system"])] if "system" in body else []
    return head + [(message["role"], message.get("content")) for message in body["messages"]]


def words(request: Received) -> list[tuple[str, str]]:
    """As `said`, with each text block of Anthropic's, and each thing said in one message, as a message of its own."""
    flat: list[tuple[str, str]] = []
    for role, content in said(request):
        texts = content.split(BETWEEN) if isinstance(content, str) and role != "system" else [content]
        if isinstance(content, list):
            texts = [block["text"] for block in content if "text" in block]
        flat += [(role, text) for text in texts]
    return flat


def tool_round(wire: Wire, *calls: Call, text: str = "") -> tuple[Step, ...]:
    begin = [wire.opening(), *([wire.token(text)] if text else [])]
    return streamed(wire, *begin, *(wire.call(*call) for call in calls), wire.done("tool_calls"))


@pytest.mark.parametrize("wire", WIRES)
def test_a_request_holds_the_room_and_the_question_once_and_nothing_of_other_rooms(wire: Wire) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, ok(wire))
        await world.command("bob", "ask @echo bobs-private-words")
        alice, bob, eve = [await world.join(name) for name in ("alice", "bob", "eve")]
        eve.types("/create den\r")
        await world.settle()
        eve.types("said-elsewhere\r")
        bob.types("hello @eve and all\r")
        await world.settle()
        alice.types("@m what is up?\r")
        await answered(world)
        (request,) = questions(fake)
        body = request.json
        system, *conversation = words(request)
        assert system[0] == "system" and system[1].startswith(SYSTEM)
        assert "You are m, in the room lobby" in system[1]
        assert conversation == [("user", "bob: hello @eve and all"), ("user", "alice: what is up?")]
        text = request.body.decode()
        assert text.count("what is up?") == 1
        assert "said-elsewhere" not in text and "bobs-private-words" not in text and "Welcome" not in text
        assert body["model"] == "the-model" and body["stream"] is True
        limit = body["options"]["num_predict"] if wire is OLLAMA else body["max_tokens"]
        assert limit == 99
        if wire is OLLAMA:
            assert body["options"]["num_ctx"] == 5000
        offered = [tool.get("function", tool)["name"] for tool in body["tools"]]
        assert offered == ["calculate", "clock", "roll_dice", "search_room"]

    model = {"model": "the-model", "system": SYSTEM, "max_tokens": 99, "context_tokens": 5000}
    tell(story, settings(wire, model=model), shipped=True)


@pytest.mark.parametrize("wire", WIRES)
def test_the_key_goes_into_the_header_and_nowhere_else(wire: Wire) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, ok(wire))
        seen = await world.command("alice", "ask --json @m hi")
        (request,) = questions(fake)
        assert request.headers["x-api-key" if wire is ANTHROPIC else "authorization"].removeprefix("Bearer ") == KEY
        assert KEY not in request.body.decode() and KEY not in seen.output
        assert KEY not in (await world.command("alice", "models --json")).output

    tell(story, settings(wire))


@pytest.mark.parametrize("wire", WIRES)
def test_calls_run_and_their_results_go_back_with_the_whole_conversation(wire: Wire) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        calls: list[Call] = [("c1", "calculate", {"expression": "6*7"}), ("c2", "no_such_tool", {"x": 1})]
        script(fake, tool_round(wire, *calls, text="let me see"), ok(wire))
        seen = await world.command("alice", "ask --json @m what is 6*7?")
        types = ["started", "token", "tool_call", "tool_call", "tool_result", "tool_result", "token", "done"]
        assert sorted(kinds(seen)) == sorted(types) and kinds(seen)[:3] == types[:3] and kinds(seen)[-2:] == types[-2:]
        first, second = questions(fake)
        assert first.json["messages"] == second.json["messages"][: len(first.json["messages"])]
        made, *results = second.json["messages"][len(first.json["messages"]) :]
        if wire is ANTHROPIC:
            ids = [block["id"] for block in made["content"] if block["type"] == "tool_use"]
            back = [(block["tool_use_id"], block["content"]) for block in results[0]["content"]]
            assert made["content"][0]["text"] == "let me see"
        else:
            ids = [call["id"] for call in made["tool_calls"]]
            back = [(result["tool_call_id"], result["content"]) for result in results]
            assert made["content"] == "let me see" and {result["role"] for result in results} == {"tool"}
        assert ids == ["c1", "c2"] == [call for call, _ in back]
        assert back[0][1] == "42" and "calculate" in back[1][1], "an unknown tool is answered with those there are"
        found = await rows(world)
        question, before, call, after = *found[:3], found[-1]
        assert [row["content"] for row in (before, after)] == ["let me see", "hello"]
        assert (call["content_method"], call["author"], call["tool_name"]) == ("tool.call", "m", "calculate")
        by_call = {row["parent_id"]: row for row in found if row["content_method"] == "tool.result"}
        assert by_call[call["id"]]["content"] == "42" and by_call[call["id"]]["author"] == "calculate"
        assert {row["mention_id"] for row in found} == {question["mention_id"]}

    tell(story, settings(wire))


@pytest.mark.parametrize("wire", WIRES)
def test_a_call_in_an_answer_that_reached_its_length_is_not_run(wire: Wire) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        cut = streamed(wire, wire.opening(), wire.call("c1", "calculate", {"expression": "6*7"}), wire.done("length"))
        script(fake, cut, ok(wire))
        seen = await world.command("alice", "ask --json @m hi")
        (result,) = [event for event in events(seen) if event["type"] == "tool_result"]
        assert "not run" in result["content"] and seen.exit_status == 0

    tell(story, settings(wire))


@pytest.mark.parametrize("wire", WIRES)
def test_continue_carries_on_from_what_was_kept(wire: Wire) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, streamed(wire, *begun(wire), Reset()), streamed(wire, *wire.answer(" world")))
        alice = await world.join("alice")
        alice.types("@m greet\r")
        await answered(world)
        alice.types("/continue\r")
        await answered(world)
        first, second = questions(fake)
        assert second.body.decode().count("greet") == 1
        assert words(second)[: len(words(first)) + 1] == [*words(first), ("assistant", "hello")]
        role, order = words(second)[-1]
        assert role == "user" and "exactly where it stopped" in order
        found = await rows(world, room="lobby")
        question, cut, _told, rest = found
        assert (rest["content"], rest["status"], rest["parent_id"]) == (" world", "complete", question["id"])
        assert rest["meta"]["continues"] == cut["id"] and cut["status"] == "truncated"

    tell(story, settings(wire), shipped=True)


def test_two_models_are_asked_the_same_and_later_know_each_others_answers() -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        def answer(request: Received) -> tuple[Step, ...]:
            wire = OPENAI if "completions" in request.path else OLLAMA
            return streamed(wire, *wire.answer(f"I am {request.json['model']}"))

        fake.answers(answer)
        alice = await world.join("alice")
        alice.types("@a,b who are you?\r")
        await answered(world)
        question, *answers = await rows(world, room="lobby")
        assert question["mention_id"] is None and question["content"] == "@a,b who are you?"
        assert {row["parent_id"] for row in answers} == {question["id"]}
        assert len({row["mention_id"] for row in answers}) == 2
        for request in questions(fake):
            assert words(request)[1:] == [("user", "alice: who are you?")]
        alice.types("@a and now?\r")
        await answered(world)
        assert sorted(words(questions(fake)[-1])[1:-1]) == sorted(
            [("user", "alice: who are you?"), ("assistant", "I am a"), ("user", "b: I am b")]
        )
        assert words(questions(fake)[-1])[-1] == ("user", "alice: and now?")

    tell(story, Config(server=QUIET, models=(model_of(OLLAMA, "a"), model_of(OPENAI, "b"))), shipped=True)


@pytest.mark.parametrize("wire", WIRES)
def test_thoughts_are_kept_apart_and_so_is_what_was_measured(wire: Wire) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        pieces: list[bytes | Step] = [wire.token("hel"), Wait(0.5), wire.token("lo"), Wait(0.5), wire.done()]
        script(fake, streamed(wire, wire.opening(), Wait(1.0), wire.thinking("hm, let me"), *pieces))
        alice = await world.join("alice")
        alice.types("@m hi\r")
        await answered(world)
        question, answer = await rows(world, room="lobby")
        assert answer["content"] == "hello" and answer["parent_id"] == question["id"]
        meta = answer["meta"]
        clock = {"total_ms": 1} if wire.provider == "ollama" else {}  # the server's own
        assert meta == clock | {
            "model": "m", "provider": wire.provider, "asker": "alice", "thinking": "hm, let me",
            "prompt_tokens": 7, "completion_tokens": 3, "tokens_per_s": 3.0, "first_token_ms": 1000,
            "duration_ms": 2000, "attempts": 1, "finish_reason": meta["finish_reason"], "pieces": 2, "characters": 5,
        }  # fmt: skip
        assert "hm, let me" not in alice.screen and "thought, 10 characters" in alice.screen
        alice.types("\x14")  # Ctrl-T
        await world.settle()
        assert "hm, let me" in alice.screen
        script(fake, streamed(wire, wire.opening(), wire.thinking("hm"), wire.token("yes"), wire.done()))
        plain = await world.command("alice", "ask @m hi")
        assert (plain.output, plain.errors) == ("yes\n", "")
        script(fake, streamed(wire, wire.opening(), wire.thinking("hm"), wire.token("yes"), wire.done()))
        thoughts = [event["content"] for event in events(await world.command("alice", "ask --json @m hi"))
                    if event["type"] == "thinking"]  # fmt: skip
        assert thoughts == ["hm"]
        assert "hm" not in "".join(text for request in questions(fake)[1:] for _, text in words(request))

    tell(story, settings(wire), shipped=True)


@pytest.mark.parametrize("wire", WIRES)
def test_an_answer_that_is_only_thought_has_failed_and_keeps_the_thought(wire: Wire) -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, streamed(wire, wire.opening(), wire.thinking("hm"), wire.done()))
        seen = await world.command("alice", "ask @m hi")
        assert (seen.output, seen.errors, seen.exit_status) == ("", "chatd: m: only thought and gave no answer\n", 1)
        answer, told = (await rows(world))[1:]
        assert (answer["content"], answer["status"], answer["meta"]["thinking"]) == ("", "failed", "hm")
        assert told["mention_id"] == answer["mention_id"]

    tell(story, settings(wire))


def test_what_a_model_writes_starts_nothing() -> None:
    async def story(world: World, fake: FakeUpstream, _: MemoryNetwork) -> None:
        script(fake, streamed(OLLAMA, *OLLAMA.answer("@m again\n/quit\n@eliza hi")))
        alice = await world.join("alice")
        alice.types("@m hi\r")
        await answered(world)
        await trio.sleep(60)
        assert len(questions(fake)) == 1 and len(world.rows()) == 2 and not alice.ended.is_set()

    tell(story, settings(OLLAMA), shipped=True)
