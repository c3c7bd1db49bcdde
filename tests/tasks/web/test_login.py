"""A link from the chat makes a session in a browser, once; what goes takes its sessions with it."""

from __future__ import annotations

from chatd.testing import World, run
from chatd.testing.web import WebClient
from tests.tasks.web.people import HOME, web


async def link(world: World, name: str) -> str:
    world.hub.web_url = "http://localhost:8022"
    made = await world.command(name, "web")
    return made.output.split()[0] if made.output.startswith("http") else made.output.strip().splitlines()[-1].strip()


def browser_of(world: World) -> WebClient:
    browser = world.browser()
    browser.headers = dict(HOME)
    return browser


def test_the_link_logs_in_once_and_logging_out_ends_it() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            url = await link(world, "alice")
            address, _, code = url.partition("#")
            assert address == "http://localhost:8022/login" and code
            browser = browser_of(world)
            answer = await browser.post("/api/v1/login", {"code": code})
            assert answer.status == 204
            cookie, *flags = answer.headers["set-cookie"].split("; ")
            assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(flags) and "Secure" not in flags
            assert (await browser_of(world).post("/api/v1/login", {"code": code})).status == 403, "once"
            browser.headers["cookie"] = cookie
            me = (await browser.get("/api/v1/me")).json()
            assert (me["name"], me["kind"], me["login"]) == ("alice", "member", "session")
            assert (await browser.post("/api/v1/rooms/lobby/rows", {"text": "hi"})).status == 201
            assert (await browser.post("/api/v1/logout", {})).status == 204
            assert (await browser.get("/api/v1/me")).status == 401

    run(main)


def test_behind_https_the_cookie_goes_no_other_way() -> None:
    async def main() -> None:
        async with World.open(web(public_url="https://chat.test"), web=True) as world:
            code = (await link(world, "alice")).partition("#")[2]
            secure = world.browser("127.0.0.1")
            secure.headers = {"host": "chat.test"}
            answer = await secure.post("/api/v1/login", {"code": code}, origin="https://chat.test")
            assert answer.status == 204
            cookie, *flags = answer.headers["set-cookie"].split("; ")
            assert cookie.startswith("__Host-chatd=") and "Secure" in flags and "Path=/" in flags
            assert (await secure.get("/api/v1/me", cookie=cookie)).json()["name"] == "alice"

    run(main)


def test_a_code_that_is_none_is_refused_in_words_that_help() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            for body, status in (({"code": "nonsense"}, 403), ({"code": ""}, 403), ({}, 422), ({"code": 5}, 422)):
                answer = await browser_of(world).post("/api/v1/login", body)
                assert answer.status == status, answer.text
            assert "`guest`" in (await browser_of(world).post("/api/v1/login", {})).json()["detail"]
            assert "/web" in (await browser_of(world).post("/api/v1/login", {"code": "x"})).json()["detail"]

    run(main)
