"""The callbacks of scripts, and the tables that cross the border."""

from __future__ import annotations

from chatd.tasks.scripts.api import Callback, Field, Shape, given

CALLBACKS = (
    Callback(
        "on_start", (),
        "The session begins, or the files have been read anew (`tools.session().reloaded`). Here calls may wait, in "
        "a file that is being run they may not.",
    ),
    Callback(
        "on_stop", (),
        "The session ends, however it does, or the files are about to be read anew: keep what must not be lost, with "
        "`kv_set`. No call may wait here.",
    ),
    Callback(
        "on_key", given("name: string", "text: string", "size: integer"),
        "A key, a run of text (`text`), a paste (`Paste`; `PasteTooLong` with its size) or the wheel (`WheelUp`, "
        "`WheelDown` with the lines).",
    ),
    Callback("on_line", given("text: string"), "A whole line (line mode)."),
    Callback(
        "on_row_added", given("buffer_id: string", "row: chatd.Row"),
        "A row was added to the room.",
    ),
    Callback(
        "on_row_changed", given("buffer_id: string", "row: chatd.Row", "delta: string"),
        "An open row has grown by `delta`.",
    ),
    Callback(
        "on_row_done", given("buffer_id: string", "row: chatd.Row"),
        "A row does not change any more.",
    ),
    Callback(
        "on_room", given("room: chatd.Room"),
        "The session is in this room now; or in the same one, when too much happened to be told one by one.",
    ),
    Callback("on_people", (), "Somebody came into the room or left it."),
    Callback(
        "on_notice", given("text: string", 'level: "info"|"warn"|"error"|"message"'),
        "The host has something to tell the person (on a screen); a `message` is somebody's, and kept nowhere.",
    ),
    Callback(
        "on_resize", given("width: integer", "height: integer"),
        "The screen has another size.",
    ),
    Callback(
        "on_tick", given("now: integer"),
        "Once a second, four times while an answer is being written in the room.",
    ),
    Callback(
        "on_alert", given("row: chatd.Row"),
        "A row of somebody else's is whole, one of those that `tools.alert` has named.",
    ),
    Callback(
        "on_answered", given("row: chatd.Row"),
        "An answer to this person's question is whole.",
    ),
    Callback(
        "on_failed", given("row: chatd.Row"),
        "An answer to this person's question has failed: the row says why.",
    ),
    Callback(
        "on_look", given("look: table<string, any>"),
        "Things are drawn for this look from now on: what `tools.look` was given, and `width`, the columns there are.",
    ),
    Callback(
        "on_draw", given("kind: string", "first: integer", "last: integer", "...: any"),
        "Draw lines `first` to `last` of a thing, from its end where they are negative: `put` each, and say its "
        "`height`. Kinds are row, note, between, moment, pending, places and status; what is known of the thing "
        "follows. Most of this runs in a runtime of nobody's, where there is no session, and nothing is kept for "
        "anybody.",
    ),
    Callback(
        "on_prompt", given("messages: chatd.Message[]", "call: chatd.Call"),
        "Something goes to a model: nil lets it pass, a table of messages replaces it, a text refuses it for that "
        "reason. In the server's own runtime alone, before each request; one that fails or takes more than 5 seconds "
        "refuses.",
    ),
    Callback(
        "on_frame", given("width: integer", "height: integer"),
        "Draw: `put` every line, say where the `view` and the `status` are, and place the `cursor`.",
    ),
)  # fmt: skip
"""All of them. In the server's own runtime only `on_start`, `on_stop`, `on_prompt`, timers and those of rows are
called.
"""

SHAPES = (
    Shape("Session", "A person's session.", (
        Field("name", "string"), Field("kind", '"member"|"guest"|"server"'), Field("mode", '"screen"|"line"|"server"'),
        Field("fingerprint", "string?", "of the person's key"), Field("width", "integer"), Field("height", "integer"),
        Field("server", "string", "its name"), Field("version", "string"), Field("motd", "string"),
        Field("notice", "string", "what the person must be told at the beginning"),
        Field("max_message", "integer", "bytes"),
        Field("web", "boolean", "whether the server is to be had over the web, too"),
        Field("reloaded", "boolean", "whether the session lived before this runtime did"),
    )),
    Shape("Room", "The room a session is in.", (
        Field("id", "string"), Field("name", "string"), Field("topic", "string"), Field("buffer_id", "string"),
        Field("private", "boolean"),
        Field("members", "{name: string, kind: string}[]?", "who is there: by `tools.room`, not in `on_room`"),
        Field("settings", "table<string, string>?", "what is set of it: by `tools.room`, not in `on_room`"),
        Field("rows", "integer", "how many there have been"),
        Field("unread", "integer", "in `on_room`, on entering: rows of others since the last one the person has seen"),
        Field("seen", "integer?", "in `on_room`, on entering: the `seq` before the first unread row"),
        Field("entered", "boolean", "in `on_room`: whether one comes into it now"),
    )),
    Shape("RoomSetting", "What can be set of a room.", (
        Field("name", "string"), Field("value", "string", "what holds, empty when nothing is set"),
        Field("takes", "string", "what it takes, in words"), Field("help", "string"),
    )),
    Shape("RoomSummary", "A room in a list.", (
        Field("name", "string"), Field("topic", "string"), Field("private", "boolean"), Field("members", "integer"),
        Field("models", "integer"), Field("rows", "integer"), Field("unread", "integer"),
    )),
    Shape("Row", "A row, with the first 4 KiB of its text.", (
        Field("id", "string"), Field("buffer_id", "string"), Field("seq", "integer"), Field("parent_id", "string?"),
        Field("mention_id", "string?"),
        Field("content_method", "string", "message.user, message.model, message.model.chunk while it grows, …"),
        Field("author", "string"), Field("tool_name", "string?"), Field("content", "string"),
        Field("length", "integer", "bytes of the whole text"),
        Field("status", '"open"|"complete"|"length"|"cancelled"|"truncated"|"failed"|"interrupted"'),
        Field("created_at", "integer", "milliseconds since 1970"), Field("finished_at", "integer?"),
        Field("meta", "table<string, any>?", "what is known of an answer; `thought` is the size of its thoughts"),
        Field("snippet", "string?", "where a search found it"),
    )),
    Shape("Person", "Somebody who is here, or a model.", (
        Field("name", "string"), Field("kind", '"member"|"guest"|"model"'), Field("rooms", "string[]"),
        Field("since", "integer", "milliseconds since 1970"), Field("away", "string?", "why they may not read along"),
    )),
    Shape("Model", "Somebody who can be asked.", (
        Field("name", "string"), Field("provider", "string"), Field("model", "string"), Field("endpoint", "string"),
        Field("available", "boolean"), Field("capabilities", "string[]"), Field("context_tokens", "integer?"),
        Field("queue", "integer", "how many questions wait"),
    )),
    Shape("Stream", "An answer that is being written.", (
        Field("mention_id", "string"), Field("row_id", "string"), Field("model", "string"), Field("asker", "string"),
        Field("mine", "boolean", "whether this session asked"), Field("room", "string"), Field("started_ms", "integer"),
        Field("stage", "string"), Field("position", "integer?", "in the queue"), Field("retry", "string?"),
        Field("tool", "string?", "what runs for it"), Field("first_token_ms", "integer?"), Field("tokens", "integer"),
        Field("tokens_per_s", "number"),
    )),
    Shape("Result", "What an action answers: it has been checked, and its effect follows after the callback.", (
        Field("success", "boolean"), Field("error", "string?", "why not"), Field("row_id", "string?"),
        Field("id", "string?", "of the first answer"), Field("ids", "string[]?", "of all answers"),
        Field("candidates", "string[]?", "who could have been asked"), Field("cancelled", "string?"),
        Field("model", "string?"), Field("room", "string?"), Field("name", "string?"), Field("topic", "string?"),
        Field("away", "string?"), Field("result", "string?", "a tool's output"),
        Field("url", "string?", "of `web_link`"), Field("value", "string?", "of `set_room`: what is kept"),
    )),
    Shape("Asked", "What a typed line asks.", (Field("names", "string[]"), Field("message", "string"))),
    Shape("Message", "What is said to a model.", (
        Field("role", '"system"|"user"|"assistant"|"tool"'), Field("content", "string"),
        Field("name", "string?", "who said it, or the tool"),
        Field("tool_calls", "{id: string, name: string, arguments: string}[]?", "of an assistant's message"),
        Field("tool_call_id", "string?", "of a tool's: the call that it answers"),
    )),
    Shape("Call", "For whom a tool, an actor or `on_prompt` runs.", (
        Field("say", "fun(text: string)?", "of a tool or an actor: says a piece of the output, before the end"),
        Field("asker", "string"), Field("room", "string?"), Field("model", "string?", "in `on_prompt`: who is asked"),
        Field("mention_id", "string?"), Field("continues", "string?", "the answer so far"),
    )),
)  # fmt: skip
