"""Who comes in, and as whom."""

from __future__ import annotations

from pathlib import Path

import asyncssh
import pytest
import trio

from chatd.adapters.ssh.auth import SshLogin, plain_key, signature_holds
from chatd.core.visit import Kind
from chatd.testing.ssh import connect
from tests.adapters.ssh.clients import Blaster, Forger, Offerer
from tests.adapters.ssh.world import ALICE, BOB, MALLORY, Door, greet, on_virtual_clock, serving
from tests.support import make_limits


@on_virtual_clock
async def test_a_signature_makes_a_member() -> None:
    async with serving(greet) as world:
        async with connect(world.server, keys=[ALICE]):
            pass
        await trio.sleep(1)
    (visitor,) = world.door.admitted
    assert (visitor.name, visitor.kind, visitor.fingerprint) == ("alice", Kind.MEMBER, ALICE.get_fingerprint())
    assert ALICE.get_fingerprint().startswith("SHA256:")
    assert world.records.lines[0] == f"alice came in from 192.0.2.1: member, publickey {ALICE.get_fingerprint()}"
    assert world.records.lines[1].startswith("alice left (192.0.2.1): ")
    assert len(world.records.lines) == 2


@on_virtual_clock
async def test_without_a_key_one_is_a_guest() -> None:
    async with serving(greet) as world, connect(world.server) as client:
        channel = await client.open("x")
        await channel.wait_closed()
        assert channel.stdout == b"guest-alice x"
    assert world.door.admitted[0].fingerprint is None


@on_virtual_clock
async def _comes_without_a_key() -> None:
    async with serving(greet) as world, connect(world.server):
        pass
    assert world.door.admitted[0].fingerprint is None


def test_the_keys_of_whoever_runs_this_are_nobodys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A client of the harness has the keys it is given, and none from the home directory."""
    (tmp_path / ".ssh").mkdir()
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / ".ssh" / "id_ed25519")
    monkeypatch.setenv("HOME", str(tmp_path))
    _comes_without_a_key()


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp521", "ssh-rsa"])
@on_virtual_clock
async def test_kinds_of_keys(kind: str) -> None:
    key = asyncssh.generate_private_key(kind)
    async with serving(greet) as world, connect(world.server, keys=[key], guest=False):
        pass
    assert world.door.admitted[0].fingerprint == key.get_fingerprint()


@on_virtual_clock
async def test_an_agents_keys_are_tried_in_turn() -> None:
    async with serving(greet) as world:
        world.door.owns("alice", ALICE)
        async with connect(world.server, keys=[MALLORY, BOB, ALICE]):
            pass
    assert world.door.admitted[0].fingerprint == ALICE.get_fingerprint()
    assert [what for what, *_ in world.door.asked] == ["accepts", "accepts", "accepts", "accepts", "admit"]


@on_virtual_clock
async def test_a_key_declined_at_its_signature_makes_room_for_the_next() -> None:
    async with serving(greet) as world:
        world.door.decline_at_signature = {MALLORY.get_fingerprint()}
        async with connect(world.server, keys=[MALLORY, BOB]):
            pass
    (visitor,) = world.door.admitted
    assert visitor.fingerprint == BOB.get_fingerprint()


@pytest.mark.parametrize("engine", [Offerer, Forger])
@on_virtual_clock
async def test_who_only_has_the_public_key_is_a_guest(engine: type[asyncssh.SSHClientConnection]) -> None:
    """OpenSSH offers keys first and asks as a guest afterwards; what was offered must not stick."""
    Forger.forged_with = MALLORY
    async with serving(greet) as world:
        world.door.owns("alice", ALICE)
        async with connect(world.server, keys=[ALICE], engine=engine) as client:
            channel = await client.open("x")
            await channel.wait_closed()
            assert channel.stdout == b"guest-alice x"
    (visitor,) = world.door.admitted
    assert (visitor.kind, visitor.fingerprint) == (Kind.GUEST, None)
    assert ("accepts", "alice", ALICE.get_fingerprint()) in world.door.asked
    assert "admit" not in {what for what, *_ in world.door.asked}


@on_virtual_clock
async def test_certificates_are_declined() -> None:
    certificate = MALLORY.generate_user_certificate(ALICE, "alice", principals=["alice"])
    pair = asyncssh.load_keypairs([(ALICE, certificate)])[0]
    async with serving(greet) as world, connect(world.server, keys=[pair]):
        pass
    assert world.door.admitted[0].kind is Kind.GUEST


@on_virtual_clock
async def test_none_and_passwords_are_no_way_in() -> None:
    async with serving(greet) as world:
        with pytest.raises(asyncssh.PermissionDenied):
            async with connect(world.server, guest=False, password="secret"):
                pass
        assert world.door.admitted == []


@on_virtual_clock
async def test_guests_only_when_the_door_lets_them_in() -> None:
    async with serving(greet) as world:
        world.door.guests = False
        with pytest.raises(asyncssh.DisconnectError, match="more than 6 logins failed"):
            async with connect(world.server):
                pass
        assert [what for what, *_ in world.door.asked] == ["guest"] * 6
        assert "went without logging in: more than 6 logins failed" in world.records.lines[0]


@on_virtual_clock
async def test_requests_that_supersede_each_other_count_too() -> None:
    async with serving(greet) as world:
        with pytest.raises(asyncssh.DisconnectError, match="more than 6 logins failed"):
            async with connect(world.server, engine=Blaster):
                pass


@pytest.mark.parametrize(("count", "gets_in"), [(20, True), (21, False)])
@on_virtual_clock
async def test_twenty_keys_may_be_offered(count: int, gets_in: bool) -> None:
    keys = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(count)]
    async with serving(greet) as world:
        world.door.owns("alice", ALICE)
        if gets_in:
            async with connect(world.server, keys=keys):
                pass
            return
        with pytest.raises(asyncssh.DisconnectError, match="more than 20 keys were offered: try ssh -o Ident"):
            async with connect(world.server, keys=keys):
                pass


@on_virtual_clock
async def test_a_fault_of_the_door_is_logged_and_lets_nobody_in() -> None:
    def broken(login: str, fingerprint: str) -> bool:
        raise RuntimeError("the door is broken")

    async with serving(greet) as world:
        world.door.accepts_key = broken  # type: ignore[method-assign]
        with pytest.raises((asyncssh.Error, OSError)):
            async with connect(world.server, keys=[ALICE]):
                pass
        assert [record.getMessage() for record in world.records.tracebacks] == ["fault in accepts_key (192.0.2.1)"]
        del world.door.accepts_key
        async with connect(world.server, keys=[ALICE]):
            pass
    assert len(world.door.admitted) == 1


def login(door: Door) -> SshLogin:
    def fault(where: str, error: Exception) -> None:
        raise AssertionError(where) from error

    return SshLogin(door, make_limits(), "192.0.2.1", fault)


def test_one_connection_admits_once() -> None:
    door = Door()
    subject = login(door)
    assert subject.guest("alice")
    assert not subject.signed("bob", "SHA256:bob")
    assert not subject.guest("bob")
    assert not subject.offered("bob", "SHA256:bob")
    subject.close()
    subject.close()
    assert [visitor.name for visitor in door.left] == ["guest-alice"]


def test_nobody_comes_in_after_the_end() -> None:
    door = Door()
    subject = login(door)
    subject.close()
    assert not subject.signed("bob", "SHA256:bob")
    assert not subject.guest("bob")
    assert (door.admitted, door.left) == ([], [])


def test_signatures_with_sha1_do_not_hold() -> None:
    key = asyncssh.generate_private_key("ssh-rsa")
    public = plain_key(key.public_data)
    assert public is not None
    assert signature_holds(public, b"message", key.sign(b"message", b"rsa-sha2-256"))
    assert not signature_holds(public, b"message", key.sign(b"message", b"ssh-rsa"))
    assert not signature_holds(public, b"other", key.sign(b"message", b"rsa-sha2-256"))
    for junk in (b"", b"\0\0\0\x07ssh-", key.sign(b"message", b"rsa-sha2-256")[:-3]):
        assert not signature_holds(public, b"message", junk)


def test_a_key_has_one_spelling() -> None:
    data = ALICE.public_data
    assert plain_key(data) is not None
    rsa = asyncssh.generate_private_key("ssh-rsa").public_data
    renamed = b"\0\0\0\x0crsa-sha2-512" + rsa[11:]
    for other in (data + b"\0", data[:-1], b"", b"junk", renamed):
        assert plain_key(other) is None
    padded = rsa.replace(b"\0\0\0\x03\1\0\1", b"\0\0\0\x04\0\1\0\1")
    assert padded != rsa
    assert plain_key(rsa) is not None
    assert plain_key(padded) is None
    assert plain_key(asyncssh.generate_private_key("ssh-ed448").public_data) is None
    certificate = MALLORY.generate_user_certificate(ALICE, "alice", principals=["alice"])
    assert plain_key(certificate.public_data) is None
