"""The command line: `chatd serve`, `chatd check`, `chatd export`, `chatd guide`, `chatd sim`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from chatd import __version__
from chatd.errors import ChatdError, Exit, MissingFile, StorageError, UsageError, first_error

if TYPE_CHECKING:
    from chatd.config import Config

# What takes long to import is imported by the commands, where an interrupt is met and `--version` needs none of it.
# ruff: noqa: PLC0415

SCENARIOS = ("tools", "side by side", "slow disk", "loading", "guest", "notices", "not ascii", "one line")
_FIRST = ("disk", "write", "load", "guest")
KINDS = (
    "mention", "session", "server", "hangup", *_FIRST,
    *(f"{first}+{last}" for first in _FIRST for last in (*_FIRST, "server") if first != last), "crash",
)  # fmt: skip
SCHEDULES = ("fifo", "shuffle", "serial", "pct")
PROFILES = ("memory", "ssh")
FORMATS = ("md", "jsonl", "text")
LEVELS = ("debug", "info", "warning", "error")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n{self.format_usage().rstrip()}")


def parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    top = _Parser(prog="chatd", description="A chat server you enter with plain ssh.")
    top.add_argument("--version", action="version", version=f"chatd {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    serve = commands.add_parser("serve", help="run the server", description="Run the server until SIGTERM or SIGINT.")
    serve.add_argument("--data", type=Path, metavar="DIR", help="the data directory (default: data)")
    serve.add_argument(
        "--listen", action="append", metavar="HOST:PORT", help="where to listen, may be repeated; port 0 picks one"
    )
    serve.add_argument("--log-level", default="info", choices=LEVELS, metavar="LEVEL", help=", ".join(LEVELS))
    check = commands.add_parser("check", help="check the configuration", description="Check the configuration.")
    check.add_argument("--strict", action="store_true", help="exit 75 when a model does not answer")
    export = commands.add_parser("export", help="write a room out", description="Write out a room of a stopped server.")
    export.add_argument("room", metavar="ROOM")
    export.add_argument("--format", choices=FORMATS, default=FORMATS[0], metavar="F", help=", ".join(FORMATS))
    export.add_argument("--data", type=Path, metavar="DIR", help="the data directory (default: data)")
    commands.add_parser("guide", help="how scripts are tested", description="Print the guide to testing scripts.")
    sim = commands.add_parser("sim", help="simulate servers", description="Live whole servers from seeds.")
    sim.add_argument("--seed", type=int, default=0, metavar="N", help="the first seed")
    sim.add_argument("--runs", type=_count, default=1, metavar="N", help="how many seeds, one after the other")
    sim.add_argument(
        "--schedule", choices=SCHEDULES, metavar="NAME", help=", ".join(SCHEDULES) + "; else they take turns"
    )
    sim.add_argument(
        "--profile", default=PROFILES[0], choices=PROFILES, metavar="NAME",
        help=f"how people come in: {', '.join(PROFILES)} (default: {PROFILES[0]})",
    )  # fmt: skip
    sim.add_argument("--trace", type=Path, metavar="FILE", help="write down what happens in each world")
    sim.add_argument(
        "--keep-going", type=Path, metavar="FILE", help="write down what breaks, and go on from there at the next start"
    )
    sim.add_argument("--lua", type=Path, metavar="DIR", help="live them with your scripts, as [lua] path names them")
    sim.add_argument("--jobs", type=_count, default=1, metavar="N", help="processes that live them")
    sim.add_argument("--sweep", action="store_true", help="a fault or a kill at every step of short scenarios instead")
    sim.add_argument("--stride", type=_count, default=1, metavar="N", help="with --sweep: at each N-th step")
    sim.add_argument("--scenario", choices=SCENARIOS, metavar="NAME", help="with --at: " + ", ".join(SCENARIOS))
    sim.add_argument("--at", type=_fault, metavar="KIND:STEP", help="replay one world of a sweep")
    sim.add_argument("--keep", type=_places, metavar="N,N,…", help="play these acts of the program alone")
    sim.add_argument(
        "--step", type=_count, metavar="K", help="show every screen after step K of the first seed's world"
    )
    for command in (serve, check, export):
        command.add_argument("--config", type=Path, metavar="FILE", help="a TOML file; none is needed")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (sysexits)."""
    try:
        arguments = parser().parse_args(argv)
        if arguments.command == "sim":
            return simulate(arguments)
        if arguments.command == "guide":
            return guide()
        from chatd.config_file import load

        os.umask(0o077)  # what is said is nobody else's business on this machine, and neither is the host key
        settings = load(arguments.config)
        if arguments.command == "export":
            return export(settings, arguments)
        return check(settings, arguments.strict) if arguments.command == "check" else serve(settings, arguments)
    except ChatdError as error:
        return _fail(error)
    except KeyboardInterrupt:
        return Exit.CANCELLED


def simulate(arguments: argparse.Namespace) -> int:
    """`chatd sim`"""
    from chatd.testing.schedule import Mode
    from chatd.testing.simulation.people import Profile
    from chatd.testing.simulation.report import simulate_all

    wanted, profile = Mode(arguments.schedule) if arguments.schedule else None, Profile(arguments.profile)
    scripts_path: Path | None = arguments.lua
    if scripts_path is not None:
        if arguments.sweep or arguments.at is not None:
            raise UsageError("--lua goes with seeds, not with a sweep")
        if not scripts_path.is_dir():
            raise MissingFile(f"--lua: there is no directory {scripts_path}")
    if arguments.sweep:
        from chatd.testing.simulation.sweeps import sweep_all

        return Exit.OK if sweep_all(arguments.stride, arguments.jobs, print, profile) else Exit.FAILED
    if arguments.at is not None:
        from chatd.testing.simulation.sweeps import replay

        scenario = arguments.scenario or SCENARIOS[0]
        kind, step = arguments.at
        return Exit.OK if replay(scenario, wanted or Mode.FIFO, kind, step, print, profile=profile) else Exit.FAILED
    if arguments.step is not None:
        from chatd.testing.simulation.report import look_at

        held = look_at(
            arguments.seed, wanted, arguments.step, arguments.keep, profile=profile,
            scripts_path=scripts_path, say=print,
        )  # fmt: skip
        return Exit.OK if held else Exit.FAILED
    try:
        if arguments.keep_going is not None:
            from chatd.testing.simulation.report import simulate_on

            held = simulate_on(
                arguments.keep_going, arguments.seed, arguments.runs, wanted, jobs=arguments.jobs, profile=profile,
                say=print,
            )  # fmt: skip
            return Exit.OK if held else Exit.FAILED
        held = simulate_all(
            arguments.seed, arguments.runs, wanted, keep=arguments.keep, trace=arguments.trace, jobs=arguments.jobs,
            profile=profile, scripts_path=scripts_path, say=print,
        )  # fmt: skip
    except OSError as error:
        raise StorageError(f"{error.filename}: {error.strerror or error}") from error
    return Exit.OK if held else Exit.FAILED


def guide() -> int:
    """`chatd guide`"""
    from importlib.resources import files

    print(files("chatd").joinpath("testing/GUIDE.md").read_text(encoding="utf-8"), end="")
    return Exit.OK


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _fault(text: str) -> tuple[str, int]:
    kind, _, step = text.partition(":")
    if kind not in KINDS or not step.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not {', '.join(KINDS)} and a step, such as mention:17")
    return kind, int(step)


def _places(text: str) -> list[int]:
    if not all(part.isdecimal() for part in text.split(",")):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of places such as 0,3,7")
    return [int(part) for part in text.split(",")]


def serve(settings: Config, arguments: argparse.Namespace) -> int:
    """`chatd serve`"""
    import logging
    import signal

    # Until the server minds them itself; nothing has been opened before that.
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(Exit.OK))
    import trio

    from chatd import app, logs
    from chatd.config_file import load

    logs.set_up(arguments.log_level)
    code = int(Exit.OK)
    try:
        trio.run(partial(
            app.serve, _with_options(settings, arguments), ready=partial(_unless_unread, app.say_ready),
            read_again=lambda: _with_options(load(arguments.config), arguments),
        ))  # fmt: skip
    except* ChatdError as group:
        error = first_error(group)
        assert isinstance(error, ChatdError)
        code = _fail(error)
    except* KeyboardInterrupt:
        code = Exit.CANCELLED  # before the server minds signals itself, or when it does no more
    except* Exception:
        logging.getLogger("chatd").exception("an internal fault stopped the server")
        code = Exit.INTERNAL
    return code


def _with_options(settings: Config, arguments: argparse.Namespace) -> Config:
    """What the command line says comes before what the file says."""
    server = settings.server
    if arguments.data is not None:
        server = replace(server, data=arguments.data)
    if arguments.listen:
        server = replace(server, listen=tuple(_address(text) for text in arguments.listen))
    return replace(settings, server=server)


def check(settings: Config, strict: bool) -> int:
    """`chatd check`"""
    import trio

    from chatd.wiring.check import check_models, check_scripts
    from chatd.wiring.descriptors import make_room
    from chatd.wiring.hub import listed_keys

    listed_keys(settings)
    if problems := check_scripts(settings):
        print("\n".join(f"chatd: {settings.lua.path}: {problem}" for problem in problems), file=sys.stderr)
        return Exit.CONFIG
    findings = trio.run(check_models, settings, os.environ)
    print(f"{'MODEL':<24} {'PROVIDER':<10} {'ENDPOINT':<32} STATE")
    for found in findings:
        print(found.line)
    if trouble := make_room(settings):
        print(f"chatd: {trouble}", file=sys.stderr)
    print("the configuration is good")
    return Exit.OK if all(found.good for found in findings) or not strict else Exit.TEMPORARY


def export(settings: Config, arguments: argparse.Namespace) -> int:
    """`chatd export`"""
    import trio

    from chatd.wiring.export import export

    if arguments.data is not None:
        settings = replace(settings, server=replace(settings.server, data=arguments.data))
    try:
        trio.run(export, settings, arguments.room, arguments.format, sys.stdout.write)
        sys.stdout.flush()
    except OSError as error:
        raise StorageError(f"stdout: {error.strerror or error}") from error
    return Exit.OK


def _unless_unread(say: Callable[[str], None], text: str) -> None:
    """Say it on stdout, whether or not anybody reads there: a server outlives who started it."""
    try:
        if getattr(sys, "stdout", None) is not None:  # None: it was closed at the start
            say(text)
    except OSError:
        # What could not be written would be tried again at the exit, and fail again.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _address(text: str) -> str:
    from chatd.config_rules import parse_address

    try:
        parse_address(text)
    except ValueError as error:
        raise UsageError(f"--listen {text!r}: wanted are {error}") from None
    return text


def _fail(error: ChatdError) -> int:
    sys.stderr.write(f"chatd: {error}\n")
    sys.stderr.flush()
    return int(error.exit_code)
