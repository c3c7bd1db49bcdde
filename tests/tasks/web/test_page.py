"""The page's files are sent as they are, under a policy that lets nothing of anybody else's be run or loaded."""

from __future__ import annotations

import re

import pytest

from chatd.testing import World
from chatd.wiring.web import PAGE
from tests.support import in_world

FILES = sorted(path.name for path in PAGE.iterdir())
MAX_LINES = 300


@in_world(web=True)
async def test_the_page_and_each_of_its_files_are_there_without_a_login(world: World) -> None:
    browser = world.browser()
    for path in ("/", "/login"):
        answer = await browser.get(path)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for name in FILES:
        answer = await browser.get(f"/page/{name}")
        assert answer.status == 200 and answer.body == (PAGE / name).read_bytes()
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


@in_world(web=True)
async def test_a_file_that_a_browser_has_is_not_sent_again(world: World) -> None:
    browser = world.browser()
    first = await browser.get("/page/main.js")
    tag = first.headers["etag"]
    again = await browser.get("/page/main.js", if_none_match=f'"other", W/{tag}')
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert (await browser.get("/page/page.css", if_none_match=tag)).status == 200
    assert (await browser.request("HEAD", "/page/main.js")).body == b""


@in_world(web=True)
async def test_what_is_no_file_of_the_page_is_missing(world: World) -> None:
    for name in ("no.js", "%2e%2e", "..%2fconfig.py", "index.html%00"):
        assert (await world.browser().get(f"/page/{name}")).status == 404, name


def test_nothing_of_the_page_is_inline_or_from_elsewhere() -> None:
    index = (PAGE / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", index)
    assert set(re.findall(r'(?:src|href)="([^"]+)"', index)) <= {f"/page/{name}" for name in FILES} | {"/", "#composer"}


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_scripts_are_small_and_make_no_markup_of_texts(name: str) -> None:
    text = (PAGE / name).read_text()
    assert len(text.splitlines()) <= MAX_LINES
    found = re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc", text
    )
    assert found is None, f"{name} has {found and found[0]}"
    for module in re.findall(r'(?:from|import)\s+"([^"]+)"', text):
        assert module.startswith("./") and module[2:] in FILES, f"{name} imports {module}"
