"""The web gateway from the configuration: nothing of it is loaded unless somebody wants one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from chatd.config import Config, LimitsConfig, WebConfig
from chatd.errors import BadConfig, Exit
from chatd.testing import World
from chatd.wiring.descriptors import wanted_descriptors
from chatd.wiring.web import check_web, open_web, web_limits
from tests.support import in_world

WANTED = Config(web=WebConfig(listen=("127.0.0.1:8022",), public_url="https://chat.example", trusted_proxies=("::1",)))


def test_without_the_extra_a_gateway_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    check_web(WANTED)
    monkeypatch.setitem(sys.modules, "starlette", None)
    with pytest.raises(BadConfig, match=r"^web.listen needs starlette: pip install 'chatd\[web\]'$") as caught:
        check_web(WANTED)
    assert caught.value.exit_code is Exit.CONFIG
    check_web(Config())


@pytest.mark.real
def test_a_server_without_a_gateway_loads_none_of_its_libraries() -> None:
    look = "import sys, chatd.app, chatd.testing.world; print([name for name in ('starlette',) if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_limits_are_those_of_ssh() -> None:
    limits = web_limits(Config(limits=LimitsConfig(max_connections=7, max_connections_per_address=3, write_stall=9.0)))
    assert (limits.connections, limits.connections_per_address, limits.write_stall) == (7, 3, 9.0)
    assert (limits.head, limits.body, limits.head_time, limits.body_time) == (16384, 1 << 20, 10, 30)


def test_a_second_gateway_takes_as_many_descriptors_again() -> None:
    assert wanted_descriptors(WANTED) - wanted_descriptors(Config()) == Config().limits.max_connections


@in_world()
async def test_the_operators_proxies_and_public_address_are_believed(world: World) -> None:
    async with open_web(WANTED, world.hub, wanted=True) as (server,):
        origin = server._proxies.origin("::1", [(b"x-forwarded-for", b"192.0.2.7")])
    assert (origin.address, origin.secure) == ("192.0.2.7", True)


@in_world(web=True)
async def test_a_server_that_stops_says_goodbye_to_browsers_too(world: World) -> None:
    connection = world.browser().connect()
    await connection.send("GET", "/readyz")
    assert (await connection.answer()).status == 200
    assert world.web is not None and world.web.count == 1
