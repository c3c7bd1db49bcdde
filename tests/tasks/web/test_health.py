"""Whether the server lives, and whether it takes work."""

from __future__ import annotations

import trio

from chatd.testing import World
from tests.support import in_world


@in_world(web=True)
async def test_a_server_that_runs_lives_and_is_ready(world: World) -> None:
    for path, status in (("/healthz", "ok"), ("/readyz", "ready")):
        answer = await world.browser().get(path)
        assert (answer.status, answer.json()) == (200, {"status": status})
        assert (await world.browser().request("HEAD", path)).status == 200


@in_world(web=True)
async def test_while_the_disk_fails_it_lives_and_is_not_ready(world: World) -> None:
    talker = await world.join("alice")
    world.disk.becomes_read_only()
    talker.types("hello\r")
    await world.until(lambda: world.hub.recorder.trouble is not None)
    answer = await world.browser().get("/readyz")
    assert answer.status == 503 and "nothing new can be kept now" in answer.json()["detail"]
    assert (await world.browser().get("/healthz")).status == 200
    world.disk.works_again()
    await world.until(lambda: world.hub.recorder.trouble is None)
    assert (await world.browser().get("/readyz")).status == 200


@in_world(web=True)
async def test_while_it_stops_who_is_connected_is_told(world: World) -> None:
    connection = world.browser().connect()
    await connection.send("GET", "/healthz")
    await connection.answer()
    world.hub.stop(trio.current_time() + 1)
    await connection.send("GET", "/readyz")
    answer = await connection.answer()
    assert (answer.status, answer.json()["detail"]) == (503, "the server is stopping")
    await connection.leave()
