"""The network in memory: what happens on it happens by the clock of the run."""

from __future__ import annotations

import anyio
import httpcore
import pytest

from chatd.testing.upstream import FakeUpstream, Send
from tests.adapters.upstream.world import simulated

KEPT_S = 4.0
"""Seconds that the client keeps an idle connection."""


@pytest.mark.parametrize(("idle", "connections"), [(KEPT_S - 1, 1), (KEPT_S + 1, 2)])
@simulated
async def test_an_idle_connection_is_too_old_by_the_virtual_clock(idle: float, connections: int) -> None:
    answer = Send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    fake = FakeUpstream().reply(answer).reply(answer)
    async with (
        fake.network() as network,
        httpcore.AsyncConnectionPool(keepalive_expiry=KEPT_S, network_backend=network) as pool,
    ):
        await pool.request("GET", "http://x/")
        await anyio.sleep(idle)
        await pool.request("GET", "http://x/")
        assert network.connects == connections
