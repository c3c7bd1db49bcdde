"""Whose word for the client's address counts."""

from __future__ import annotations

import pytest

from chatd.adapters.web.forwarded import Origin, Proxies
from tests.adapters.ssh.world import on_virtual_clock
from tests.adapters.web.world import serving

TRUSTED = Proxies(["192.0.2.1", "10.0.0.0/8", "2001:db8::/32"])
CLIENT = "198.51.100.7"


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        ("192.0.2.1", [CLIENT], CLIENT),
        ("192.0.2.1", [f"1.1.1.1, {CLIENT}"], CLIENT),
        ("192.0.2.1", ["1.1.1.1", CLIENT], CLIENT),
        ("192.0.2.1", [f"1.1.1.1, {CLIENT}, 10.1.2.3"], CLIENT),
        ("192.0.2.1", [f"{CLIENT}, 10.1.2.3,10.9.9.9"], CLIENT),
        ("192.0.2.1", [f"{CLIENT}:4711"], CLIENT),
        ("192.0.2.1", ["[2001:db9::1]:4711"], "2001:db9::1"),
        ("192.0.2.1", [f"::ffff:{CLIENT}"], CLIENT),
        ("192.0.2.1", ["10.0.0.5, 10.0.0.6"], "10.0.0.5"),
        ("192.0.2.1", ["nonsense, 10.0.0.6"], "10.0.0.6"),
        ("192.0.2.1", ["nonsense"], "192.0.2.1"),
        ("192.0.2.1", [""], "192.0.2.1"),
        ("2001:db8::1", [CLIENT], CLIENT),
        ("192.0.2.2", [CLIENT], "192.0.2.2"),
        ("memory", [CLIENT], "memory"),
    ],
)
def test_the_last_address_that_is_no_trusted_proxys_counts(peer: str, said: list[str], address: str) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in said]
    assert TRUSTED.origin(peer, headers) == Origin(address, direct=False, secure=False)


def test_nobody_is_believed_unless_the_operator_says_so() -> None:
    headers = [(b"x-forwarded-for", b"10.0.0.1"), (b"x-forwarded-proto", b"https")]
    assert Proxies().origin("127.0.0.1", headers) == Origin("127.0.0.1", direct=False, secure=False)
    assert Proxies().origin("127.0.0.1", []) == Origin("127.0.0.1", direct=True, secure=False)


def test_https_is_what_a_trusted_proxy_says_or_the_public_address() -> None:
    https = [(b"x-forwarded-proto", b"http, HTTPS")]
    assert TRUSTED.origin("10.1.1.1", https).secure
    assert not TRUSTED.origin("10.1.1.1", [(b"x-forwarded-proto", b"https, http")]).secure
    assert not TRUSTED.origin("192.0.2.2", https).secure
    assert Proxies(secure=True).origin("192.0.2.2", []).secure


@pytest.mark.parametrize("name", ["Forwarded", "Via", "X-Real-IP", "X-Forwarded-Host"])
def test_any_trace_of_a_proxy_means_that_one_stands_between(name: str) -> None:
    assert not Proxies().origin("127.0.0.1", [(name.lower().encode(), b"x")]).direct


@on_virtual_clock
async def test_handlers_and_the_log_are_told_of_the_client() -> None:
    async with serving(TRUSTED) as world:
        await world.client("10.0.0.1").get("/", x_forwarded_for=CLIENT, x_forwarded_proto="https")
        await world.client("192.0.2.9").get("/", x_forwarded_for=CLIENT)
    behind, direct = world.handlers.requests
    assert (behind.address, behind.secure, behind.direct) == (CLIENT, True, False)
    assert (direct.address, direct.secure, direct.direct) == ("192.0.2.9", False, False)
    assert [line.split(", ")[-1] for line in world.lines] == [CLIENT, "192.0.2.9"]
