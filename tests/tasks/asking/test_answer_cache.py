"""The same question is answered once; what differs in anything, or is another's private matter, is asked."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.config import CacheConfig, Config
from chatd.core.question import Question, Said
from chatd.core.sampling import Sampling
from chatd.core.tool import NO_PARAMETERS, ToolSpec
from chatd.core.visit import Account
from chatd.ports import ModelInfo
from chatd.tasks.asking.answer_cache import OVERHEAD, AnswerCache, key_of
from chatd.testing import World, run
from tests.tasks.web.people import logged_in

INFO = ModelInfo("bot", "test", "bot")
HI = Question("hi", "alice", "lobby", "r1", messages=(Said("alice", "hi", asked=True),), account=Account("k1"))
KEEPS = Config(cache=CacheConfig(enabled=True))


def test_what_may_not_be_taken_for_each_other_has_another_key() -> None:
    alone = replace(HI, room="", room_id="")
    private = replace(HI, room="~alice", room_id="p1")
    different = [
        key_of(INFO, HI), key_of(replace(INFO, model="other"), HI), key_of(replace(INFO, endpoint="http://x"), HI),
        key_of(INFO, replace(HI, system="be brief")), key_of(INFO, replace(HI, sampling=Sampling(temperature=0.1))),
        key_of(INFO, replace(HI, messages=(*HI.messages, Said("bob", "no")))),
        key_of(INFO, replace(HI, tools=(ToolSpec("t", "", NO_PARAMETERS),))),
        key_of(INFO, private), key_of(INFO, replace(private, room="~bob", room_id="p2")),
        key_of(INFO, alone), key_of(INFO, replace(alone, account=Account("k2"))),
    ]  # fmt: skip
    assert len(set(different)) == len(different)
    assert key_of(INFO, replace(HI, room="dev", room_id="r2", account=Account("k2"))) == key_of(INFO, HI), (
        "all may read"
    )


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 400), st.integers(0, 50)), max_size=60))
def test_it_never_holds_more_than_it_may_nor_for_longer(acts: list[tuple[int, int, int]]) -> None:
    now = 0.0
    cache = AnswerCache(100, 1000, lambda: now)
    model: dict[str, tuple[str, float]] = {}
    for number, size, later in acts:
        now += later
        question = replace(HI, text=str(number), messages=(Said("alice", str(number), asked=True),))
        kept = cache.find(INFO, question)
        key = key_of(INFO, question)
        if kept is not None:
            text, at = model[key]
            assert kept.text == text and now - at < 100
        cache.keep(key, "x" * size, "")
        model[key] = ("x" * size, now)
        held = sum(len(kept.text) + OVERHEAD for kept in cache._kept.values())
        assert held == cache._taken <= 1000


def test_in_a_world_the_second_who_asks_has_it_at_once_and_is_told() -> None:
    async def main() -> None:
        async with World.open(KEEPS) as world:
            model = world.model("bot").pauses(5).says("forty", "-two").ends()
            await world.command("alice", "ask @bot what is it?")
            assert (await world.command("alice", "history ~alice")).output.endswith("forty-two\n")
            # Another room with the same beginning: the private ones of others are none.
            world.model("bot").says("mine").ends()
            assert (await world.command("bob", "ask @bot what is it?")).output == "mine\n"
            assert len(model.questions) == 2
            stats = (await world.command("alice", "stats --json")).output
            assert '"cached":0' in stats and '"not_cached":2' in stats

    run(main)


def test_in_public_rooms_it_is_everybodys_and_marked() -> None:
    async def main() -> None:
        async with World.open(KEEPS) as world:
            alice = await world.join("alice")
            model = world.model("bot").pauses(5).says("forty", "-two").ends()
            alice.types("/create one\r")
            await world.settle(1)
            alice.types("@bot what is it?\r")
            await world.settle(10)
            assert "forty-two" in alice.screen and "[cached]" not in alice.screen
            alice.types("/create two\r")
            await world.settle(1)
            alice.types("@bot what is it?\r")
            await world.settle(1)
            row = json.loads((await world.command("bob", "history two --json")).output.splitlines()[-1])
            assert row["meta"]["cached"] is True and row["author"] == "bot" and len(model.questions) == 1
            assert "forty-two [cached]" in alice.screen

    run(main)


def test_over_the_web_a_header_says_so() -> None:
    async def main() -> None:
        async with World.open(KEEPS, web=True) as world:
            model = world.model("bot").pauses(5).says("forty", "-two").ends()
            alice, bob = await logged_in(world, "alice"), await logged_in(world, "bob")
            asked = {"model": "bot", "messages": [{"role": "user", "content": "what is it?"}]}
            for stream, cached in ((False, None), (False, "1"), (True, "1")):
                answer = await alice.post("/v1/chat/completions", {**asked, "stream": stream})
                assert answer.headers.get("x-chatd-cached") == cached and "two" in answer.text
            assert len(model.questions) == 1
            model.says("bob's own").ends()
            answer = await bob.post("/v1/chat/completions", asked)
            assert "bob's own" in answer.text and "x-chatd-cached" not in answer.headers, (
                "what one asks alone is private"
            )

    run(main)


def test_asked_again_and_without_the_cache_it_is_asked_anew() -> None:
    async def main() -> None:
        async with World.open(KEEPS) as world:
            model = world.model("bot")
            for answer in ("one", "two", "three"):
                model.says(answer).ends()
            alice = await world.join("alice")
            alice.types("/create fresh\r@bot hi\r")
            await world.settle(1)
            alice.types("/retry\r")
            await world.settle(1)
            assert "two" in alice.screen and len(model.questions) == 2
            alice.types("/nocache @bot hi\r")
            await world.settle(1)
            assert "three" in alice.screen and len(model.questions) == 3

    run(main)


@pytest.mark.parametrize("how", ["tools", "cut", "failed"])
def test_what_is_no_whole_answer_of_the_models_alone_is_not_kept(how: str) -> None:
    async def main() -> None:
        async with World.open(KEEPS, web=True) as world:
            model = world.model("bot", tools=("calculate",))
            for _ in range(2):
                match how:
                    case "tools":
                        model.calls("calculate", '{"expression": "1+1"}').ends()
                        model.says("2").ends()
                    case "cut":
                        model.says("so f")
                    case _:
                        model.says("so f").fails("broke")
            for _ in range(2):
                await world.command("alice", "ask @bot hi")
            assert world.hub.answers.router.cache is not None and not world.hub.answers.router.cache._kept

    run(main)
