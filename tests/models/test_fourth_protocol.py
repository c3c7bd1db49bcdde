"""A protocol that is made up here, in a few lines: one record, and the whole client speaks it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from chatd.adapters.upstream import UpstreamModel
from chatd.config import Config, ModelConfig, ServerConfig
from chatd.core.question import Question
from chatd.core.stream import Done, Started, Token
from chatd.errors import NetworkFailure, UpstreamFailure
from chatd.testing import run
from chatd.testing.upstream import FakeUpstream, Reset, Send, chunk, json_reply, response
from chatd.testing.upstream.network import open_network
from chatd.testing.upstream.replies import head
from chatd.wire.models.frames import WireFrame
from chatd.wire.models.json_values import a_string, parse_object
from chatd.wire.models.listing import Listed, Listing
from chatd.wire.models.ndjson import NDJSON
from chatd.wire.models.protocol import FoundServer, WireProtocol
from chatd.wire.models.protocols import PROTOCOLS
from chatd.wire.models.reply import Reply
from chatd.wire.models.request import RequestSettings
from chatd.wiring.models import Upstreams
from tests.adapters.upstream.world import ask

# --- all that there is to the protocol


class Dialect:
    """`{"say": "a piece"}`, line by line, and `{"end": "a reason"}`."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def take(self, frame: WireFrame) -> None:
        value = parse_object(frame.data)
        self._reply.say(a_string(value.get("say")))
        if "end" in value:
            self._reply.finish(a_string(value["end"]))

    def whole(self, frame: WireFrame) -> None:
        self.take(frame)

    def end(self) -> bool:
        return False


def encode(question: Question, settings: RequestSettings, *, stream: bool) -> dict[str, object]:
    return {"to": settings.model, "ask": question.text, "bit_by_bit": stream}


TOY = WireProtocol(
    name="toy",
    encode=encode,
    framing=NDJSON,
    dialect=Dialect,
    ask_path="/ask",
    home="http://toy.test",
    headers=lambda key: {"x-toy": key},
    listing=Listing(path="/who", key="here", read=lambda entry, _: Listed(a_string(entry.get("called")))),
    key_variable="TOY_KEY",
    find_server=lambda environ: FoundServer("", environ["TOY_KEY"]) if "TOY_KEY" in environ else None,
)

# --- and what is asked in it

ENVIRON = {"TOY_KEY": "k3y"}
CONFIGURED = ModelConfig("m", "toy", model="bear")


@asynccontextmanager
async def opened(
    fake: FakeUpstream, *models: ModelConfig, environ: Mapping[str, str] = ENVIRON
) -> AsyncIterator[Upstreams]:
    """Everything between the configuration and the wire, with one row more in the table."""
    config = Config(server=ServerConfig(discover=not models), models=models)
    async with open_network() as network:
        network.attach("toy.test:80", fake.handle)
        async with Upstreams(config, environ, network=network, protocols={**PROTOCOLS, "toy": TOY}) as upstreams:
            yield upstreams


def the_model(upstreams: Upstreams, name: str) -> UpstreamModel:
    model = upstreams.registry[name]
    assert isinstance(model, UpstreamModel)
    return model


def said(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def test_a_question_is_put_and_answered() -> None:
    async def main() -> None:
        lines = said({"say": "I am "}, {"say": "a bear."}, {"end": "honey"})
        fake = FakeUpstream().reply(*response(200, lines, "application/x-ndjson"))
        async with opened(fake, CONFIGURED) as upstreams:
            heard = await ask(the_model(upstreams, "m"), "Who are you?")
        assert heard.events == [Started(), Token("I am "), Token("a bear."), Done(finish_reason="honey")]
        (request,) = fake.requests
        assert (request.method, request.path, request.headers["x-toy"]) == ("POST", "/ask", "k3y")
        assert request.headers["accept"] == "application/x-ndjson, application/json"
        assert request.json == {"to": "bear", "ask": "Who are you?", "bit_by_bit": True}

    run(main)


def test_a_reply_that_is_not_streamed_is_read() -> None:
    async def main() -> None:
        fake = FakeUpstream().reply(*json_reply({"say": "Grr.", "end": "honey"}))
        async with opened(fake, CONFIGURED) as upstreams:
            assert (await ask(the_model(upstreams, "m"))).text == "Grr."

    run(main)


def test_a_refusal_is_told_and_a_cut_answer_keeps_what_came() -> None:
    async def main() -> None:
        cut = (Send(head(200, {"Transfer-Encoding": "chunked"})), Send(chunk(said({"say": "I am "}))), Reset())
        fake = FakeUpstream().reply(*json_reply({"error": "the bear sleeps"}, 403)).reply(*cut)
        async with opened(fake, CONFIGURED) as upstreams:
            model = the_model(upstreams, "m")
            refused = await ask(model)
            assert isinstance(refused.failure, UpstreamFailure) and "the bear sleeps" in refused.reason
            broken = await ask(model)
            assert isinstance(broken.failure, NetworkFailure) and broken.failure.cut
            assert (broken.text, broken.done) == ("I am ", None)

    run(main)


def test_its_models_are_found_and_can_be_asked() -> None:
    async def main() -> None:
        fake = FakeUpstream().route("GET", "/who", *json_reply({"here": [{"called": "bear"}, {"called": "Wolf"}]}))
        fake.reply(*response(200, said({"say": "Ow.", "end": "moon"}), "application/x-ndjson"))
        async with opened(fake) as upstreams:
            (source,) = [one for one in upstreams.sources if one.name == "toy at toy.test"]
            assert source.expected
            upstreams.registry.found(source, await source.look())
            assert [*upstreams.registry][2:] == ["bear", "wolf"]
            assert the_model(upstreams, "wolf").info.provider == "toy"
            assert (await ask(the_model(upstreams, "wolf"))).text == "Ow."
        assert fake.requests[-1].json["to"] == "Wolf"

    run(main)
