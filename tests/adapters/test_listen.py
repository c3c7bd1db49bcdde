"""Listening sockets."""

from __future__ import annotations

import socket

import pytest
import trio

from chatd.adapters.listen import open_listeners, shown_address
from chatd.errors import CannotBind, Exit


@pytest.mark.parametrize(
    "address", ["", "2222", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "::1:22", "h:-1", "h:²"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(CannotBind, match="want HOST:PORT"):
        trio.run(open_listeners, [address])


@pytest.mark.real
def test_addresses_in_use_and_nothing_stays_open() -> None:
    async def run() -> None:
        (first,) = await open_listeners(["127.0.0.1:0"])
        address = shown_address(first)
        assert address.startswith("127.0.0.1:")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            free = probe.getsockname()[1]
        with pytest.raises(CannotBind, match=f"cannot listen on {address}: address already in use") as caught:
            await open_listeners([f"127.0.0.1:{free}", address])
        assert caught.value.exit_code is Exit.UNAVAILABLE
        for again in await open_listeners([f"127.0.0.1:{free}"]):
            await again.aclose()
        await first.aclose()

    trio.run(run)


@pytest.mark.real
def test_all_forms() -> None:
    async def run() -> None:
        listeners = await open_listeners(["127.0.0.1:0", "localhost:0", ":0"])
        assert len(listeners) >= 3
        for listener in listeners:
            await listener.aclose()
        with pytest.raises(CannotBind, match="not an address of this machine"):
            await open_listeners(["192.0.2.1:0"])
        if socket.has_ipv6:
            try:
                (listener,) = await open_listeners(["[::1]:0"])
            except CannotBind:
                return  # a machine without IPv6
            assert shown_address(listener).startswith("[::1]:")
            await listener.aclose()

    trio.run(run)
