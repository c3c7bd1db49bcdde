"""Silence, slowness and death of the other side, on a virtual clock."""

from __future__ import annotations

from typing import Any

import pytest
import trio
import trio.testing

from chatd.adapters.ssh.terminal import SshTerminal
from chatd.adapters.ssh.transport import TrioTransport
from chatd.core.visit import Input
from chatd.errors import TerminalGone
from chatd.ports import Terminal
from chatd.testing.ssh import connect
from tests.adapters.ssh.world import greet, on_virtual_clock, read_all, serving, wait_forever
from tests.steps import Steps
from tests.support import make_limits


@on_virtual_clock
async def test_who_does_not_log_in_goes_after_the_grace() -> None:
    async with serving(greet) as world:
        stranger = await world.knock()
        assert b"no login within 20 s" in await read_all(stranger)
        assert trio.current_time() == 20
        await stranger.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert world.server.counts == (0, 0)
    assert world.records.lines == ["192.0.2.9 went without logging in: no login within 20 s"]


@on_virtual_clock
async def test_the_slot_is_free_even_when_the_stranger_stays() -> None:
    async with serving(greet) as world:
        stranger = await world.knock()
        await trio.sleep(21.5)
        assert world.server.counts == (0, 0)
        await stranger.aclose()


@on_virtual_clock
async def test_who_has_logged_in_may_be_silent() -> None:
    async with serving(wait_forever) as world, connect(world.server) as client:
        await client.open("x")
        await trio.sleep(2 * 3600)
        assert not client.ended
        assert world.server.counts == (1, 0)


@on_virtual_clock
async def test_a_dead_peer_is_found() -> None:
    ended: list[float] = []

    async def handler(terminal: Terminal) -> int:
        try:
            return await wait_forever(terminal)
        finally:
            ended.append(trio.current_time())

    async with serving(handler) as world, connect(world.server) as client:
        channel = await client.open("x")
        await channel.wait_for(b"here")
        client.freeze()
        await trio.sleep(60)
        assert ended == [45]
        assert world.server.counts == (0, 0)
    assert world.records.lines[-1] == "guest-alice left (192.0.2.1): it does not answer"


def test_a_peer_that_the_kernel_watches_is_asked_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its machine answers, and it may have stopped all the same."""
    make = TrioTransport.__init__

    def watched(transport: TrioTransport, *args: Any, **more: Any) -> None:
        make(transport, *args, **more)
        transport.watched = True

    monkeypatch.setattr(TrioTransport, "__init__", watched)

    @on_virtual_clock
    async def talk() -> None:
        async with serving(wait_forever) as world, connect(world.server) as client:
            await client.open("x")
            with Steps() as steps:
                await trio.sleep(610)
            assert steps.total < 100
            client.freeze()
            await trio.sleep(280)
            assert world.server.counts == (1, 0)
            await trio.sleep(60)
            assert world.server.counts == (0, 0)
        assert world.records.lines[-1].endswith("it does not answer")

    talk()


@on_virtual_clock
async def test_a_peer_whose_machine_takes_nothing_is_dropped() -> None:
    async def handler(terminal: Terminal) -> int:
        await terminal.receive()
        terminal.write(b"x" * 100_000)
        await terminal.wait_sent()
        return 0

    limits = make_limits(keepalive=1000)
    streams = trio.testing.lockstep_stream_pair
    async with serving(handler, limits) as world, connect(world.server, streams=streams) as client:
        channel = await client.open("x")
        channel.send(b"go")
        client.freeze()
        await trio.sleep(29)
        assert world.server.counts == (1, 0)
        await trio.sleep(2)
        assert world.server.counts == (0, 0)
    assert world.records.lines[-1] == "guest-alice left (192.0.2.1): it took nothing for 30 s"


@on_virtual_clock
async def test_a_client_that_shuts_its_window_loses_the_session_only() -> None:
    async def handler(terminal: Terminal) -> int:
        if terminal.visit.command == "other":
            return await greet(terminal)
        while True:
            terminal.write(b"x" * 4096)
            await terminal.wait_sent()

    async with serving(handler) as world, connect(world.server) as client:
        slow = await client.open("slow", window=65536)
        slow.stop_reading()
        await trio.sleep(299)
        assert not any("dropped" in line for line in world.records.lines)
        await trio.sleep(40)
        assert world.records.lines[-1] == (
            "dropped a session of guest-alice (192.0.2.1): its client took nothing for 300 s"
        )
        slow.read_on()
        await slow.wait_closed()
        assert len(slow.stdout) >= 65536
        other = await client.open("other")
        await other.wait_closed()
        assert other.exit_status == 0


@on_virtual_clock
async def test_a_session_that_has_ended_waits_for_a_slow_reader_but_not_forever() -> None:
    async def handler(terminal: Terminal) -> int:
        terminal.write(b"x" * 200_000)
        return 0

    async with serving(handler) as world, connect(world.server) as client:
        for patience, complete in ((200, True), (400, False)):
            slow = await client.open("x", window=65536)
            slow.stop_reading()
            await trio.sleep(patience)
            slow.read_on()
            await slow.wait_closed()
            assert (len(slow.stdout) == 200_000) is complete
        assert "its client took nothing for 300 s" in world.records.lines[-1]


@on_virtual_clock
async def test_who_waits_for_a_channel_that_goes_is_told() -> None:
    told: list[float] = []

    async def handler(terminal: Terminal) -> int:
        terminal.write(b"x" * 200_000)
        with trio.CancelScope(deadline=trio.current_time() + 100, shield=True):
            with pytest.raises(TerminalGone):
                await terminal.wait_sent()
            told.append(trio.current_time())
        return 0

    async with serving(handler) as world, connect(world.server) as client:
        slow = await client.open("x", window=65536)
        slow.stop_reading()
        await trio.sleep(7)
        await client.vanish()
        await trio.sleep(200)
    assert told == [7]


@on_virtual_clock
async def test_a_session_that_writes_without_waiting_is_dropped() -> None:
    gone: list[int] = []

    async def handler(terminal: Terminal) -> int:
        try:
            while True:
                terminal.write(b"x" * 10_000)
                gone.append(terminal.unsent())
        except TerminalGone:
            pass
        with pytest.raises(TerminalGone):
            terminal.write(b"x")
        await trio.lowlevel.checkpoint()
        raise AssertionError("the session's scope is cancelled")

    async with serving(handler) as world, connect(world.server) as client:
        channel = await client.open("x", window=65536)
        await channel.wait_closed()
    assert 1_000_000 < gone[-1] <= 1024 * 1024
    assert "dropped a session of guest-alice" in world.records.lines[1]
    assert "the limit is 1048576" in world.records.lines[1]
    assert not world.records.tracebacks


@on_virtual_clock
async def test_frames_wait_until_the_one_before_has_left() -> None:
    waited: list[tuple[int, int]] = []

    async def handler(terminal: Terminal) -> int:
        for _ in range(6):
            terminal.write(b"x" * 20_000)
            before = terminal.unsent()
            await terminal.wait_sent()
            waited.append((before, terminal.unsent()))
        return 0

    async with serving(handler) as world, connect(world.server) as client:
        channel = await client.open("x", window=50_000)
        channel.stop_reading()
        await trio.testing.wait_all_tasks_blocked()
        assert len(waited) == 2
        channel.read_on()
        await channel.wait_closed()
        assert (len(channel.stdout), len(waited)) == (120_000, 6)
    assert all(before >= 10_000 and after == 0 for before, after in waited)


@on_virtual_clock
async def test_somebody_who_calls_itself_openssh_and_acknowledges_late_gets_everything() -> None:
    async def handler(terminal: Terminal) -> int:
        for _ in range(50):
            terminal.write(b"x" * 20_000)
            await terminal.wait_sent()
        return 0

    async with serving(handler) as world, connect(world.server, client_version="OpenSSH_9.9") as client:
        channel = await client.open("x")  # a window of 2 MiB, acknowledged at 1 MiB
        await trio.sleep(1)
        assert 256 * 1024 <= len(channel.stdout) < 300_000
        await channel.wait_closed()
        assert (len(channel.stdout), channel.exit_status) == (1_000_000, 0)
        assert trio.current_time() <= 30


@on_virtual_clock
async def test_input_that_is_not_read_is_not_taken() -> None:
    go = trio.Event()
    size = 700_000

    async def handler(terminal: Terminal) -> int:
        await go.wait()
        total = 0
        while total < size:
            event = await terminal.receive()
            assert isinstance(event, Input)
            total += len(event.data)
        return 0

    async with serving(handler) as world, connect(world.server) as client:
        channel = await client.open("x")
        channel.send(b"x" * size)
        await trio.sleep(10)
        assert channel.raw.get_write_buffer_size() > size - 200_000
        go.set()
        await channel.wait_closed()
        assert channel.exit_status == 0


@on_virtual_clock
async def test_a_window_sent_byte_by_byte_stays_small() -> None:
    terminals: list[SshTerminal] = []
    go = trio.Event()

    async def handler(terminal: Terminal) -> int:
        assert isinstance(terminal, SshTerminal)
        terminals.append(terminal)
        await go.wait()
        text = b""
        while len(text) < 8_000:
            event = await terminal.receive()
            assert isinstance(event, Input)
            text += event.data
        return 0 if text == b"ab" * 4_000 else 1

    async with serving(handler) as world, connect(world.server) as client:
        channel = await client.open("x")
        for _ in range(4_000):
            channel.send(b"a")
            channel.send(b"b")
        await trio.testing.wait_all_tasks_blocked()
        assert len(terminals[0]._channel._recv_buf) < 10
        go.set()
        await channel.wait_closed()
        assert channel.exit_status == 0


@on_virtual_clock
async def test_a_flood_of_requests_is_not_answered_without_end() -> None:
    limits = make_limits(transport_hard=100_000, write_stall=1000)
    streams = trio.testing.lockstep_stream_pair
    async with serving(wait_forever, limits) as world, connect(world.server, streams=streams) as client:
        await client.open("x")
        client.freeze()
        for _ in range(5000):
            client.raw._send_global_request(b"nonsense@example.com", want_reply=True)
        await trio.sleep(1)
    assert world.records.lines[-1] == "guest-alice left (192.0.2.1): more than 100000 bytes wait for it"
