from chatd.config import Config, ModelConfig
from chatd.testing import World, run
from chatd.testing.upstream import OLLAMA, FakeUpstream, Reset, json_reply, refusal, streamed

QWEN = ModelConfig("qwen", "ollama", endpoint="http://models.test:11434", model="qwen3:8b")
CONFIG = Config(models=(QWEN,))


def models_server() -> FakeUpstream:
    """It says which models it has, and what they are, whenever it is asked; its other replies are the test's."""
    fake = FakeUpstream().route("GET", "/api/tags", *json_reply({"models": [{"name": "qwen3:8b"}]}))
    return fake.route("POST", "/api/show", *json_reply({}))


def test_a_busy_server_is_asked_again() -> None:
    async def main() -> None:
        fake = models_server()
        fake.reply(*refusal(OLLAMA, 503, "busy", {"Retry-After": "2"}))
        fake.reply(*streamed(OLLAMA, *OLLAMA.answer("hel", "lo")))
        async with fake.network() as network, World.open(CONFIG, network=network) as world:
            asked = await world.command("alice", "ask @qwen hi")
            assert (asked.output, asked.exit_status) == ("hello\n", 0)
            questions = [request.json for request in fake.requests if request.path == "/api/chat"]
            assert [question["model"] for question in questions] == ["qwen3:8b", "qwen3:8b"]

    run(main)


def test_what_came_before_the_connection_broke_is_kept() -> None:
    async def main() -> None:
        fake = models_server()
        fake.reply(*streamed(OLLAMA, OLLAMA.token("hel"), Reset()))
        async with fake.network() as network, World.open(CONFIG, network=network) as world:
            asked = await world.command("alice", "ask --room lobby @qwen hi")
            assert (asked.output, asked.exit_status) == ("hel\n", 1)
            assert ("qwen", "hel", "truncated") in world.rows()

    run(main)
