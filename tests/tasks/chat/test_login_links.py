"""Links: each logs in once, for ten minutes, and nobody can have so many that others have none."""

from __future__ import annotations

import pytest
import trio

from chatd.errors import LimitReached
from chatd.tasks.chat import login_links
from chatd.tasks.chat.login_links import LINK_S, MAX_LINKS, LoginLinks
from chatd.testing import run
from chatd.testing.sources import SeededSecrets


def test_a_code_is_good_once() -> None:
    async def main() -> None:
        links = LoginLinks(SeededSecrets(1))
        code = links.make("alice", "K1")
        link = links.take(code)
        assert link is not None and (link.name, link.fingerprint) == ("alice", "K1")
        assert links.take(code) is None and links.take("") is None and links.take("x" * 5000) is None

    run(main)


@pytest.mark.parametrize(("seconds", "good"), [(LINK_S - 1, True), (LINK_S, False)])
def test_a_code_is_good_for_ten_minutes(seconds: float, good: bool) -> None:
    async def main() -> None:
        links = LoginLinks(SeededSecrets(1))
        code = links.make("alice", "K1")
        await trio.sleep(seconds)
        assert (links.take(code) is not None) == good

    run(main)


def test_beyond_so_many_of_a_key_the_oldest_goes() -> None:
    async def main() -> None:
        links = LoginLinks(SeededSecrets(1))
        others = links.make("bob", "K2")
        codes = [links.make(name, "K1") for name in ("alice", "ali") * MAX_LINKS]
        assert [code for code in codes if links.take(code)] == codes[-MAX_LINKS:]
        assert links.take(others) is not None

    run(main)


def test_when_there_are_too_many_of_all_they_are_refused_until_some_have_expired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(login_links, "MAX_ALL_LINKS", 3)

    async def main() -> None:
        links = LoginLinks(SeededSecrets(1))
        first = links.make("p0", "K0")
        await trio.sleep(LINK_S / 2)
        for number in (1, 2):
            links.make(f"p{number}", f"K{number}")
        with pytest.raises(LimitReached, match="3 links"):
            links.make("p3", "K3")
        await trio.sleep(LINK_S / 2)
        assert links.take(links.make("p3", "K3")) is not None
        assert links.take(first) is None and len(links) == 2

    run(main)


def test_what_is_concerned_goes() -> None:
    async def main() -> None:
        links = LoginLinks(SeededSecrets(1))
        codes = {who: links.make(*who) for who in (("alice", "K1"), ("ali", "K1"), ("bob", "K2"))}
        links.forget(lambda name, key: (name, key) == ("alice", "K1"))
        assert [who for who, code in codes.items() if links.take(code)] == [("ali", "K1"), ("bob", "K2")]

    run(main)
