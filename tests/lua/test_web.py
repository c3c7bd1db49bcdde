"""`/web`: a link for this person alone, shown so that it can be clicked and copied whole."""

from __future__ import annotations

from tests.lua.fake_host import FakeHost

HERE = "https://chat.example.org:8022"
LINK = HERE + "/login#CODE"


def at_the_web(host: FakeHost, url: str = HERE) -> FakeHost:
    host.web_url = url
    return host


def test_the_link_stands_alone_from_the_first_column(alice: FakeHost) -> None:
    at_the_web(alice).type("/web\n")
    assert LINK in alice.frame(80, 24).lines
    assert alice.done == [("web_link",)] and alice.told == []
    alice.press("Esc")
    assert "#CODE" not in "\n".join(alice.frame().lines), "nobody reads it over one's shoulder afterwards"


def test_a_link_that_is_longer_than_a_line_flows_on_as_it_stands(alice: FakeHost) -> None:
    at_the_web(alice, "https://" + "a" * 60 + ".example.org").type("/web\n")
    for width in (20, 33, 79, 80, 200):
        lines = alice.frame(width, 24).lines
        at = next(number for number, line in enumerate(lines) if line.startswith("https://"))
        whole = "".join(line.strip() for line in lines[at : at + -(-92 // width)])
        assert whole.startswith(alice.web_url + "/login#CODE"), f"{width} columns: {lines}"


def test_on_the_smallest_screen_one_scrolls_to_it(alice: FakeHost) -> None:
    at_the_web(alice).type("/web\n")
    alice.frame(20, 5)
    alice.press("End")
    assert "".join(line.strip() for line in alice.frame(20, 5).lines).count("#CODE") == 1


def test_a_refusal_leaves_the_line_to_be_mended(alice: FakeHost) -> None:
    alice.refusal = "guests have no links"
    alice.type("/web\n")
    assert "guests have no links" in "\n".join(alice.frame().lines) and alice.input()[0] == "/web"


def test_in_line_mode_it_is_told_in_one_piece(piped: FakeHost) -> None:
    before = len(piped.told)
    at_the_web(piped).line("/web")
    assert [told.splitlines()[-1] for told in piped.told[before:]] == [LINK]


def test_it_is_offered_where_there_is_a_gateway(alice: FakeHost) -> None:
    alice.type("/help\n")
    assert "/web" not in "\n".join(alice.frame(80, 60).lines)
    at_the_web(alice).press("Esc")
    alice.type("/help\n")
    assert "/web" in "\n".join(alice.frame(80, 60).lines)
