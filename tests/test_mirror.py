"""Tests mirror the tree: the tests of `chatd/x/y.py` stand in `tests/x/test_y.py`, or a line here says in which file.

A line says that this file would fail if the module broke. What is checked is what can be checked at a glance: that the
file stands there, and that it reaches the module: the file, or a helper of its own below `tests/`, imports the module,
or what imports it, and so on, over at most ARROWS arrows. A conversation in a world starts from the server that the
world runs, a test of the program as it is started from `-m chatd` in its command line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from tests.imports import PACKAGE, graph_of, imports

TESTS = Path(__file__).parent

ARROWS = 5
"""How far a test file may be from what it covers: a session's parts are that far from the server of a world."""

SERVER = "wiring.server"
"""What a world runs: the package of the harness loads it when it is first wanted."""

EDGES: Mapping[str, str] = {
    "app.py": "end_to_end/test_serve.py",
    "cli.py": "end_to_end/test_serve.py",
    "sim_command.py": "testing/simulation/test_command.py",
    "config.py": "test_config_file.py",
    "bounds.py": "wiring/test_server.py",
    "config_rules.py": "test_config_file.py",
    "log_components.py": "test_logs.py",
    "demo/outside.py": "demo/test_walk.py",
    "demo/provider.py": "demo/test_streaming.py",
    "errors.py": "end_to_end/test_serve.py",
    "ports/log.py": "adapters/sqlite/test_log.py",
    "ports/credentials.py": "adapters/sqlite/test_credentials.py",
    "ports/machine.py": "tasks/log/test_recorder.py",
    "ports/script.py": "adapters/lua/test_callbacks.py",
    "ports/terminal.py": "adapters/ssh/test_liveness.py",
    "ports/tool.py": "tasks/asking/tools/test_registry.py",
    "ports/web.py": "adapters/web/test_application.py",
    "wiring/descriptors.py": "end_to_end/test_serve.py",
    "wiring/hub.py": "wiring/test_server.py",
    "wiring/limits.py": "models/test_streaming_keys.py",
}
"""The command line, the configuration, the composition, the ports."""

PURE: Mapping[str, str] = {
    "builtin/calculate_functions.py": "builtin/test_calculate.py",
    "core/excerpt.py": "adapters/sqlite/test_log.py",
    "core/live_row.py": "core/test_room.py",
    "core/mention_meta.py": "core/test_mention_tools.py",
    "core/question.py": "core/test_prompt.py",
    "core/stream.py": "core/test_mention.py",
    "core/tool.py": "tasks/asking/tools/test_registry.py",
    "screen/block.py": "screen/test_view.py",
    "screen/composition.py": "screen/test_view.py",
    "screen/fold.py": "screen/test_frame.py",
    "screen/markdown/classes.py": "screen/markdown/test_inline.py",
    "screen/markdown/code.py": "screen/markdown/test_highlight.py",
    "screen/markdown/document.py": "screen/markdown/test_blocks.py",
    "screen/markdown/leaves.py": "screen/markdown/test_blocks.py",
    "screen/markdown/lexing.py": "screen/markdown/test_highlight.py",
    "screen/markdown/starts.py": "screen/markdown/test_blocks.py",
    "screen/markdown/styled.py": "screen/markdown/test_properties.py",
    "screen/markdown/table.py": "screen/markdown/test_blocks.py",
    "screen/markdown/units.py": "screen/markdown/test_inline.py",
    "wire/models/frames.py": "wire/models/test_decoder.py",
    "wire/models/html_pages.py": "wire/models/test_refusals.py",
    "wire/models/limits.py": "wire/models/test_decoder.py",
    "wire/models/listing.py": "adapters/upstream/test_listing.py",
    "wire/models/ndjson.py": "wire/models/test_ollama.py",
    "wire/models/protocol.py": "models/test_fourth_protocol.py",
    "wire/models/reply.py": "wire/models/test_decoder.py",
    "wire/models/sent_back.py": "models/test_sent_back.py",
    "wire/models/thought_fields.py": "wire/models/test_decoder.py",
}
"""The layers that neither wait nor look at the world."""

ADAPTERS: Mapping[str, str] = {
    "adapters/acceptor.py": "adapters/ssh/test_accept.py",
    "adapters/log_text.py": "adapters/ssh/test_engine.py",
    "adapters/peer.py": "adapters/ssh/test_admission.py",
    "adapters/refusals.py": "adapters/ssh/test_admission.py",
    "adapters/lua/bytecode.py": "adapters/lua/test_files.py",
    "adapters/lua/codec.py": "adapters/lua/test_border.py",
    "adapters/lua/host_functions.py": "adapters/lua/test_border.py",
    "adapters/lua/runtime.py": "adapters/lua/test_callbacks.py",
    "adapters/lua/scripts.py": "adapters/lua/test_threaded.py",
    "adapters/sqlite/definitions.py": "adapters/sqlite/test_damage.py",
    "adapters/sqlite/entries.py": "adapters/sqlite/test_log.py",
    "adapters/sqlite/mentions.py": "adapters/sqlite/test_recovery.py",
    "adapters/sqlite/rows.py": "adapters/sqlite/test_log.py",
    "adapters/sqlite/search_index.py": "adapters/sqlite/test_damage.py",
    "adapters/sqlite/schema.py": "adapters/sqlite/test_database.py",
    "adapters/sqlite/thoughts.py": "tasks/test_thoughts.py",
    "adapters/ssh/auth.py": "adapters/ssh/test_login.py",
    "adapters/ssh/channel.py": "adapters/ssh/test_channels.py",
    "adapters/ssh/connection.py": "adapters/ssh/test_endings.py",
    "adapters/ssh/callback_guard.py": "adapters/ssh/test_endings.py",
    "adapters/ssh/limits.py": "adapters/ssh/test_transport.py",
    "adapters/ssh/link.py": "adapters/ssh/test_liveness.py",
    "adapters/ssh/logs.py": "adapters/ssh/test_engine.py",
    "adapters/ssh/options.py": "adapters/ssh/test_kex.py",
    "adapters/ssh/server.py": "adapters/ssh/test_accept.py",
    "adapters/ssh/session.py": "adapters/ssh/test_sessions.py",
    "adapters/ssh/terminal.py": "adapters/ssh/test_sessions.py",
    "adapters/upstream/address.py": "adapters/upstream/test_endpoint.py",
    "adapters/upstream/attempt.py": "adapters/upstream/test_faults.py",
    "adapters/upstream/body.py": "adapters/upstream/test_silence.py",
    "adapters/upstream/deadlines.py": "adapters/upstream/test_silence.py",
    "adapters/upstream/exchange.py": "adapters/upstream/test_faults.py",
    "adapters/upstream/fetch.py": "adapters/upstream/test_listing.py",
    "adapters/upstream/limits.py": "adapters/upstream/test_retry_policy.py",
    "adapters/upstream/model.py": "adapters/upstream/test_retry_policy.py",
    "adapters/upstream/source.py": "models/test_discovery.py",
    "adapters/web/limits.py": "wiring/test_web.py",
    "adapters/web/outlet.py": "adapters/web/test_exchange.py",
    "adapters/web/short_answers.py": "adapters/web/test_server.py",
    "adapters/web/wire.py": "adapters/web/test_strangers.py",
}

ASKING_AND_LOG: Mapping[str, str] = {
    "tasks/asking/actor.py": "tasks/asking/test_router_asking.py",
    "tasks/asking/answer.py": "tasks/test_cancel_sweep.py",
    "tasks/asking/failures.py": "tasks/asking/test_router.py",
    "tasks/asking/running_answers.py": "tasks/test_limits.py",
    "tasks/asking/tools/calculate.py": "tasks/asking/tools/test_shipped.py",
    "tasks/asking/tools/clock.py": "tasks/asking/tools/test_shipped.py",
    "tasks/asking/tools/output.py": "tasks/asking/tools/test_registry.py",
    "tasks/asking/tools/roll_dice.py": "tasks/asking/tools/test_shipped.py",
    "tasks/asking/tools/search_room.py": "tasks/asking/tools/test_shipped.py",
    "tasks/log/limits.py": "tasks/log/test_recorder.py",
    "tasks/log/rebase.py": "tasks/log/test_two_writers.py",
}
"""The floors `asking` and `log` of `tasks`."""

CHAT: Mapping[str, str] = {
    "testing/untouched_files.py": "wiring/test_idle.py",
    "tasks/asking/places.py": "tasks/asking/test_router_queue.py",
    "tasks/chat/room_events.py": "tasks/chat/test_follow.py",
    "tasks/chat/row_layouts.py": "tasks/chat/test_row_texts.py",
    "tasks/chat/answering.py": "tasks/chat/test_acts.py",
    "tasks/chat/cancel.py": "tasks/chat/test_acts.py",
    "tasks/chat/held_credentials.py": "tasks/chat/test_credentials.py",
    "tasks/chat/web_link.py": "tasks/commands/test_web.py",
    "tasks/chat/entering.py": "tasks/chat/test_acts.py",
    "tasks/chat/facts.py": "tasks/test_stop.py",
    "tasks/chat/hub.py": "tasks/chat/test_rooms.py",
    "tasks/chat/login.py": "tasks/session/test_people_actions.py",
    "tasks/chat/people.py": "tasks/chat/test_acts.py",
    "tasks/chat/stats.py": "tasks/commands/test_commands.py",
    "tasks/chat/stopping.py": "tasks/test_stop.py",
    "tasks/chat/views.py": "tasks/session/test_script_rows.py",
    "tasks/chat/visiting.py": "tasks/chat/test_acts.py",
}

WEB: Mapping[str, str] = {
    "tasks/web/bodies.py": "tasks/web/test_unified.py",
    "tasks/web/callers.py": "tasks/web/test_acting.py",
    "tasks/web/client_reply.py": "tasks/web/test_model_clients.py",
    "tasks/web/event_stream.py": "tasks/web/test_events.py",
    "tasks/web/front.py": "tasks/web/test_acting.py",
    "tasks/web/model_lists.py": "tasks/web/test_model_clients.py",
    "tasks/web/terms.py": "tasks/web/test_reading.py",
    "wire/web/completions.py": "wire/web/test_client_form.py",
    "wire/web/messages.py": "wire/web/test_client_form.py",
    "wire/web/openapi.py": "tasks/web/test_site.py",
    "wire/web/ollama_chat.py": "wire/web/test_client_form.py",
    "wire/web/responses_events.py": "wire/web/test_responses.py",
    "core/sampling.py": "wire/web/test_client_form.py",
}
"""Requests over the web, and the forms in which clients of models' servers ask."""

FRONTS: Mapping[str, str] = {
    "tasks/commands/answer_printer.py": "tasks/commands/test_ask.py",
    "tasks/commands/call.py": "tasks/commands/test_commands.py",
    "tasks/commands/dispatch.py": "tasks/commands/test_commands.py",
    "tasks/commands/people.py": "tasks/commands/test_commands.py",
    "tasks/commands/rows.py": "tasks/commands/test_commands.py",
    "tasks/commands/server.py": "tasks/commands/test_commands.py",
    "tasks/commands/talk.py": "tasks/commands/test_commands.py",
    "tasks/serve.py": "tasks/test_stop.py",
    "tasks/session/effects.py": "tasks/session/test_actions.py",
    "tasks/screens/canvas.py": "tasks/screens/test_looks.py",
    "tasks/screens/chat_view.py": "tasks/screens/test_display.py",
    "tasks/screens/look_script.py": "tasks/screens/test_display.py",
    "tasks/screens/paints.py": "tasks/screens/test_display.py",
    "tasks/screens/room_facts.py": "tasks/screens/test_display.py",
    "tasks/screens/room_items.py": "lua/test_window.py",
    "tasks/screens/room_ends.py": "tasks/screens/test_display.py",
    "tasks/screens/screens.py": "tasks/screens/test_display.py",
    "tasks/screens/things.py": "tasks/screens/test_looks.py",
    "tasks/scripts/api_views.py": "tasks/scripts/test_api.py",
    "tasks/scripts/row_lines.py": "tasks/session/test_script_rows.py",
    "tasks/scripts/sessionless.py": "tasks/scripts/test_api.py",
    "tasks/session/own_looks.py": "lua/test_hooks.py",
    "tasks/session/screen_view.py": "lua/test_scrolling.py",
    "tasks/session/script_view.py": "lua/test_scrolling.py",
    "tasks/session/frame_pace.py": "tasks/test_conversation.py",
    "tasks/session/front.py": "tasks/test_conversation.py",
    "tasks/session/health.py": "tasks/test_disk.py",
    "tasks/session/room_presence.py": "tasks/session/test_people_actions.py",
    "tasks/session/key_reader.py": "tasks/session/test_hostile_input.py",
    "tasks/session/screen_front.py": "tasks/test_conversation.py",
    "tasks/session/script_api.py": "tasks/session/test_actions.py",
    "tasks/session/session.py": "tasks/session/test_reload.py",
    "tasks/session/state.py": "tasks/session/test_actions.py",
    "tasks/web/replies.py": "tasks/web/test_site.py",
}
"""The floors `session` and `commands` of `tasks`, and what chooses between them."""

SCRIPTS: Mapping[str, str] = {
    "tasks/scripts/api_callbacks.py": "tasks/scripts/test_api.py",
    "tasks/scripts/api_files.py": "tasks/scripts/test_api.py",
    "tasks/scripts/api_functions.py": "tasks/scripts/test_api.py",
    "tasks/scripts/api_hooks.py": "tasks/scripts/test_api.py",
    "tasks/scripts/arguments.py": "tasks/session/test_actions.py",
    "tasks/scripts/layout.py": "tasks/session/test_script_rows.py",
    "tasks/scripts/server/tool_and_actor.py": "tasks/scripts/server/test_actors.py",
    "tasks/scripts/server/functions.py": "tasks/scripts/server/test_script.py",
    "tasks/scripts/server/definitions.py": "tasks/scripts/server/test_actors.py",
    "tasks/scripts/server/runs.py": "tasks/scripts/server/test_script.py",
    "tasks/scripts/tool_calls.py": "tasks/scripts/server/test_script.py",
}

HARNESS: Mapping[str, str] = {
    "testing/bugs.py": "testing/test_machine.py",
    "testing/engine.py": "testing/test_whole_stack.py",
    "testing/gateway.py": "testing/test_world.py",
    "testing/guest.py": "testing/test_machine.py",
    "testing/models.py": "testing/test_strategies.py",
    "testing/opinion.py": "testing/test_screen.py",
    "testing/people.py": "testing/test_strategies.py",
    "testing/picture.py": "golden/test_golden.py",
    "testing/play.py": "testing/test_strategies.py",
    "testing/plugin/async_fixtures.py": "testing/test_forgotten.py",
    "testing/plugin/events.py": "testing/test_forgotten.py",
    "testing/plugin/fixtures.py": "testing/test_plugin.py",
    "testing/plugin/life.py": "testing/test_plugin.py",
    "testing/plugin/options.py": "testing/test_plugin.py",
    "testing/plugin/trace.py": "testing/test_plugin.py",
    "testing/plugin/snapshots.py": "testing/test_forgotten.py",
    "testing/program.py": "testing/test_strategies.py",
    "testing/run.py": "testing/test_determinism.py",
    "testing/schedule.py": "testing/test_determinism.py",
    "testing/simulation/bystander.py": "testing/simulation/test_simulate.py",
    "testing/simulation/damaged_start.py": "testing/simulation/test_disk_damage.py",
    "testing/simulation/play_faults.py": "testing/simulation/test_fault_draws.py",
    "testing/simulation/draw.py": "testing/simulation/test_simulate.py",
    "testing/simulation/invariants.py": "testing/simulation/test_simulate.py",
    "testing/simulation/long_run.py": "testing/simulation/test_telling.py",
    "testing/simulation/models.py": "testing/simulation/test_simulate.py",
    "testing/simulation/outcome.py": "testing/simulation/test_simulate.py",
    "testing/simulation/people.py": "testing/simulation/test_ssh_people.py",
    "testing/simulation/player.py": "testing/simulation/test_simulate.py",
    "testing/simulation/probe.py": "testing/simulation/test_sweep.py",
    "testing/simulation/report.py": "testing/simulation/test_simulate.py",
    "testing/simulation/come_to_rest.py": "testing/simulation/test_simulate.py",
    "testing/simulation/ssh_person.py": "testing/simulation/test_ssh_people.py",
    "testing/simulation/scenarios.py": "testing/simulation/test_sweep.py",
    "testing/simulation/sweeps.py": "testing/simulation/test_command.py",
    "testing/simulation/after_restart.py": "testing/simulation/test_simulate.py",
    "testing/simulation/editions.py": "testing/simulation/test_simulate.py",
    "testing/simulation/patience.py": "testing/simulation/test_simulate.py",
    "testing/simulation/swarm.py": "testing/simulation/test_simulate.py",
    "testing/simulation/tools.py": "testing/simulation/test_simulate.py",
    "testing/simulation/words.py": "testing/simulation/test_simulate.py",
    "testing/simulation/web/people.py": "testing/simulation/web/test_web_people.py",
    "testing/simulation/web/reader.py": "testing/simulation/web/test_web_people.py",
    "testing/simulation/web/requests.py": "testing/simulation/web/test_web_people.py",
    "testing/simulation/conversations/browsing.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/web_acts.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/web_logins.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/web_rooms.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/web_streams.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/asking.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/unread.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/looks.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/views.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/screens.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/line_mode.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/following.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/tool_calls.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/limits.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/discovery.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/people.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/reading.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/refusals.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/retrieval.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/rooms.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/scripts.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/statuses.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/talk.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/tokens.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/conversations/typing.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/oracles/asking.py": "testing/simulation/oracles/test_oracles.py",
    "testing/simulation/oracles/command_line.py": "testing/simulation/oracles/test_oracles.py",
    "testing/simulation/oracles/following.py": "testing/simulation/oracles/test_oracles.py",
    "testing/simulation/oracles/people.py": "testing/simulation/oracles/test_oracles.py",
    "testing/simulation/oracles/prompts.py": "testing/simulation/oracles/test_oracles.py",
    "testing/simulation/oracles/related.py": "testing/simulation/oracles/test_oracles.py",
    "testing/simulation/oracles/reading.py": "testing/simulation/oracles/test_oracles.py",
    "testing/simulation/oracles/record.py": "testing/simulation/oracles/test_oracles.py",
    "testing/simulation/oracles/room_settings.py": "testing/simulation/oracles/test_oracles.py",
    "testing/simulation/oracles/statuses.py": "testing/simulation/oracles/test_oracles.py",
    "testing/simulation/oracles/judge.py": "testing/simulation/conversations/test_conversations.py",
    "testing/simulation/oracles/presence.py": "testing/simulation/conversations/test_conversations.py",
    "testing/script_errors.py": "testing/test_forgotten.py",
    "testing/ssh.py": "testing/test_whole_stack.py",
    "testing/waits.py": "testing/test_forgotten.py",
    "testing/web.py": "adapters/web/test_application.py",
    "testing/upstream/link.py": "testing/upstream/test_fake.py",
    "testing/upstream/replies.py": "testing/upstream/test_fake.py",
    "testing/upstream/steps.py": "testing/upstream/test_fake.py",
    "testing/upstream/strict.py": "models/test_strict.py",
    "testing/upstream/wires.py": "testing/upstream/test_fake.py",
}

TABLES = (EDGES, PURE, ADAPTERS, ASKING_AND_LOG, CHAT, SCRIPTS, FRONTS, WEB, HARNESS)

COVERED: Mapping[str, str] = {module: test for table in TABLES for module, test in table.items()}
"""The modules without a test file of their own, below `chatd/`, and where their tests are, below `tests/`."""

PATHS = sorted(
    path.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("*.py")
    if path.name not in ("__init__.py", "__main__.py")
)
GRAPH = graph_of()


def own(module: str) -> str:
    """The test file that is the module's own, below `tests/`."""
    folder, _, file = module.rpartition("/")
    return f"{folder}/test_{file}".lstrip("/")


def helpers(test: Path) -> set[Path]:
    """A test file with what it is made of: helpers below `tests/` that it imports, and the fixtures of its folders."""
    found: set[Path] = set()
    waiting = [test]
    while waiting:
        path = waiting.pop()
        if path in found or not path.exists():
            continue
        found.add(path)
        waiting += [folder / "conftest.py" for folder in path.parents if folder.is_relative_to(TESTS)]
        names = (module for _, module in imports(path) if module.startswith("tests."))
        waiting += [TESTS.joinpath(*name.split(".")[1:]).with_suffix(".py") for name in names]
    return found


def starts(path: Path) -> Iterator[str]:
    """The modules that a file imports, runs as a program, or has a world run."""
    names = {module for _, module in imports(path)}
    if "chatd.testing.World" in names:
        yield SERVER
    for name in names | set(programs(path)):
        if (module := name.removeprefix("chatd.")) != name and module in GRAPH:
            yield module


def programs(path: Path) -> Iterator[str]:
    """The modules that a file names in command lines: behind `-m`, and behind pytest's `-p`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.List):
            words = [word.value if isinstance(word, ast.Constant) else None for word in node.elts]
            for option, name in pairwise(words):
                if option in ("-m", "-p") and isinstance(name, str):
                    yield "chatd.__main__" if name == "chatd" else name


def distances(test: Path) -> Mapping[str, int]:
    """The modules that a test file reaches, each with the number of arrows to it."""
    found = {start: 1 for path in helpers(test) for start in starts(path)}
    waiting = list(found)
    for module in waiting:  # it grows on the way: the nearest come first
        nearer = GRAPH[module] - set(found)
        found |= dict.fromkeys(nearer, found[module] + 1)
        waiting += sorted(nearer)
    return found


@pytest.mark.parametrize("module", PATHS)
def test_every_module_has_its_tests(module: str) -> None:
    has_own = (TESTS / own(module)).exists()
    assert has_own or module in COVERED, f"{module}: write tests/{own(module)}, or a line in COVERED"
    assert not (has_own and module in COVERED), f"{module} has tests of its own: take its line out of COVERED"


def test_no_line_is_about_a_module_that_is_gone_or_stands_twice() -> None:
    assert set(COVERED) <= set(PATHS)
    assert len(COVERED) == sum(map(len, TABLES)), "a module stands in two tables"


@pytest.mark.parametrize("test", sorted(set(COVERED.values())))
def test_a_test_file_reaches_what_it_covers(test: str) -> None:
    assert (TESTS / test).is_file(), f"there is no tests/{test}"
    reached = distances(TESTS / test)
    for module in (module for module, file in COVERED.items() if file == test):
        name = module.removesuffix(".py").replace("/", ".")
        far = reached.get(name)
        assert far is not None and far <= ARROWS, f"tests/{test} is {far} arrows from {module}"
