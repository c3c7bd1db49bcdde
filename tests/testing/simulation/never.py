"""Refusals that no simulated world can meet, each with the reason; everything else must be met sometimes."""

from __future__ import annotations

EMBEDDED = "of programs that embed the router: tests/models and tests/tasks/asking ask it without a server"
CHECKED = "the scripts, or the size of a whole command, are in the way first; it is for programs that call the act"
WIRE = "a server says it so rarely that tests/wire has to: too long, too deep, too many of something"
NO_SUCH_WORLD = "no world is drawn with that"

NEVER: dict[str, str] = {
    **dict.fromkeys(
        (
            "tasks/asking/router.py answer 1", "tasks/asking/router.py listen 1", "tasks/asking/router.py _resolve 1",
            "tasks/asking/router.py _resolve 2", "tasks/asking/router.py _open 1", "tasks/asking/tool_loop.py answer 1",
        ),
        EMBEDDED,
    ),
    **dict.fromkeys(
        (
            "tasks/chat/say.py check_message 1", "tasks/chat/people.py tell_one 1",
            "tasks/scripts/arguments.py as_string 1",
            "tasks/scripts/sessionless.py refuse 1", "tasks/scripts/server/runs.py say 1",
            "tasks/scripts/server/script.py run 1", "tasks/scripts/server/definitions.py add 2",
            "tasks/session/actions.py check_room 1", "tasks/session/seen_rows.py _fetch 1",
        ),
        CHECKED,
    ),
    **dict.fromkeys(
        (
            "wire/models/decoder.py _too_long 1", "wire/models/json_values.py parse 1",
            "wire/models/listing.py entries 1",
            "wire/models/reply.py news 1", "wire/models/reply.py _count 1", "wire/models/reply.py arguments_text 1",
            "wire/models/thought_fields.py parts_of_content 1", "wire/models/json_values.py not_an_answer 1",
        ),
        WIRE,
    ),
    **dict.fromkeys(
        (
            "core/name_registry.py claim 3", "core/name_registry.py claim 5", "tasks/asking/model_registry.py find 1",
            "tasks/chat/credentials.py make_token 1", "tasks/chat/credentials.py _check_room 1",
            "tasks/chat/credentials.py _check_room 2", "tasks/chat/login_links.py make 1",
            "tasks/web/callers.py _anonymous 2", "tasks/web/unified.py first_model 1",
            "tasks/chat/crowd.py check 2", "tasks/chat/crowd.py check 4", "tasks/chat/rooms.py _check 2",
        ),
        NO_SUCH_WORLD,
    ),
    "tasks/chat/credentials.py _make 1": "keys of a world do not go: tests/tasks/chat has it",
    "tasks/chat/credentials.py revoke 2": "nobody revokes a token while the disk fails: tests/tasks/chat has it",
    "tasks/web/acting.py post 1": "it takes a room that goes between two steps",
    "tasks/web/shared_answer.py _run 1": "it is a fault of the server",
    "tasks/screens/canvas.py find 1": "only a script that draws asks for the lines of another row: tests/tasks/screens",
    **dict.fromkeys(
        ("core/guard.py look 1", "core/guard.py look 2", "core/guard.py look 3"),
        "worlds have no guard on what goes to models: tests/core and tests/tasks/asking have it",
    ),
    **dict.fromkeys(
        ("tasks/asking/payload.py question_of 1", "tasks/asking/payload.py question_of 2"),
        "in a world nobody writes programs: tests/tasks/asking has it",
    ),
    **dict.fromkeys(
        (
            "core/prompt_messages.py with_messages 1", "core/prompt_messages.py with_messages 2",
            "core/prompt_messages.py read 1", "core/prompt_messages.py _said 1", "core/prompt_messages.py _answered 1",
            "core/prompt_messages.py _call 1", "core/prompt_messages.py _result 1",
            "tasks/asking/prompt_hook.py reviewed 2", "tasks/asking/prompt_hook.py _ask 1",
        ),
        "the hook of a world gives back whole prompts, in time: tests/core and tests/tasks/asking have others",
    ),
    **dict.fromkeys(
        ("core/annotation.py check_annotation 4", "tasks/scripts/server/annotations.py _set 1"),
        "no script of a world annotates so much: tests/core and tests/tasks/scripts have one",
    ),
    **dict.fromkeys(
        ("tasks/asking/whole_answer.py ask_many 1",
         "tasks/asking/whole_answer.py ask_many 2"),
        "only programs ask so: tests/tasks/asking has them",
    ),
    **dict.fromkeys(
        ("tasks/web/guests.py admit 1", "tasks/web/guests.py _make_room 1"),
        "no world has a crowd of guests over the web: tests/tasks/web has one",
    ),
    "tasks/chat/room_settings.py _meant 1": "worlds have retrieval: tests/tasks/chat has a server without",
    "tasks/chat/room_settings.py set_room 1": "it takes a request that sets nothing: tests/tasks/web has it",
    "tasks/web/client_reply.py check_ended_well 1":
        "it takes an answer that fails for a client that wants it whole: tests/tasks/web has it",
    "tasks/web/page.py _file 1": "nobody in a world asks for the page's files: tests/tasks/web has it",
    "wire/models/tool_calls.py _check_length 1": "it takes megabytes of a call's arguments: tests/wire/models has it",
    "tasks/log/rebase.py rebase 1": "a world has one writer",
    "tasks/log/recorder.py serve_recorder 1": "it is a fault of the server",
    "tasks/log/recorder.py check 2": "the disk of a world is never so slow for so long",
    "tasks/chat/ask_again.py _ask 1": "a room of a world does not forget a question whose answer it has",
    "tasks/chat/hub.py check_exists 1": "it takes a room that goes between two steps: tests/tasks/chat has it",
}  # fmt: skip
"""By name, as `chatd.testing.simulation.sometimes.refusals` has it."""
