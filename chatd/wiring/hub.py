"""From configuration to the hub and the name registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from chatd import __version__, bounds
from chatd.adapters.authorized_keys import read_fingerprints
from chatd.adapters.json_schema import compile_schema
from chatd.adapters.upstream.endpoint import Network
from chatd.config import Config
from chatd.core.guard import Guard
from chatd.core.lobby import Lobby
from chatd.core.members import Members
from chatd.core.name_registry import NameRegistry
from chatd.ports import Clock, CredentialStore, Directory, FileEvents, Ids, Machine, RunSync, Scripts, Secrets, Store
from chatd.tasks.asking.answer_cache import AnswerCache
from chatd.tasks.asking.budget import Budget
from chatd.tasks.asking.discovery import Discovery
from chatd.tasks.asking.model_registry import ModelRegistry
from chatd.tasks.asking.retrieval import Retrieval
from chatd.tasks.asking.router import Router
from chatd.tasks.asking.running_answers import Answers
from chatd.tasks.asking.tools.registry import Tools
from chatd.tasks.asking.tools.shipped import shipped_tools
from chatd.tasks.chat.credentials import Credentials
from chatd.tasks.chat.crowd import Crowd
from chatd.tasks.chat.facts import ServerFacts
from chatd.tasks.chat.hub import Hub
from chatd.tasks.chat.notices import Notices
from chatd.tasks.chat.read_markers import ReadMarkerStore
from chatd.tasks.chat.registration import Registration
from chatd.tasks.chat.rooms import Rooms
from chatd.tasks.chat.script_watch import ScriptWatch
from chatd.tasks.chat.value_store import ValueStore
from chatd.tasks.log.recorder import Recorder
from chatd.wiring import limits
from chatd.wiring.models import Upstreams


@dataclass(frozen=True, slots=True)
class Ports:
    """The world a server stands in: the app takes it from the machine, the harness simulates it."""

    clock: Clock
    ids: Ids
    secrets: Secrets
    log: Store
    directory: Directory
    credentials: CredentialStore
    scripts: Scripts
    random: Random
    """For dice."""
    machine: Machine
    worker: Callable[[], RunSync]
    """One more thread for what blocks."""
    environ: Mapping[str, str]
    """Where keys and addresses of models' servers are looked up."""
    network: Network | None = None
    """Where models' servers are; the machine's own without it."""
    file_events: FileEvents | None = None
    """Word of changed scripts; without it they are looked at all the time."""


def make_hub(
    settings: Config, ports: Ports, upstreams: Upstreams, names: NameRegistry, *, room_entries: int, seed: int
) -> Hub:
    """The hub with every limit of the configuration in its place; `Hub.load` fills it and `names`."""
    registry = upstreams.registry
    notices = Notices()
    registration = Registration(names, ports.directory, ports.clock, notices, limits.name_backoff())
    recorder = Recorder(ports.log, ports.clock, ports.ids, limits.recorder_limits())
    recorder.first = registration.settle
    tools = Tools(compile_schema, limits.tool_limits(settings))
    for tool in shipped_tools(ports.clock, ports.log, ports.random):
        tools.add(tool)
    answers = Answers(
        make_router(settings, registry, tools, ports), recorder,
        Budget(ports.directory, ports.clock, settings.limits.max_tokens_per_day),
        clock=ports.clock, ids=ports.ids, streams=limits.stream_limits(settings), limits=limits.answer_limits(settings),
        retrieval=Retrieval(ports.log, limits.retrieval_limits(settings)) if settings.retrieval.enabled else None,
    )  # fmt: skip
    lobby, rooms = Lobby(), limits.room_limits(settings, room_entries)
    return Hub(
        facts=server_facts(settings, ports.clock),
        limits=limits.session_limits(settings),
        room_limits=rooms,
        clock=ports.clock,
        ids=ports.ids,
        log=ports.log,
        archive=ports.log,
        search=ports.log,
        names=names,
        recorder=recorder,
        scripts=ports.scripts,
        models=registry,
        discovery=Discovery(registry, upstreams.sources, bounds.DISCOVERY_S, bounds.DISCOVERY_LEAST_S),
        answers=answers,
        registration=registration,
        credentials=Credentials(
            names, ports.credentials, ports.secrets, ports.clock, ready=registration.write,
            backoff=limits.name_backoff(),
        ),
        read_markers=ReadMarkerStore(ports.directory, recorder),
        stored=ValueStore(ports.directory, limits.kept_limits(), ready=registration.write),
        script_watch=ScriptWatch(ports.scripts, ports.file_events, bounds.RELOAD_S, bounds.RELOAD_UNTOLD_S),
        crowd=Crowd(ports.machine, limits.crowd_limits(settings)),
        lobby=lobby,
        rooms=Rooms(
            lobby, recorder, store=ports.log, clock=ports.clock, ids=ports.ids, making=limits.room_making(settings),
            limits=rooms,
        ),
        seed=seed, notices=notices,
    )  # fmt: skip


def make_router(settings: Config, registry: ModelRegistry, tools: Tools, ports: Ports) -> Router:
    """The router, with what keeps answers and what looks through questions as the operator wants it."""
    cache, guard = settings.cache, settings.guard
    kept = AnswerCache(cache.ttl, cache.size, lambda: ports.clock.now_ms() / 1000) if cache.enabled else None
    return Router(
        registry,
        tools,
        ports.ids,
        limits.router_limits(settings),
        clock=ports.clock,
        cache=kept,
        guard=Guard(guard.personal_data, guard.injection),
    )


def server_facts(settings: Config, clock: Clock) -> ServerFacts:
    """What a server that starts now says about itself."""
    return ServerFacts(
        settings.server.name, __version__, settings.server.motd, clock.now_ms(),
        settings.auth.guests_ask, frozenset(settings.auth.admins),
    )  # fmt: skip


def make_names(settings: Config, members: Members, models: ModelRegistry, listed: frozenset[str]) -> NameRegistry:
    """The rules of names and keys, over `members`, for people who are not called as a model is."""
    return NameRegistry(
        members,
        mode=settings.auth.mode,
        listed=listed,
        is_model=lambda name: models.named(name) is not None,
        model_names=lambda: list(models),
    )


def listed_keys(settings: Config) -> frozenset[str]:
    """The fingerprints in `auth.authorized_keys`. Raises BadConfig for a line that is no key."""
    path = settings.auth.authorized_keys
    return frozenset() if path is None else read_fingerprints(path)
