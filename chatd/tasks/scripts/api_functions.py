"""The functions of `tools`."""

from __future__ import annotations

from chatd.tasks.scripts.api import Function, MadeBy, Where, given
from chatd.tasks.scripts.api_hooks import HOOKS
from chatd.tasks.scripts.api_views import SHOWING, VIEWS

BOTH, SCREEN, SERVER, SANDBOX = Where.BOTH, Where.SCREEN, Where.SERVER, MadeBy.SANDBOX

_LINES_OF = given("row_id: string", "width: integer", "first?: integer", "last?: integer")

_LOOKING = (
    Function(
        "session", (), "chatd.Session",
        "Who the person is, how they read, and what server this is.",
        BOTH,
    ),
    Function("room", (), "chatd.Room", "The room the session is in."),
    Function(
        "rooms", (), "chatd.RoomSummary[]",
        "The rooms the person may enter, the lobby first.",
        BOTH,
    ),
    Function(
        "who", given("room?: string"), "chatd.Person[]",
        "Who is here, or in one room; then the models.",
        BOTH,
    ),
    Function(
        "is_member",
        given("name: string"),
        "boolean",
        "Whether a name is registered, of somebody who is not here too.",
        BOTH,
    ),
    Function("models", (), "chatd.Model[]", "Who can be asked.", BOTH),
    Function(
        "model",
        given("name: string"),
        "chatd.Model?",
        "The model a typed name means, by a short form too; nil when it is none, or more than one.",
        BOTH,
    ),
    Function(
        "look_for_models", (), "",
        "Looks anew which models there are; two seconds at most.",
        BOTH, waits=True,
    ),
    Function(
        "streams", (), "chatd.Stream[]",
        "The answers that are being written in the present room.",
    ),
    Function(
        "stats", (), "table<string, number>", "What the server is doing: the fields of `ssh HOST stats --json`.", BOTH
    ),
    Function("now", (), "integer", "The time, in milliseconds since 1970.", BOTH, off_loop=True),
)  # fmt: skip

_ROWS = (
    Function(
        "history", given("wanted: integer|{limit: integer?, before: integer?}"), "chatd.Row[]",
        "The newest rows of the room, oldest first; with `before`, those whose seq is below it. Waits where they "
        "must be read from the disk.",
        waits=True,
    ),
    Function(
        "search", given("text: string", "before?: string"), "chatd.Row[]|chatd.Result",
        'Up to 20 rows of the room that have all the words, newest first, each with a `snippet`; `"a phrase"`, '
        "`from:NAME`. With `before`, the id of a row, those that are older.",
        waits=True,
    ),
    Function(
        "lines", _LINES_OF, "integer|string[]",
        "How many lines a row takes at this width; with `first`, the lines from there to `last`, counted from 1. Long "
        "rows are laid out over several frames: until then the number is negative, and one more than the lines there "
        "are.",
    ),
    Function(
        "markdown", _LINES_OF, "integer|string[][]",
        "As `lines`, with the row read as Markdown: each line is a list of text and class in turns, ready for a "
        "theme and `put`.",
    ),
    Function(
        "folded", _LINES_OF, "integer|any[][]",
        "As `lines`, folded at the last column as terminals do, not between words: each line is a list of its text and "
        "whether it flows into the next, ready for `put` or `flow`.",
    ),
    Function(
        "code", _LINES_OF, "integer|any[][]",
        "As `folded`, of the row's fenced code blocks alone, each as it was written, a blank line between two.",
    ),
    Function(
        "text", given("row_id: string", "first?: integer", "last?: integer"), "string",
        "A row's text, or its characters from `first` to `last`.",
    ),
    Function(
        "thoughts", _LINES_OF, "integer|string[]",
        "As `lines`, of what a model thought before it wrote the row.",
    ),
    Function(
        "wrap", given("text: string", "width: integer", "first?: integer"), "string[]",
        "The lines of a text, broken between words; up to 16,384 characters. The first line is `first` columns wide, "
        "when that is more.",
        BOTH, off_loop=True,
    ),
    Function(
        "layout", given("text: string", "width: integer"), "string[][]",
        "The lines of any text in Markdown, as `markdown` gives those of a row; up to 16,384 characters.",
        BOTH, off_loop=True,
    ),
    Function(
        "asked", given("line: string"), "chatd.Asked?",
        "Whom a typed line asks, by the names it has, and what; nil when it asks nobody: `@model text`, `@a,b text`.",
        BOTH, off_loop=True,
    ),
    Function(
        "display_width", given("text: string"), "integer",
        "How many columns a text takes.",
        BOTH, off_loop=True,
    ),
    Function(
        "graphemes", given("text: string"), "string[]",
        "What a reader would call the characters of a text.",
        BOTH, off_loop=True,
    ),
    Function(
        "clip", given("text: string", "width: integer"), "string",
        "The beginning of a text that fits.",
        BOTH, off_loop=True,
    ),
)  # fmt: skip

_ACTING = (
    Function(
        "say", given("text: string"), "chatd.Result",
        "Says something in the room; `row_id` names the row to be.",
    ),
    Function(
        "add_row", given("row: {content: string, content_method: string?, parent_id: string?}"), "chatd.Result",
        "Writes a row of the person's, of any method that is not the server's own.",
    ),
    Function(
        "mention", given("models: string", "message: string", "typed?: string", "fresh?: boolean"), "chatd.Result",
        "Asks models (`a` or `a,b`); returns at once with `id`, `ids` and `row_id`. `typed` is the asker's row; "
        "without it a row added before in the same callback is the question, else one is made. `fresh`: an answer that "
        "was given before to the same question will not do.",
    ),
    Function(
        "cancel", given("mention_id?: string"), "chatd.Result",
        "Stops an answer; without an id the person's newest, this session's first.",
    ),
    Function(
        "retry", given("model?: string"), "chatd.Result",
        "Asks the person's newest answered question again, of another model perhaps.",
    ),
    Function(
        "carry_on", given("model?: string"), "chatd.Result",
        "Has the person's newest answer that broke off carried on.",
    ),
    Function(
        "call", given("tool: string", "arguments?: table"), "chatd.Result",
        "Runs a tool as models do, for this person; `result` is its output.",
        BOTH, waits=True,
    ),
    Function(
        "join", given("room: string"), "chatd.Result",
        "Goes to a room, making it if need be; `on_room` follows.",
    ),
    Function(
        "create", given("room: string"), "chatd.Result",
        "As `join`, for a room that does not exist yet.",
    ),
    Function("leave", (), "chatd.Result", "Back to the lobby."),
    Function(
        "topic", given("text: string"), "chatd.Result",
        "Says what the room is about, in up to 300 bytes; an empty text takes the topic away. Not for guests.",
    ),
    Function(
        "room_settings", (), "chatd.RoomSetting[]",
        "What can be set of the room, with what holds: the topic, the default model and more.",
    ),
    Function(
        "set_room", given("name: string", "value: string"), "chatd.Result",
        "Sets something of the room, see `room_settings`; `-` takes it away. Not for guests.",
    ),
    Function(
        "msg", given("name: string", "text: string"), "chatd.Result",
        "Tells one person something, in all of their sessions; it is kept nowhere. `away` says why they may not read "
        "it.",
    ),
    Function(
        "away", given("text?: string"), "chatd.Result",
        "Shows in `who` that the person is away, until they speak; nil: they are back.",
    ),
    Function(
        "nick", given("name: string"), "chatd.Result",
        "Goes on under another name of the person's key; a free one is registered for it. The script begins anew.",
    ),
    Function(
        "web_link", (), "chatd.Result",
        "A link that logs the person's browser in, once, within 10 minutes: `url`. Not for guests.",
    ),
    Function("quit", (), "chatd.Result", "Ends the session."),
)  # fmt: skip

_KEEPING = (
    Function("kv_get", given("key: string"), "any", "What was kept under a key.", SCREEN),
    Function(
        "kv_set", given("key: string", "value: any"), "",
        "Keeps a value for the person over their logins, in all of their sessions; nil forgets it. Up to 256 values, "
        "16 KiB each and 64 KiB in all, as JSON. Keys that begin with `session.`, and those of guests, live as long "
        "as the session.",
        SCREEN,
    ),
    Function(
        "set_meta", given("row_id: string", "key: string", "value: any"), "chatd.Result",
        "Annotates a row for everybody, also while it grows: `value` is `x.KEY` of its meta from then on, nil takes it "
        "away. 16 keys of a row, 1 KiB each; a row is written four times a second at most, its last values always.",
        SERVER,
    ),
    Function(
        "help", given("topic: string"), "string?",
        "The page on a topic, as Markdown: `help/TOPIC.md`.",
        BOTH, off_loop=True,
    ),
    Function("help_topics", (), "string[]", "The topics there are pages on.", BOTH, off_loop=True),
)  # fmt: skip

_SANDBOX = (
    Function(
        "after", given("seconds: number", "f: fun(id: integer)"), "integer",
        "Calls `f` once, in so many seconds (0.05 at least); returns the timer's number. 16 timers at once.",
        BOTH, owner=SANDBOX,
    ),
    Function(
        "every", given("seconds: number", "f: fun(id: integer)"), "integer",
        "Calls `f` again and again, that often (0.05 seconds at least).",
        BOTH, owner=SANDBOX,
    ),
    Function(
        "cancel_timer", given("id: integer"), "boolean",
        "Stops a timer; returns whether there was one.",
        BOTH, owner=SANDBOX,
    ),
    Function(
        "emit", given("callback: string", "...: any"), "any",
        "Runs one's own callbacks of that name.",
        BOTH, owner=SANDBOX,
    ),
    Function(
        "define", given(
            "tool: {name: string, description: string, parameters: table?, run: fun(arguments: table, call: "
            "chatd.Call): any}",
        ), "",
        "Gives the models a tool; `parameters` is a JSON Schema. What `run` returns is its output.",
        SERVER, owner=SANDBOX,
    ),
    Function(
        "actor", given(
            "actor: {name: string, description: string?, run: fun(text: string, call: chatd.Call): any}",
        ), "",
        "Somebody who answers to `@NAME`, with what `run` says and returns.",
        SERVER, owner=SANDBOX,
    ),
)  # fmt: skip

FUNCTIONS: tuple[Function, ...] = (*_LOOKING, *_ROWS, *_ACTING, *SHOWING, *VIEWS, *_KEEPING, *_SANDBOX, *HOOKS)
"""All of them, in the order of the manual."""

OFF_LOOP = frozenset(function.name for function in FUNCTIONS if function.off_loop)
"""Those that a script's own thread may run."""

GROUPS = (
    ("Looking around", _LOOKING), ("Rows and texts", _ROWS), ("Acting", _ACTING), ("The screen", SHOWING),
    ("What the host shows", VIEWS),
    ("Keeping, help", _KEEPING), ("Time, and what one defines", _SANDBOX),
    ("Hooks on rows", HOOKS),
)  # fmt: skip
"""The same under headings."""
