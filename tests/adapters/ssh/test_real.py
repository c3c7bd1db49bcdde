"""Real sockets and the ssh clients people have."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import trio

from chatd.adapters.ssh import SshLimits, SshServer, load_or_create_host_key, open_engine
from chatd.core.visit import EndOfInput, Input
from chatd.ports import Terminal
from tests.adapters.ssh.world import Door, Records
from tests.support import make_limits

pytestmark = [pytest.mark.real, pytest.mark.timeout(20)]


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


async def serve(staying: trio.Event, stop: trio.Event, terminal: Terminal) -> int:
    """A few commands: whoami, fail, big N, count, screen, stay."""
    visit = terminal.visit
    match (visit.command or "screen").split():
        case ["whoami"]:
            terminal.write(visit.visitor.name.encode() + b"\n")
            return 0
        case ["fail"]:
            terminal.write_error(b"no\n")
            return 42
        case ["big", size]:
            for _ in range(int(size) // 10_000):
                terminal.write(b"x" * 10_000)
                await terminal.wait_sent()
            return 0
        case ["stay"]:
            staying.set()
            await stop.wait()
            terminal.write(b"the server is stopping\n")
            return 143
        case ["count"]:
            return await count(terminal)
        case ["screen"]:
            terminal.write(f"{visit.term} {visit.size} {visit.env}\r\n".encode())
            while not isinstance(event := await terminal.receive(), Input):
                pass
            terminal.write(repr(event.data).encode())
            return 0
        case _:
            return 64


async def count(terminal: Terminal) -> int:
    total = 0
    while not isinstance(event := await terminal.receive(), EndOfInput):
        total += len(event.data) if isinstance(event, Input) else 0
    terminal.write(f"{total}\n".encode())
    return 0


class Site:
    """A server on a real port, and a home directory for clients."""

    def __init__(self, home: Path, limits: SshLimits) -> None:
        self.home = home
        self.port = 0
        self.door = Door()
        self.records = Records()
        self.staying = trio.Event()
        """Somebody's command `stay` has begun."""
        self.stop = trio.Event()
        self.log = logging.Logger("test")
        self.log.addHandler(self.records)
        host_key = load_or_create_host_key(home / "host_key")
        self.server = SshServer(
            host_key,
            self.door,
            partial(serve, self.staying, self.stop),
            limits,
            self.log,
            listen=["127.0.0.1:0"],
        )

    async def run(self, *argv: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return await trio.run_process(
            [word.replace("PORT", str(self.port)) for word in argv],
            stdin=stdin,
            capture_stdout=True,
            capture_stderr=True,
            check=False,
            env={**os.environ, "HOME": str(self.home), "SSH_AUTH_SOCK": ""},
            cwd=self.home,
        )

    async def ssh(self, *argv: str, stdin: bytes = b"", user: str = "alice") -> subprocess.CompletedProcess[bytes]:
        return await self.run(*SSH, f"{user}@127.0.0.1", *argv, stdin=stdin)


BARE = ("-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=known")
KEY = ("-i", "key", "-o", "IdentitiesOnly=yes")
SSH = ("ssh", *BARE, *KEY, "-p", "PORT")


@asynccontextmanager
async def a_site(home: Path, limits: SshLimits | None = None) -> AsyncIterator[Site]:
    load_or_create_host_key(home / "key").write_public_key(home / "key.pub")
    site = Site(home, limits or make_limits())
    with trio.fail_after(15):
        async with open_engine(site.log), trio.open_nursery() as hosting:
            await hosting.start(opened, site.server)
            (address,) = site.server.addresses
            site.port = int(address.removeprefix("ssh://127.0.0.1:"))
            yield site
            with trio.move_on_after(3):
                await site.server.goodbye("done")
            hosting.cancel_scope.cancel()


async def opened(server: SshServer, task_status: trio.TaskStatus[None]) -> None:
    """Keep a server open in a task of its own, so that cancelling its connections does not cancel the test."""
    async with server.open():
        task_status.started()
        await trio.sleep_forever()


def on_site(test: Callable[[Site], Awaitable[None]], limits: SshLimits | None = None) -> Callable[[Path], None]:
    def run(tmp_path: Path) -> None:
        async def main() -> None:
            async with a_site(tmp_path, limits) as site:
                await test(site)
            assert not site.records.tracebacks

        trio.run(main)

    run.__name__ = getattr(test, "__name__", "test")
    return run


@needs("ssh")
@on_site
async def test_openssh(site: Site) -> None:
    result = await site.ssh("-v", "whoami")
    assert (result.stdout, result.returncode) == (b"alice\n", 0)
    assert b"kex: server->client cipher: aes128-gcm@openssh.com" in result.stderr
    assert b"host key algorithm: ssh-ed25519" in result.stderr
    result = await site.ssh("fail")
    assert (result.stdout, result.stderr.splitlines()[-1], result.returncode) == (b"", b"no", 42)
    assert (await site.ssh("count", stdin=b"x" * 500_000)).stdout == b"500000\n"
    assert len((await site.ssh("big 3000000")).stdout) == 3_000_000
    guest = ("ssh", *BARE, "-o", "PubkeyAuthentication=no", "-p", "PORT", "bob@127.0.0.1", "whoami")
    assert (await site.run(*guest)).stdout == b"guest-bob\n"


@needs("ssh")
@on_site
async def test_openssh_with_a_terminal(site: Site) -> None:
    """From a pipe `ssh -tt` says that its terminal is 0x0."""
    setting = ("-tt", "-o", "SetEnv=LC_ALL=C", "-o", "SetEnv=FOO=1")
    result = await site.run(*SSH, *setting, "alice@127.0.0.1", stdin=b"\x03")
    assert b"(80, 24) {'LC_ALL': 'C'}" in result.stdout or b"(80, 24) {}" in result.stdout
    assert b"b'\\x03'" in result.stdout


@needs("ssh")
@pytest.mark.parametrize("cipher", ["chacha20-poly1305@openssh.com", "aes256-ctr", "aes256-gcm@openssh.com"])
def test_openssh_with_only_one_cipher(cipher: str, tmp_path: Path) -> None:
    async def run(site: Site) -> None:
        assert (await site.ssh("-c", cipher, "whoami")).stdout == b"alice\n"

    on_site(run)(tmp_path)


@needs("ssh")
@on_site
async def test_openssh_that_prefers_chacha_gets_gcm_if_it_has_it(site: Site) -> None:
    ciphers = "Ciphers=chacha20-poly1305@openssh.com,aes256-ctr,aes256-gcm@openssh.com"
    result = await site.ssh("-v", "-o", ciphers, "whoami")
    assert (result.stdout, result.returncode) == (b"alice\n", 0)
    for way in (b"server->client", b"client->server"):
        assert b"kex: " + way + b" cipher: aes256-gcm@openssh.com" in result.stderr


@needs("ssh")
@pytest.mark.parametrize("cipher", ["chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com"])
def test_openssh_exchanging_keys_all_the_time(cipher: str, tmp_path: Path) -> None:
    async def run(site: Site) -> None:
        often = ("-c", cipher, "-o", "RekeyLimit=64K")
        assert len((await site.ssh(*often, "big 1000000")).stdout) == 1_000_000
        assert (await site.ssh(*often, "count", stdin=b"x" * 500_000)).stdout == b"500000\n"

    on_site(run)(tmp_path)


@needs("ssh")
@on_site
async def test_openssh_is_refused_everything_else(site: Site) -> None:
    result = await site.run(*SSH, "-W", "127.0.0.1:22", "alice@127.0.0.1")
    assert b"administratively prohibited: this server forwards nothing" in result.stderr
    result = await site.run(*SSH, "-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:22", "alice@127.0.0.1")
    assert b"remote port forwarding failed" in result.stderr
    assert (await site.run("sftp", *BARE, *KEY, "-P", "PORT", "alice@127.0.0.1")).returncode == 255
    assert (await site.run("scp", *BARE, *KEY, "-P", "PORT", "key.pub", "alice@127.0.0.1:x")).returncode == 255
    assert (await site.ssh("-A", "-X", "whoami")).stdout == b"alice\n"


@needs("ssh")
@on_site
async def test_openssh_shares_a_connection(site: Site) -> None:
    control = (*SSH, "-S", str(site.home / "control"))
    await site.run(*control, "-M", "-f", "-N", "alice@127.0.0.1")
    assert (await site.run(*control, "alice@127.0.0.1", "fail")).returncode == 42
    assert (await site.run(*control, "alice@127.0.0.1", "whoami")).stdout == b"alice\n"
    assert len(site.door.admitted) == 1
    await site.run(*control, "-O", "exit", "alice@127.0.0.1")


@needs("ssh")
def test_openssh_shows_why_it_is_refused(tmp_path: Path) -> None:
    async def run(site: Site) -> None:
        result = await site.ssh("whoami")
        assert result.returncode == 255
        assert b":12: 0 connections from one address, the limit" in result.stderr

    on_site(run, make_limits(connections_per_address=0))(tmp_path)


@needs("ssh")
def test_a_stopped_client_is_dropped(tmp_path: Path) -> None:
    async def run(site: Site) -> None:
        argv = [word.replace("PORT", str(site.port)) for word in (*SSH, "alice@127.0.0.1", "big 100000000")]
        process = await trio.lowlevel.open_process(argv, stdout=subprocess.PIPE, cwd=site.home)
        assert process.stdout is not None
        await process.stdout.receive_some(1)
        process.send_signal(signal.SIGSTOP)
        while site.server.counts != (0, 0):  # noqa: ASYNC110 -- a connection's end rings no bell
            await trio.sleep(0.05)
        process.kill()
        await process.wait()
        # Which comes first depends on how much the kernel takes in its place.
        assert site.records.lines[-1].endswith(("it took nothing for 1 s", "it does not answer"))

    on_site(run, make_limits(write_stall=1, keepalive=0.5, keepalive_misses=1))(tmp_path)


@needs("ssh")
@on_site
async def test_when_the_server_gives_up_clients_learn_it(site: Site) -> None:
    async def stop() -> None:
        await site.staying.wait()
        site.server.connections.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop)
        result = await site.ssh("stay")
        # The status leaves before the socket is closed, at once: a client whose goodbye finds it closed ends with 255.
        broken_off = result.returncode == 255 and b"send disconnect: Broken pipe" in result.stderr
        assert result.returncode == 143 or broken_off, result


@needs("ssh")
@on_site
async def test_when_the_server_says_goodbye_the_status_arrives(site: Site) -> None:
    async def stop() -> None:
        await site.staying.wait()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(site.server.goodbye, "time to go")
            site.stop.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop)
        result = await site.ssh("stay")
        assert (result.stdout, result.returncode) == (b"the server is stopping\n", 143)


@needs("dbclient")
@on_site
async def test_dropbear(site: Site) -> None:
    dbclient = ("dbclient", "-y", "-y", "-T", "-p", "PORT")
    assert (await site.run(*dbclient, "bob@127.0.0.1", "whoami")).stdout == b"guest-bob\n"
    assert len((await site.run(*dbclient, "bob@127.0.0.1", "big 3000000")).stdout) == 3_000_000
    if shutil.which("dropbearkey"):
        await site.run("dropbearkey", "-t", "ed25519", "-f", "bear")
        assert (await site.run(*dbclient, "-i", "bear", "bob@127.0.0.1", "whoami")).stdout == b"bob\n"


@needs("plink")
@on_site
async def test_putty(site: Site) -> None:
    shown = await site.run("ssh-keygen", "-l", "-f", "host_key")
    plink = ("plink", "-batch", "-P", "PORT", "-hostkey", shown.stdout.split()[1].decode())
    result = await site.run(*plink, "-v", "bob@127.0.0.1", "whoami")
    assert result.stdout == b"guest-bob\n"
    # It would have AES in counter mode.
    assert result.stderr.count(b" GCM ") >= 2, result.stderr
    assert len((await site.run(*plink, "bob@127.0.0.1", "big 5000000")).stdout) == 5_000_000


@on_site
async def test_noise_on_the_port(site: Site) -> None:
    for noise in (b"", b"GET / HTTP/1.0\r\n\r\n", os.urandom(3000), b"SSH-2.0-OpenSSH_9.2\r\n" + os.urandom(3000)):
        stream = await trio.open_tcp_stream("127.0.0.1", site.port)
        await stream.send_all(noise)
        # Closing with a reset is what impatient scanners do.
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        await stream.aclose()
    if shutil.which("ssh"):
        assert (await site.ssh("whoami")).stdout == b"alice\n"
    assert sum("without logging in" in line for line in site.records.lines) <= 4
