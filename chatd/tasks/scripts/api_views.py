"""What scripts draw on a screen, and say of what the host shows there by itself: the view of the room, the status."""

from __future__ import annotations

from chatd.tasks.scripts.api import Function, Where, given

SCREEN = Where.SCREEN

SHOWING = (
    Function(
        "mark_dirty", given("region?: string"), "",
        'Asks for a frame; `on_frame` follows. `"screen"` sends every cell again; `"chat"` has all rows drawn anew, '
        "when what a hook depends on has changed.",
        SCREEN,
    ),
    Function(
        "put", given("y: integer", "...: string"), "",
        "Writes a line, text and style in turns: of the frame, in `on_frame`; of the thing that is drawn, in "
        "`on_draw`.",
        SCREEN, off_loop=True,
    ),
    Function(
        "flow", given("y: integer", "...: string"), "",
        "As `put`, of a full line that goes on in the next one: a terminal selects both as one line.",
        SCREEN, off_loop=True,
    ),
    Function(
        "cursor", given("x: integer", "y: integer"), "",
        "Places the cursor, in `on_frame`.",
        SCREEN, off_loop=True,
    ),
    Function(
        "pace", given("ms?: integer"), "chatd.Result",
        "How often what others write is shown, and ticks come, at most: 33 to 2000 milliseconds; nil: as fast as is "
        "sensible.",
        SCREEN,
    ),
    Function(
        "notify", given("text: string"), "",
        "Tells the person something in up to 4,096 characters: `on_notice` on a screen, a line in line mode.",
        SCREEN,
    ),
    Function("bell", (), "", "Rings the terminal's bell.", SCREEN),
    Function(
        "log", given('level: "debug"|"info"|"warn"|"error"', "text: string"), "",
        "A line in the server's log: up to 1,000 characters, and 100 lines in ten seconds.",
        Where.BOTH, off_loop=True,
    ),
)  # fmt: skip

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
