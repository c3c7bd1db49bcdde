"""Whatever strangers send: the same bytes get the same answer however they are cut, and nobody else notices."""

from __future__ import annotations

import re
from itertools import pairwise
from random import Random

import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adapters.ssh.world import on_virtual_clock
from tests.adapters.web.world import WebWorld, serving

POST = b"POST /echo?x=%C3%A9 HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
GET = b"GET /rooms/x/rows HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nX-Forwarded-For: 192.0.2.3\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
OLD = b"GET /nowhere HTTP/1.0\r\n\r\n"
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAAA\r\n\r\n"
)
LONG = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 400 + b"\r\n\r\n"
WRONG = b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"
PATHS = (b"/", b"/fail", b"/stream", b"/wait", b"/silent", b"/ignore", b"*", b"http://a/", b"/%zz%ff", b"//")


INSERTED = (b"\r\n", b"\n", b"\0", b"Content-Length: 7\r\n", b"\r\nExpect: 100-continue")


async def answers(world: WebWorld, pieces: list[bytes]) -> bytes:
    """What is answered to bytes that come in pieces, and then no more."""
    connection = world.connect()
    for piece in pieces:
        await connection.stream.send_all(piece)
        for _ in range(5):
            await trio.lowlevel.checkpoint()
    await trio.sleep(60)
    return re.sub(rb"date: [^\r]*", b"", await connection.hung_up())


def cut(raw: bytes, borders: list[int]) -> list[bytes]:
    places = sorted({0, len(raw), *(border % len(raw) for border in borders)})
    return [raw[start:end] for start, end in pairwise(places)]


@given(
    st.lists(st.sampled_from([POST, CHUNKED, GET, UPGRADE]), max_size=3),
    st.sampled_from([LAST, OLD, LONG, WRONG, POST[:-2], GET[:-2], CHUNKED[:-7], CHUNKED[:-20] + b"nonsense\r\n"]),
    st.lists(st.integers(0, 2000), max_size=8),
)
@settings(max_examples=50, deadline=None)
def test_the_same_bytes_get_the_same_answer_however_they_are_cut(
    first: list[bytes], last: bytes, borders: list[int]
) -> None:
    raw = b"".join(first) + last

    @on_virtual_clock
    async def converse() -> None:
        async with serving(head=256, read_ahead=1024, body=2048) as world:
            whole = await answers(world, [raw])
            assert await answers(world, cut(raw, borders)) == whole
            assert await answers(world, [bytes([byte]) for byte in raw]) == whole
            assert whole.count(b"HTTP/1.1 ") > len(first) - 1 and not world.records.tracebacks

    converse()


def mutated(random: Random) -> bytes:
    """A request, or several, in which something is otherwise."""
    raw = bytearray(b"".join(random.choices([POST, CHUNKED, GET, UPGRADE, OLD, LAST], k=random.randint(1, 3))))
    if random.random() < 0.5:
        raw = bytearray(re.sub(rb"/[^ ]*", random.choice(PATHS), bytes(raw), count=1))
    for _ in range(random.randint(1, 6)):
        raw = raw or bytearray(GET)
        place = random.randrange(len(raw))
        match random.randrange(6):
            case 0:
                raw[place] = random.randrange(256)
            case 1:
                del raw[place : place + random.randint(1, 9)]
            case 2:
                raw[place:place] = random.randbytes(random.randint(1, 9))
            case 3:
                raw[place:place] = random.choice(INSERTED)
            case 4:
                raw[place:place] = raw[place : place + random.randint(1, 99)] * random.randint(1, 60)
            case _:
                raw = raw[: place + 1]
    return bytes(raw)


@on_virtual_clock
async def test_three_thousand_mutated_requests_harm_nobody() -> None:
    """Those that fail by themselves (`/fail`) are the only ones with a traceback; a bystander is served throughout."""
    random = Random(7)
    async with serving(connections=5000, connections_per_address=5000) as world:
        before = tasks()
        bystander = world.connect("192.0.2.8")
        for _ in range(60):
            for _ in range(50):
                connection = world.connect()
                await connection.stream.send_all(mutated(random))
                if random.random() < 0.5:
                    world.server.connections.start_soon(connection.leave)
            await trio.testing.wait_all_tasks_blocked()
            world.handlers.open.set()
            await trio.sleep(1)
            world.handlers.open = trio.Event()
            await bystander.send("GET", "/")
            assert (await bystander.answer()).body == b"hello"
        await bystander.leave()
        world.handlers.open.set()
        await trio.sleep(120)
        assert (world.server.count, world.handlers.running, tasks()) == (0, 0, before)
        odd = [record.exc_info for record in world.records.tracebacks]
        assert all(info is not None and info[0] is KeyError for info in odd)
        assert len(world.handlers.requests) > 1000


def tasks() -> int:
    """How many there are."""
    return trio.lowlevel.current_statistics().tasks_living


class Steps(trio.abc.Instrument):
    """Counts the steps of tasks."""

    def __init__(self) -> None:
        self.count = 0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.count += 1


@on_virtual_clock
async def test_a_thousand_who_only_wait_cost_nothing_but_their_two_tasks() -> None:
    async with serving(connections_per_address=1000) as world:
        before = tasks()
        there = [world.connect() for _ in range(1000)]
        for connection in there:
            await connection.send("GET", "/stream")
            await connection.head()
        await trio.testing.wait_all_tasks_blocked()
        assert (world.server.count, tasks() - before) == (1000, 2000)
        steps = Steps()
        trio.lowlevel.add_instrument(steps)
        await trio.sleep(3600)
        trio.lowlevel.remove_instrument(steps)
        assert steps.count <= 2, "only this test wakes"
        world.handlers.open.set()
        for connection in there:
            assert [await connection.piece() for _ in range(3)] == [b"first", b"last", b""]
            await connection.leave()
