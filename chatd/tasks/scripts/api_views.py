"""What scripts say of what the host shows by itself: the view of the room, the status line, how both look."""

from __future__ import annotations

from chatd.tasks.scripts.api import Function, Where, given

SCREEN = Where.SCREEN

VIEWS = (
    Function(
        "view", given("y: integer", "rows: integer"), "",
        "In `on_frame`: the host shows the room on so many lines from `y` on, and keeps them up to date without a "
        "frame. Lines that are `put` stand over it.",
        SCREEN, off_loop=True,
    ),
    Function(
        "status", given("y: integer", "words?: string"), "",
        "In `on_frame`: the host shows the status line there, with these words in it while no answer runs.",
        SCREEN, off_loop=True,
    ),
    Function(
        "look", given("look: table<string, any>", "own?: boolean"), "",
        "How all that looks from now on: what `on_look` is told before things are drawn for this person. With `own` "
        "rows are drawn in this runtime, else in one of nobody's, once for all who look alike.",
        SCREEN,
    ),
    Function(
        "height", given("lines: integer", "day?: integer"), "",
        "In `on_draw`: how many lines the thing has; -1: it is not to be seen. `day` is the number of its day; where "
        "it is another than that of the row before, the host asks for what stands `between` them.",
        SCREEN, off_loop=True,
    ),
    Function(
        "found", given("...: integer"), "",
        "In `on_draw` of `places`: the lines of the row where what is searched for stands.",
        SCREEN, off_loop=True,
    ),
    Function("note", given("text: string", "level?: string"), "", "A line in the view for this person alone.", SCREEN),
    Function("scroll", given("lines: integer"), "", "Scrolls the view, up when negative.", SCREEN),
    Function("follow", (), "", "Back to the newest row, and on with it.", SCREEN),
    Function("following", (), "boolean", "Whether the newest row is shown.", SCREEN),
    Function("clear", (), "", "Takes everything off the view; scrolling up brings it back.", SCREEN),
    Function(
        "show_row", given("seq: integer", "place: integer"), "{place: integer, places: integer}?",
        "Brings a row on the view, the `place`-th of what is searched for in it a third below the top; a negative one "
        "counts from the end. nil when there is no such row (any more).",
        SCREEN, waits=True,
    ),
    Function(
        "alert", given('which: "off"|"mention"|"all"'), "",
        "Which rows of others `on_alert` is called with.",
        SCREEN,
    ),
)  # fmt: skip
