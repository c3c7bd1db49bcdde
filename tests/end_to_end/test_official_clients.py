"""The official clients of the four forms, unchanged, against a real server: whole, streamed, left, and refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import anthropic
import ollama
import openai
import pytest

from tests.end_to_end.server import Server
from tests.end_to_end.test_web import web_address

pytestmark = pytest.mark.real

HI: Any = [{"role": "user", "content": "hello there"}]
ECHOED = "hello there"


@pytest.fixture
def at(start: Callable[..., Server]) -> Iterator[tuple[Server, str, str]]:
    """A server, its address, and alice's token."""
    server = start("--web", "127.0.0.1:0")
    address = web_address(server)
    made = server.run("alice", "token", "--label", "tests")
    assert made.returncode == 0, made.stderr
    yield server, address, made.stdout.decode().strip()
    assert "Traceback" not in server.log.read_text()


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    """Clients are closed with it."""
    with ExitStack() as stack:
        yield stack


def test_openais_chat_and_responses(at: tuple[Server, str, str], clients: ExitStack) -> None:
    _, address, token = at
    client = clients.enter_context(openai.OpenAI(base_url=f"{address}/v1", api_key=token, max_retries=0))
    assert {model.id for model in client.models.list()} == {"echo", "eliza"}
    whole = client.chat.completions.create(model="echo", messages=HI)
    assert whole.choices[0].message.content == ECHOED and whole.choices[0].finish_reason == "stop"
    options: Any = {"include_usage": True}
    chunks = [*client.chat.completions.create(model="echo", messages=HI, stream=True, stream_options=options)]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == ECHOED
    assert chunks[-1].usage is not None and chunks[-1].usage.completion_tokens > 0
    response = client.responses.create(model="echo", input="hello there")
    assert response.output_text == ECHOED and response.status == "completed"
    with client.responses.stream(model="echo", input="hello there") as events:
        kinds = [event.type for event in events]
        assert events.get_final_response().output_text == ECHOED
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
    for model, kind in (("nobody", openai.NotFoundError), ("nowhere/echo", openai.NotFoundError)):
        with pytest.raises(kind):
            client.chat.completions.create(model=model, messages=HI)
    stranger = clients.enter_context(openai.OpenAI(base_url=f"{address}/v1", api_key="wrong", max_retries=0))
    with pytest.raises(openai.AuthenticationError) as refused:
        stranger.models.list()
    assert refused.value.code == "invalid_api_key"
    with pytest.raises(openai.BadRequestError) as wrong:
        client.chat.completions.create(model="echo", messages=HI, temperature=9)
    assert wrong.value.param == "temperature"


def test_anthropics_messages(at: tuple[Server, str, str], clients: ExitStack) -> None:
    _, address, token = at
    client = clients.enter_context(anthropic.Anthropic(base_url=address, api_key=token, max_retries=0))
    whole = client.messages.create(model="echo", max_tokens=100, messages=HI)
    assert [block.text for block in whole.content if block.type == "text"] == [ECHOED]
    assert whole.stop_reason == "end_turn"
    with client.messages.stream(model="echo", max_tokens=100, messages=HI) as stream:
        assert "".join(stream.text_stream) == ECHOED
        assert stream.get_final_message().usage.output_tokens > 0
    assert client.messages.count_tokens(model="echo", messages=HI).input_tokens > 0
    assert {model.id for model in client.models.list()} == {"echo", "eliza"}
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="nobody", max_tokens=1, messages=HI)
    stranger = clients.enter_context(anthropic.Anthropic(base_url=address, api_key="wrong", max_retries=0))
    with pytest.raises(anthropic.AuthenticationError):
        stranger.models.list()


def test_ollamas_client(at: tuple[Server, str, str], clients: ExitStack) -> None:
    _, address, token = at
    client = ollama.Client(host=address, headers={"authorization": f"Bearer {token}"})
    clients.callback(client._client.close)
    assert {model.model for model in client.list().models} == {"echo", "eliza"}
    assert client.chat(model="echo", messages=HI).message.content == ECHOED
    assert "".join(part.message.content or "" for part in client.chat(model="echo", messages=HI, stream=True)) == ECHOED
    assert client.generate(model="echo", prompt="hello there").response == ECHOED
    assert "completion" in (client.show("eliza").capabilities or ())
    with pytest.raises(ollama.ResponseError) as refused:
        client.chat(model="nobody", messages=HI)
    assert refused.value.status_code == 404


def test_in_a_room_everybody_sees_it_and_leaving_ends_it(at: tuple[Server, str, str], clients: ExitStack) -> None:
    server, address, token = at
    client = clients.enter_context(openai.OpenAI(base_url=f"{address}/v1", api_key=token, max_retries=0))
    assert client.chat.completions.create(model="lobby/echo", messages=HI).choices[0].message.content == ECHOED
    seen = server.run("bob", "history", "lobby").stdout.decode()
    assert "@echo hello there" in seen and seen.count(ECHOED) == 2
    long: Any = [{"role": "user", "content": "my mother " * 300}]
    with client.chat.completions.create(model="lobby/eliza", messages=long, stream=True) as stream:
        next(iter(stream))
    server.until(lambda: b'"streams":0' in server.run("bob", "stats", "--json").stdout)
