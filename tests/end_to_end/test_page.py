"""The page in a real browser, beside people who came by ssh: the same rooms, and nothing lost, doubled or run."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chatd.testing.plugin.snapshots import hold
from chatd.testing.upstream import OLLAMA, Received, Step, json_reply, streamed
from tests.end_to_end.browser import Reader, chromium
from tests.end_to_end.server import Server, poll
from tests.end_to_end.test_models import SHOWN, listed, ollama_at
from tests.end_to_end.test_web import web_address

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.real, pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]  # fmt: skip

SNAPSHOT = Path(__file__).parent / "page.aria.yaml"
"""What a screen reader finds on the page; `--chatd-update` writes it anew."""

Enter = Callable[..., Reader]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests; each has a context of its own."""
    with chromium() as started:
        yield started


@pytest.fixture
def gateway(start: Callable[..., Server]) -> tuple[Server, str]:
    """A server, and where its gateway is."""
    server = start("--web", "127.0.0.1:0")
    return server, web_address(server)


@pytest.fixture
def enter(browser: Browser, gateway: tuple[Server, str]) -> Iterator[Enter]:
    """Lets people in at browsers of their own."""
    readers: list[Reader] = []

    def one(name: str, **options: int) -> Reader:
        readers.append(Reader(browser, gateway[1], **options))
        readers[-1].logs_in(gateway[0], name)
        return readers[-1]

    yield one
    for reader in readers:
        reader.leave()


def say(server: Server, name: str, text: str) -> None:
    done = server.run(name, "say", "-", stdin=text.encode())
    assert done.returncode == 0, done.stderr


def history(server: Server) -> list[dict[str, object]]:
    done = server.run("bob", "history", "--limit", "1000", "--json")
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def test_from_the_link_to_an_answer_that_grows_and_one_that_is_cancelled(
    gateway: tuple[Server, str], enter: Enter
) -> None:
    server, home = gateway
    alice = enter("alice")
    page = alice.page
    assert page.url == f"{home}/", "the code is gone from the address"
    page.locator("#composer:focus").wait_for()
    alice.types("@eliza I am unhappy about the weather")
    answer = page.locator(".row.model.open .body")
    answer.wait_for()
    sizes = {len(answer.inner_text())}
    page.locator("#answers", has_text="tokens/s").wait_for()
    sizes.add(len(answer.inner_text()))
    assert len(sizes) == 2, "it grows while one looks"
    page.locator(".row.model:not(.open)").wait_for()
    page.locator("#answers").wait_for(state="hidden")
    assert not page.locator(".tag").count()
    alice.types("@eliza do you remember what I said of my mother and of all the others in the house?")
    page.locator(".row.model.open").wait_for()
    page.keyboard.press("Escape")
    page.locator(".row.model:not(.open) .tag.cancelled").wait_for()
    assert [row["status"] for row in history(server)] == ["complete", "complete", "complete", "cancelled"]
    page.get_by_role("button", name="Ask again").last.click()
    poll(lambda: len(history(server)) >= 6)
    assert history(server)[2]["content"] == history(server)[4]["content"], "the same question"
    assert not alice.complaints
    assert not alice.elsewhere


HOSTILE = """hello <img src=x onerror="alert(1)"><script>alert(2)</script>

[click](javascript:alert(3)) <javascript:alert(4)> ![x](https://elsewhere.example/x.png)

```"><svg/onload=alert(5)>
<b>bold</b>
```

| <i>a</i> | b |
|---|---|
| <iframe src=//elsewhere.example> | 2 |"""


def test_what_somebody_says_over_ssh_is_there_at_once_and_runs_nothing(
    gateway: tuple[Server, str], enter: Enter
) -> None:
    server, _ = gateway
    alice = enter("alice")
    say(server, "bob", HOSTILE)
    row = alice.page.locator(".row.user", has_text="hello")
    row.wait_for()
    for text in ("<img src=x onerror=", "<script>alert(2)</script>", "[click](javascript:alert(3))", "<b>bold</b>"):
        assert text in row.inner_text(), text
    assert not alice.page.locator("#rows").locator("img, script, iframe, svg, b, [onerror]").count()
    links = alice.page.eval_on_selector_all("#rows a", "all => all.map(one => one.href)")
    assert links == ["https://elsewhere.example/x.png"]
    assert not alice.complaints
    assert not alice.elsewhere


def test_a_topic_and_a_name_are_words(gateway: tuple[Server, str], enter: Enter) -> None:
    server, _ = gateway
    command = server.ssh("bob")
    lines = b"/topic <img src=x onerror=alert(1)> and more\n"
    done = subprocess.run([command[0], "-T", *command[1:]], input=lines, capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr
    alice = enter("alice")
    topic = alice.page.locator("#topic", has_text="and more")
    topic.wait_for()
    assert topic.inner_text() == "<img src=x onerror=alert(1)> and more"
    assert not alice.page.locator("#top img").count()
    assert not alice.complaints


def test_a_room_is_made_and_told_what_it_is_about(gateway: tuple[Server, str], enter: Enter) -> None:
    server, _ = gateway
    alice = enter("alice")
    alice.types("/create den")
    alice.page.locator("#room-name", has_text="den").wait_for()
    alice.types("/topic tea and cake")
    alice.page.locator("#topic", has_text="tea and cake").wait_for()
    alice.page.locator("#rows", has_text="alice set the topic: tea and cake").wait_for()
    assert server.run("alice", "room", "den", "topic").stdout == b"tea and cake\n"
    assert not alice.complaints
    alice.types("/create den")
    alice.page.locator("#notice", has_text="the room den exists already").wait_for()


def test_what_is_set_of_a_room_is_shown_and_changed(gateway: tuple[Server, str], enter: Enter) -> None:
    server, _ = gateway
    alice, bob = enter("alice"), enter("bob")
    alice.types("/room description for tea & <b>cake</b>")
    alice.page.locator("#notice", has_text="description: for tea & <b>cake</b>").wait_for()
    alice.page.locator("#room-name").click()
    form = alice.page.get_by_role("dialog", name="What is set of lobby")
    assert form.get_by_label("Description").input_value() == "for tea & <b>cake</b>"
    bob.types("/room topic brewing")  # meanwhile; what alice does not touch is left alone
    alice.page.locator("#topic", has_text="brewing").wait_for()
    form.get_by_label("Default model").select_option("eliza")
    form.get_by_label("Retrieval").check()
    assert not alice.complaints and not bob.complaints
    form.get_by_label("System prompt").fill("é" * 3000)
    form.get_by_role("button", name="Save").click()
    form.get_by_text("the limit is 4 KiB").wait_for()
    form.get_by_label("System prompt").fill("Be brief.")
    alice.page.keyboard.press("Enter")  # a new line
    form.get_by_role("button", name="Save").click()
    form.wait_for(state="hidden")
    assert json.loads(server.run("alice", "room", "--json").stdout) == {
        "name": "lobby", "topic": "brewing", "description": "for tea & <b>cake</b>", "default": "eliza",
        "system": "Be brief.", "retrieval": "on",
    }  # fmt: skip
    alice.types("/room colour red")
    alice.page.locator("#notice", has_text="a room has no setting colour").wait_for()


def test_a_server_that_is_killed_loses_nothing_and_nothing_is_said_twice(
    start: Callable[..., Server], browser: Browser
) -> None:
    first = start("--web", "127.0.0.1:0")
    home = web_address(first)
    alice = Reader(browser, home)
    page = alice.logs_in(first, "alice")
    alice.types("@eliza I am unhappy about the weather in the north")
    page.locator(".row.model.open").wait_for()
    first.stop(signal.SIGKILL)
    page.locator("#offline").wait_for()
    alice.types("said while nobody was there")
    page.locator(".row.pending", has_text="waits for the connection").wait_for()
    page.keyboard.type("a draft")
    second = start("--web", home.removeprefix("http://"))
    web_address(second)
    page.locator("#offline").wait_for(state="hidden")
    page.locator(".row.pending").wait_for(state="detached")
    say(second, "bob", "we are back")
    page.locator(".row", has_text="we are back").wait_for()
    rows = history(second)
    assert alice.rows() == [row["id"] for row in rows]
    assert [row["content"] for row in rows].count("said while nobody was there") == 1
    assert page.locator(".row.model .tag.interrupted").count() == 1, "the answer is kept as what it is"
    assert page.locator("#composer").input_value() == "a draft"
    page.reload()
    page.locator(".row", has_text="we are back").wait_for()
    assert page.locator("#composer").input_value() == "a draft", "the draft is kept, too"
    assert alice.rows() == [row["id"] for row in rows]
    lost = [text for text in alice.complaints if "Failed to load resource: net::" not in text]
    assert not lost, "the browser itself says of each request that nobody was there"
    alice.leave()


def test_an_eighth_tab_loads_and_all_hear_what_is_said_in_one(gateway: tuple[Server, str], enter: Enter) -> None:
    server, home = gateway
    alice = enter("alice")
    say(server, "bob", "for all tabs")
    tabs: list[Page] = [alice.page]
    for _ in range(7):
        tabs.append(alice.tab())
        tabs[-1].goto(home)
        tabs[-1].locator(".row", has_text="for all tabs").wait_for()
    tabs[-1].locator("#composer").fill("from the eighth")
    tabs[-1].keyboard.press("Enter")
    for tab in tabs:
        tab.locator(".row:not(.pending)", has_text="from the eighth").wait_for()
        assert tab.locator(".row", has_text="from the eighth").count() == 1
    assert not alice.complaints


def test_history_comes_page_by_page_and_search_goes_there(gateway: tuple[Server, str], enter: Enter) -> None:
    server, _ = gateway
    say(server, "bob", "the very first word is needle")
    command = server.ssh("bob")
    hay = "".join(f"hay {number}\n" for number in range(15)).encode()
    assert subprocess.run([command[0], "-T", *command[1:]], input=hay, capture_output=True, timeout=20).returncode == 0
    for number in range(15, 19):
        say(server, "bob", "\n".join(f"line {line} of hay {number}" for line in range(200)))
    alice = enter("alice")
    alice.page.locator(".row", has_text="of hay 18").wait_for()
    alice.page.keyboard.press("Control+k")
    alice.types("needle")
    alice.page.locator("#search-found button").first.wait_for()
    alice.page.locator("#search-found button").first.click()
    alice.page.locator(".row.found", has_text="needle").wait_for()
    assert alice.rows() == [row["id"] for row in history(server)]


def test_by_keyboard_alone_on_a_narrow_screen(gateway: tuple[Server, str], enter: Enter) -> None:
    alice = enter("alice", width=320, height=600)
    page = alice.page
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert not page.locator("#side").is_visible()
    page.keyboard.press("Alt+r")
    page.locator("#side").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    poll(lambda: page.url.endswith("#~alice"))
    assert page.locator("#room-name").inner_text() == "~alice"
    page.keyboard.press("Alt+ArrowUp")
    poll(lambda: page.locator("#room-name").inner_text() == "lobby")
    say(gateway[0], "bob", "something for the news")
    page.locator(".row", has_text="something for the news").wait_for()
    assert page.locator("#rooms li").all_text_contents() == ["#lobby", "~alice"]
    page.locator("#composer").focus()
    page.keyboard.type("@ech")
    page.keyboard.press("Tab")
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    alice.types("two")
    page.locator(".row.model .body", has_text="one").wait_for()
    assert page.locator(".row.user .body").last.inner_text() == "@echo one\ntwo"
    page.keyboard.press("Control+/")
    page.locator("#help[open]").wait_for()
    page.keyboard.press("Escape")
    assert not page.locator("#help[open]").count()
    assert not alice.complaints


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => [r, g, b].map((v) => linear(v / 255))
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const paper = (element) => {
    for (let one = element; one !== null; one = one.parentElement) {
      const colour = rgba(getComputedStyle(one).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    const isSeen = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (!own || !isSeen || element.closest(".pending")) continue;
    const [a, b] = [light(rgba(getComputedStyle(element).color)), light(paper(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${element.tagName} ${element.className}: ${contrast.toFixed(2)}`);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_light_and_dark(gateway: tuple[Server, str], enter: Enter, scheme: str) -> None:
    server, _ = gateway
    say(server, "bob", '# Title\n\n`code` **b** https://e.org > @x\n\n```python\nif x == "s":  # c\n    return 1\n```')
    for name in ("ann", "ben", "cleo", "dora", "emil"):
        say(server, name, f"I am {name}")
    alice = enter("alice", width=1400)
    alice.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    alice.types("@echo done")
    alice.page.locator(".row.model:not(.open)").wait_for()
    assert alice.page.evaluate(CONTRAST) == []
    alice.page.get_by_role("button", name="Theme").first.click()
    assert alice.page.locator(":root").get_attribute("data-theme") == "light"


def test_a_screen_reader_finds_its_way(
    gateway: tuple[Server, str], enter: Enter, request: pytest.FixtureRequest
) -> None:
    server, _ = gateway
    say(server, "bob", "hello **all**\n\n```sh\nls\n```")
    alice = enter("alice", width=1400)
    page = alice.page
    page.locator(".row", has_text="hello").wait_for()
    page.locator("#people-list li").first.wait_for()
    said = page.locator("body").aria_snapshot()
    found = re.sub(r"\d\d:\d\d", "00:00", said) + "\n"
    hold(SNAPSHOT, found, update=request.config.getoption("--chatd-update"))


@pytest.mark.parametrize(("anonymous", "may_write"), [("none", False), ("read", False), ("guest", True)])
def test_without_a_login(
    start: Callable[..., Server], browser: Browser, tmp_path: Path, anonymous: str, may_write: bool
) -> None:
    config = tmp_path / "guests.toml"
    config.write_text(f'[web]\nanonymous = "{anonymous}"\n')
    server = start("--web", "127.0.0.1:0", "--config", str(config))
    nobody = Reader(browser, web_address(server))
    say(server, "bob", "hello, stranger")
    nobody.page.goto(nobody.home)
    if anonymous == "none":
        nobody.page.locator("#login", has_text="ssh 127.0.0.1 web").wait_for()
        nobody.page.goto(f"{nobody.home}/login#nonsense")
        nobody.page.locator("#login-problem", has_text="/web").wait_for()
    else:
        nobody.page.locator(".row", has_text="hello, stranger").wait_for()
        assert nobody.page.locator("#compose").is_visible() is may_write
        assert nobody.page.locator("#read-only").is_visible() is not may_write
    if may_write:
        nobody.page.locator("#composer").fill("hello, bob")
        nobody.page.keyboard.press("Enter")
        poll(lambda: [row["author"] for row in history(server)] == ["bob", "guest-web"])
        nobody.page.locator(".row:not(.pending)", has_text="hello, bob").wait_for()
    nobody.leave()


def test_who_logs_out_leaves_nothing_behind(gateway: tuple[Server, str], enter: Enter) -> None:
    alice = enter("alice")
    alice.page.keyboard.type("a secret draft")
    alice.page.get_by_role("button", name="Log out").click()
    alice.page.locator("#login").wait_for()
    assert alice.page.evaluate("Object.keys(localStorage).filter((key) => key.includes('alice'))") == []
    alice.page.goto(alice.home)
    alice.page.locator("#login").wait_for()


def thinks_and_calls(request: Received) -> tuple[Step, ...]:
    """A model that thinks, has a tool run, and then says what came of it."""
    if request.path == "/api/show":
        return json_reply(SHOWN)
    if request.json["messages"][-1]["role"] == "tool":
        return streamed(OLLAMA, *OLLAMA.answer("It is ", "**42**."))
    call = OLLAMA.call("c1", "calculate", {"expression": "6*7"})
    return streamed(OLLAMA, OLLAMA.thinking("Let me see: *six* by seven."), call, OLLAMA.done("tool_calls"))


def test_thoughts_and_tools_are_folded(
    start: Callable[..., Server], browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ollama_at() as (url, ollama):
        monkeypatch.setenv("OLLAMA_HOST", url)
        ollama.answers(thinks_and_calls)
        server = start("--web", "127.0.0.1:0")
        alice = Reader(browser, web_address(server))
        poll(lambda: "qwen3:8b" in listed(server))
        page = alice.logs_in(server, "alice")
        alice.types("@qwen3 six by seven?")
        page.locator(".row.model .body strong", has_text="42").wait_for()
        tool = page.locator("details.tool")
        tool.locator("summary", has_text="uses calculate done").wait_for()
        assert not tool.locator("pre").first.is_visible()
        tool.locator("summary").click()
        tool.locator(".input pre", has_text="6*7").wait_for()
        tool.locator(".output pre", has_text="42").wait_for()
        thoughts = page.locator(".thoughts details")
        assert not thoughts.locator("em").count()
        thoughts.locator("summary").click()
        poll(lambda: thoughts.locator(".body").inner_text() == "Let me see: six by seven.")
        alice.leave()
