"""What an entered line does: speech, questions, commands, on a screen and in line mode."""

from __future__ import annotations

import pytest

from tests.lua.fake_host import FakeHost


@pytest.mark.parametrize(
    ("line", "done"),
    [
        ("hello", ("say", "hello")),
        ("//x is a path", ("say", "/x is a path")),
        ("//", ("say", "/")),
        ("@eliza how are you?", ("mention", "eliza", "how are you?", "@eliza how are you?")),
        ("  @eliza   how\nare you?  ", ("mention", "eliza", "how\nare you?", "@eliza   how\nare you?")),
        ("@Eliza, hi", ("mention", "eliza", "hi", "@Eliza, hi")),
        ("@eliza: hi", ("mention", "eliza", "hi", "@eliza: hi")),
        ("@eliza,echo hi", ("mention", "eliza,echo", "hi", "@eliza,echo hi")),
        ("@eliza,@echo,@eliza hi", ("mention", "eliza,echo", "hi", "@eliza,@echo,@eliza hi")),
        ("@qwen3:8b hi", ("mention", "qwen3:8b", "hi", "@qwen3:8b hi")),
        ("@qwen3 hi", ("mention", "qwen3", "hi", "@qwen3 hi")),
        ("@bob are you there?", ("say", "@bob are you there?")),
        ("@bob: look", ("say", "@bob: look")),
        ("@offline when you are back", ("say", "@offline when you are back")),
        ("@ eliza", ("say", "@ eliza")),
        ("hi @eliza", ("say", "hi @eliza")),
        ("/me waves", ("say", "/me waves")),
        ("/join dev", ("join", "dev")),
        ("/JOIN  dev ", ("join", "dev")),
        ("/create new", ("create", "new")),
        ("/leave", ("leave",)),
        ("/quit", ("quit",)),
    ],
)
def test_a_line_does(alice: FakeHost, piped: FakeHost, line: str, done: tuple[str, ...]) -> None:
    alice.paste(line).press("Enter")
    assert alice.done == [done]
    assert alice.input() == ("", 0)
    piped.line(line)
    assert piped.done == [done]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("@nobody hi", "there is nobody called nobody; you can ask eliza, echo, qwen3:8b"),
        ("@eliza,nobody hi", "there is nobody called nobody; you can ask eliza, echo, qwen3:8b"),
        ("@eliza", "say what you want to ask: @eliza QUESTION"),
        ("@eliza,echo", "say what you want to ask: @eliza,echo QUESTION"),
        ("@eliza,bob hi", "bob cannot be asked, only models can"),
        ("/hlep", "there is no command /hlep; did you mean /help? (//TEXT says /TEXT)"),
        ("/usr/bin/env", "there is no command /usr/bin/env; /help lists them (//TEXT says /TEXT)"),
        ("/", "there is no command /; "),
        ("/join", "say which room: /join ROOM; /rooms lists them"),
        ("/create", "say how it is to be called: /create ROOM"),
        ("/me", "say what you do: /me waves"),
        ("/who nowhere", "there is no room nowhere"),
        ("/help nothing", "there is no help on nothing; topics are start, keys, asking, "),
        ("/cancel m9", "you have no answer running"),
    ],
)
def test_a_line_is_refused_and_kept(alice: FakeHost, piped: FakeHost, line: str, why: str) -> None:
    alice.paste(line).press("Enter")
    assert alice.done == []
    assert alice.input() == (line, len(line))
    assert why in alice.frame(200, 24)
    piped.told.clear()
    piped.line(line)
    assert piped.done == []
    assert why in piped.told[0]


def test_nobody_to_ask(alice: FakeHost) -> None:
    alice.models.clear()
    alice.type("@eliza hi\n")
    assert "there is nobody called eliza; there is nobody to ask now" in alice.frame()


def test_a_refused_question_comes_back(alice: FakeHost) -> None:
    alice.refusal = "4 answers of yours are running, the limit is 4"
    alice.type("@eliza hi\n")
    assert alice.input() == ("@eliza hi", 9)
    assert "4 answers of yours are running, the limit is 4" in alice.frame()


def test_a_refused_line_does_not_overwrite_what_is_typed_meanwhile(alice: FakeHost) -> None:
    """A script's own `on_line` may wait; what is typed in that time stays, the refused line is one Up away."""
    alice.slow = True
    alice.probe("probe_refuse_late")
    alice.type("first\nsecond")
    alice.load()
    assert alice.input() == ("second", 6)
    assert alice.press("Up").input() == ("first", 5)
    assert alice.press("Down").input() == ("second", 6)
    alice.press("C-u").type("third\n")
    alice.load()
    assert alice.input() == ("third", 5)


# --- commands that show something -----------------------------------------------------------------------------------


def test_help_is_a_page(alice: FakeHost) -> None:
    alice.type("draft").press("C-a", "C-k").type("/help\n")
    frame = alice.frame(80, 24)
    assert frame.lines[0] == " Help"
    assert " /clear                clear the screen; PgUp brings it back" in frame
    assert "Ctrl-C stops your answer" not in frame
    assert "more lines, Esc closes" in frame.lines[21]
    alice.press("PgDn")
    assert "Ctrl-C stops your answer" in alice.frame(80, 24)
    alice.press("PgDn", "PgDn", "PgUp", "PgUp", "PgUp", "PgUp")
    assert " /clear" in alice.frame(80, 24)
    alice.press("Esc")
    assert "/clear" not in alice.frame(80, 24)


def test_help_on_a_topic(alice: FakeHost) -> None:
    for topic, words in {
        "keys": "Ctrl-L draws",
        "asking": "@A,B QUESTION",
        "/join": "Goes to a room",
        "me": "/me ACTION",
    }.items():
        alice.type(f"/help {topic}\n")
        assert words in alice.frame(100, 30)


def test_pages_fit_any_screen(alice: FakeHost) -> None:
    alice.type("/help\n")
    for size in ((1, 1), (5, 2), (12, 4), (20, 5), (40, 12), (200, 60)):
        alice.frame(*size)


def test_writing_closes_a_page(alice: FakeHost) -> None:
    alice.type("/rooms\n")
    assert "Rooms" in alice.frame().lines[0]
    alice.type("hello\n")
    assert "Rooms" not in alice.frame().lines[0]
    alice.type("/who\n").press("Enter")
    assert "Who" not in alice.frame().lines[0]


def test_lists(alice: FakeHost) -> None:
    alice.now += 3 * 3600_000
    alice.type("/rooms\n")
    assert "dev                  2 here, 7 rows  about code" in alice.frame()
    alice.type("/who\n")
    frame = alice.frame()
    assert "bob                  member, in lobby, 3 h" in frame
    assert "eliza                model" in frame
    alice.type("/who dev\n")
    assert "Who is in dev" in alice.frame()
    alice.models.append("off")
    alice.type("/models\n")
    frame = alice.frame()
    assert "@eliza               test" in frame
    assert "@off                 test, not to be had now" in frame


def test_cancelling_one_of_several(alice: FakeHost) -> None:
    alice.answers("eliza")
    alice.answers("echo")
    alice.answers("qwen3:8b", asker="bob")
    alice.type("/cancel eliza\n")
    assert alice.done == [("cancel", "m0")]
    alice.type("/cancel qwen3:8b\n")
    assert alice.done == [("cancel", "m0")]
    alice.press("C-c")
    assert alice.done == [("cancel", "m0"), ("cancel", "m1")]


# --- Ctrl-C, Ctrl-D ---------------------------------------------------------------------------------------------------


def test_ctrl_c_cancels_then_clears_then_says_how_to_leave(alice: FakeHost) -> None:
    alice.answers("eliza")
    alice.answers("echo")
    alice.type("half a line").press("C-c")
    assert alice.done == [("cancel", "m1")]
    assert "cancelled echo" in alice.frame()
    alice.press("C-c")
    assert alice.done[1:] == [("cancel", "m0")]
    assert alice.input()[0] == "half a line"
    alice.press("C-c")
    assert alice.input()[0] == ""
    alice.press("C-c")
    assert "/quit or Ctrl-D on an empty line leaves" in alice.frame()
    assert len(alice.done) == 2


def test_ctrl_c_leaves_others_answers_alone(alice: FakeHost) -> None:
    alice.answers("eliza", asker="bob")
    alice.press("C-c")
    assert alice.done == []


def test_ctrl_d(alice: FakeHost) -> None:
    alice.type("ab").press("C-a", "C-d")
    assert alice.input()[0] == "b"
    alice.press("C-d", "C-d")
    assert alice.done == [("quit",)]


# --- line mode --------------------------------------------------------------------------------------------------------


def test_line_mode_prints_instead_of_drawing(piped: FakeHost) -> None:
    assert piped.told == ["your key is new"]
    piped.told.clear()
    piped.says("bob", "hello alice")
    piped.tick()
    assert piped.told == []
    assert piped.loads == 0
    piped.line("/clear")
    assert piped.told == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/rooms", "dev                  2 here, 7 rows  about code"),
        ("/who", "bob                  member, in lobby, 0 min"),
        ("/models", "@eliza               test"),
        ("/help", "Ctrl-C stops your answer. //TEXT says a text that begins with /"),
        ("/help keys", "Writing"),
        ("/help me", "/me ACTION"),
    ],
)
def test_line_mode_prints_a_page_in_one_piece(piped: FakeHost, line: str, words: str) -> None:
    """Few notices may wait in the host at once: of a page told line by line the end would be lost."""
    piped.rooms |= {f"room-{i}": "" for i in range(40)}
    piped.told.clear()
    piped.line(line)
    assert len(piped.told) == 1
    lines = piped.told[0].split("\n")
    assert words in lines
    assert "" not in lines
    assert not any(line.startswith("#") for line in lines)


def test_an_empty_list_is_said(alice: FakeHost, piped: FakeHost) -> None:
    alice.models.clear()
    alice.type("/models\n")
    assert "there is nobody to ask now" in alice.frame()
    piped.models.clear()
    piped.told.clear()
    piped.line("/models")
    assert piped.told == ["there is nobody to ask now"]
    piped.people.clear()
    piped.line("/who dev")
    assert piped.told[1:] == ["nobody is there"]


def test_line_mode_says_what_is_too_large(piped: FakeHost) -> None:
    piped.told.clear()
    piped.line("x" * 20480)
    assert piped.told == ["message is 20 KiB, the limit is 16 KiB"]
    assert piped.done == []


def test_an_empty_line_says_nothing(piped: FakeHost) -> None:
    piped.line("").line("  \t ")
    assert piped.done == []


def test_a_topic_is_what_it_is_now(alice: FakeHost, piped: FakeHost) -> None:
    """Nobody need come or go for it to be another one."""
    alice.type("/topic\n").frame()
    piped.line("/topic")
    for person in (alice, piped):
        person.rooms["lobby"] = "tea"
    alice.type("/topic\n")
    assert "lobby: tea" in alice.frame()
    piped.line("/topic")
    assert piped.told[-1] == "lobby: tea"


def test_an_answer_that_does_not_run_is_called_by_its_models_name(alice: FakeHost) -> None:
    alice.type("/cancel eliza\n")
    assert "no answer of eliza to you is running" in alice.frame()
    assert alice.input() == ("/cancel eliza", 13)


@pytest.mark.parametrize("name", ["eliza", "Eliza", "@eliza", "echo"])
def test_the_newest_answer_of_a_model_is_stopped(alice: FakeHost, name: str) -> None:
    for model in ("eliza", "echo", "eliza", "qwen3:8b"):
        alice.answers(model)
    alice.type(f"/cancel {name}\n")
    assert [stream["model"] for stream in alice.streams] == (
        ["eliza", "eliza", "qwen3:8b"] if name == "echo" else ["eliza", "echo", "qwen3:8b"]
    )


def test_a_models_short_name_stops_its_answer(alice: FakeHost) -> None:
    alice.answers("qwen3:8b")
    alice.type("/cancel qwen3\n")
    assert alice.streams == []


@pytest.mark.parametrize(
    ("typed", "done"), [("/retry @eliza", ("retry", "eliza")), ("/continue @echo", ("carry_on", "echo"))]
)
def test_a_model_may_have_its_mark(alice: FakeHost, typed: str, done: tuple[str, str]) -> None:
    alice.type(typed + "\n")
    assert alice.done == [done]


@pytest.mark.parametrize(("typed", "hint"), [
    ("/", "/help lists them"), ("/foo", "/help lists them"), ("/nope", "/help lists them"),
    ("/xyz", "/help lists them"), ("/listen", "/help lists them"), ("/wo", "/who"), ("/sea", "/search"),
    ("/jion", "/join"), ("/histroy", "/history"), ("/serach", "/search"), ("/cancle", "/cancel"),
])  # fmt: skip
def test_no_far_guesses(alice: FakeHost, typed: str, hint: str) -> None:
    alice.type(typed + "\n")
    assert hint in alice.frame(120, 24)
    assert ("did you mean" in alice.frame(120, 24)) == (hint != "/help lists them")


def test_who_is_away_is_said_to_who_writes(alice: FakeHost) -> None:
    alice.away["bob"] = "lunch"
    alice.type("/msg bob psst\n")
    assert "to bob alone (away: lunch): psst" in alice.frame()


# --- who is asked, and who is only spoken of --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "done"),
    [
        ("＠eliza，echo：你好", ("mention", "eliza,echo", "你好", "＠eliza，echo：你好")),
        ("@eliza今天怎么样", ("mention", "eliza", "今天怎么样", "@eliza今天怎么样")),
        ("@bob's idea is good", ("say", "@bob's idea is good")),
        ("@bob\u2019s idea is good", ("say", "@bob\u2019s idea is good")),
        ("＠bob look", ("say", "＠bob look")),
    ],
)
def test_signs_of_other_scripts_and_apostrophes(alice: FakeHost, line: str, done: tuple[str, ...]) -> None:
    alice.type(line + "\n")
    assert alice.done == [done]


def test_ones_name_before_an_apostrophe_or_another_script_stands_out(alice: FakeHost) -> None:
    alice.says("bob", "@alice\u2019s idea, @alice今天")
    spans = next(spans for spans in alice.frame().styles if any("idea" in text for text, _ in spans))
    assert [text for text, style in spans if "reverse" in style] == ["@alice", "@alice"]


@pytest.mark.parametrize("line", ["what about @eliza in the middle", "@bob @eliza hi", "so, @eliza?", "(@qwen3:8b)"])
def test_a_name_within_a_line_asks_nobody_and_its_writer_is_told(alice: FakeHost, line: str) -> None:
    alice.type(line + "\n")
    assert alice.done == [("say", line)]
    assert "nobody was asked: only a line that begins with @" in alice.frame()


@pytest.mark.parametrize("line", ["mail me@eliza.example", "@bob hi", "plain", "@nobody within".replace("@", "a @")])
def test_nothing_is_told_where_no_model_is_named(alice: FakeHost, line: str) -> None:
    alice.type(line + "\n")
    assert alice.done == [("say", line)]
    assert "nobody was asked" not in alice.frame()


def test_of_many_models_the_likest_are_named(alice: FakeHost) -> None:
    alice.models = [f"model-{i}" for i in range(20)] + ["qwen3:8b"]
    alice.type("@qwn hi\n")
    assert "there is nobody called qwn; you can ask qwen3:8b, " in alice.frame()
    assert "(/models lists all 21)" in " ".join(alice.frame().lines)
