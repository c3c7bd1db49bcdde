"""`ssh HOST web` and `ssh HOST token`: what they print, where, and how they end."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest

from chatd.core.credentials import MAX_TOKENS
from chatd.tasks.chat.web_link import NO_GATEWAY
from chatd.testing import MemoryTerminal, World
from tests.support import in_world

HERE = "https://chat.example.org"


def objects(terminal: MemoryTerminal) -> list[dict[str, object]]:
    return [json.loads(line) for line in terminal.output.splitlines()]


@in_world()
async def test_a_link_is_the_one_line_and_logs_its_owner_in(world: World) -> None:
    world.hub.web_url = HERE + "/"
    shown = await world.command("alice", "web")
    assert shown.exit_status == 0 and not shown.errors and shown.output.count("\n") == 1
    link = urlsplit(shown.output.strip())
    assert (link.scheme, link.netloc, link.path, link.query) == ("https", "chat.example.org", "/login", "")
    bearer = world.hub.credentials.who(await world.hub.credentials.exchange(link.fragment))
    assert bearer is not None and bearer.visitor.name == "alice"
    assert len(shown.output) <= 80, "on the usual terminal a link is one line, ready to be clicked"


@in_world()
async def test_without_a_gateway_a_member_is_told_how_to_have_one(world: World) -> None:
    refused = await world.command("alice", "web")
    assert (refused.exit_status, refused.output) == (69, "")
    assert refused.errors == ("chatd: this server has no web gateway; [web] listen in its configuration opens one\n")


@pytest.mark.parametrize("line", ["web", "token", "token --read-only", "token list", "token revoke bakolu"])
@pytest.mark.parametrize("url", ["", HERE])
def test_guests_are_told_that_it_takes_a_key(line: str, url: str) -> None:
    @in_world()
    async def conversation(world: World) -> None:
        world.hub.web_url = url
        refused = await world.command("guest-gus", line)
        assert (refused.exit_status, refused.output) == (77, "")
        assert "log in with a key (ssh-keygen)" in refused.errors

    conversation()


@in_world()
async def test_a_token_is_alone_on_stdout_and_shown_once(world: World) -> None:
    world.hub.web_url = HERE
    made = await world.command("alice", "token --label 'nightly backup' --expires 36h --read-only")
    assert made.exit_status == 0
    secret = made.output.removesuffix("\n")
    assert re.fullmatch(r"chatd_[A-Za-z0-9_-]{43}", secret)
    (token,) = objects(await world.command("alice", "token list --json"))
    assert token == {
        "id": token["id"], "label": "nightly backup", "created_at": "2023-11-14T22:13:20.000Z",
        "expires_at": "2023-11-16T10:13:20.000Z", "last_used_at": None, "read_only": True,
    }  # fmt: skip
    assert made.errors == f"chatd: token {token['id']}, good until {token['expires_at']}; it is not shown again\n"
    listed = await world.command("alice", "token list")
    assert secret not in listed.output + listed.errors
    assert str(token["id"]) in listed.output and "never used  read only  nightly backup" in listed.output
    bearer = world.hub.credentials.who(secret)
    assert bearer is not None and (bearer.visitor.name, bearer.read_only, bearer.id) == ("alice", True, token["id"])
    (token,) = objects(await world.command("alice", "token list --json"))
    assert token["last_used_at"] == "2023-11-14T22:13:20.000Z"


@in_world()
async def test_a_token_without_a_gateway_says_that_there_is_none(world: World) -> None:
    made = await world.command("alice", "token")
    assert made.exit_status == 0 and made.output.startswith("chatd_")
    assert made.errors.splitlines()[1] == f"chatd: {NO_GATEWAY}"


@in_world()
async def test_a_token_is_revoked_by_its_owner_alone(world: World) -> None:
    secret = (await world.command("alice", "token")).output.strip()
    (token,) = objects(await world.command("alice", "token list --json"))
    refused = await world.command("bob", f"token revoke {token['id']}")
    unknown = await world.command("bob", "token revoke bakolu")
    assert refused.exit_status == unknown.exit_status == 69
    assert refused.errors.replace(str(token["id"]), "bakolu") == unknown.errors, "as if it did not exist"
    assert world.hub.credentials.who(secret) is not None
    revoked = await world.command("alice", f"token revoke {token['id']}")
    assert (revoked.exit_status, revoked.output, revoked.errors) == (0, "", "")
    assert world.hub.credentials.who(secret) is None
    assert (await world.command("alice", f"token revoke {token['id']}")).exit_status == 69
    assert (await world.command("alice", "token list")).output == ""


@in_world()
async def test_a_key_has_so_many_tokens(world: World) -> None:
    for _ in range(MAX_TOKENS):
        assert (await world.command("alice", "token")).exit_status == 0
    refused = await world.command("alice", "token")
    assert (refused.exit_status, refused.output) == (75, "")
    assert f"your key has {MAX_TOKENS} tokens already" in refused.errors and "token revoke ID" in refused.errors
    assert (await world.command("bob", "token")).exit_status == 0


@pytest.mark.parametrize(
    "line",
    [
        "web now", "token now", "token --expires never", "token --expires 2y", f"token --label {'x' * 65}",
        "token list now", "token list --expires 1d", "token revoke", "token revoke a b",
    ],
)  # fmt: skip
def test_what_is_not_understood_makes_nothing(line: str) -> None:
    @in_world()
    async def conversation(world: World) -> None:
        refused = await world.command("alice", line)
        assert (refused.exit_status, refused.output) == (64, "") and len(refused.errors.splitlines()) == 1
        assert (await world.command("alice", "token list")).output == ""

    conversation()


@in_world()
async def test_on_a_disk_that_refuses_no_token_is_shown(world: World) -> None:
    await world.command("alice", "whoami")
    await world.settle()
    world.disk.becomes_read_only()
    refused = await world.command("alice", "token")
    assert (refused.exit_status, refused.output) == (1, "") and "read-only" in refused.errors
    world.disk.works_again()
    assert (await world.command("alice", "token list")).output == ""


@in_world()
async def test_the_page_tells_of_links_and_of_tokens(world: World) -> None:
    for topic in ("web", "token"):
        usage = await world.command("alice", f"help {topic}")
        assert usage.exit_status == 0 and usage.output.startswith(f"usage: {topic}")


@in_world(shipped=True)
async def test_the_shipped_page_does_too(world: World) -> None:
    page = (await world.command("alice", "help web")).output
    assert "# /web" in page and "ssh HOST token revoke ID" in page
