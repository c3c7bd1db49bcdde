"""The command line: `chatd serve`, `chatd check`, `chatd export`, `chatd guide`, `chatd sim`."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from chatd import __version__, sim_command
from chatd.errors import ChatdError, Exit, StorageError, UsageError, first_error
from chatd.log_components import LEVELS

if TYPE_CHECKING:
    from chatd.config import Config

# What takes long to import is imported by the commands, where an interrupt is met and `--version` needs none of it.
# ruff: noqa: PLC0415

FORMATS = ("md", "jsonl", "text")


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
    serve.add_argument(
        "--web", action="append", metavar="HOST:PORT", help="where to listen for browsers, beside what is configured"
    )
    serve.add_argument("--log-level", choices=LEVELS, metavar="LEVEL", help=", ".join(LEVELS))
    check = commands.add_parser("check", help="check the configuration", description="Check the configuration.")
    check.add_argument("--strict", action="store_true", help="exit 75 when a model does not answer")
    export = commands.add_parser("export", help="write a room out", description="Write out a room of a stopped server.")
    export.add_argument("room", metavar="ROOM")
    export.add_argument("--format", choices=FORMATS, default=FORMATS[0], metavar="F", help=", ".join(FORMATS))
    export.add_argument("--data", type=Path, metavar="DIR", help="the data directory (default: data)")
    commands.add_parser("guide", help="how scripts are tested", description="Print the guide to testing scripts.")
    sim_command.add_to(commands)
    for command in (serve, check, export):
        command.add_argument("--config", type=Path, metavar="FILE", help="a TOML file; none is needed")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (sysexits)."""
    try:
        arguments = parser().parse_args(argv)
        if arguments.command == "sim":
            return sim_command.simulate(arguments)
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
    except BrokenPipeError:  # whoever read stdout has gone: `| head`
        _nowhere()
        return Exit.FAILED


def guide() -> int:
    """`chatd guide`"""
    from importlib.resources import files

    print(files("chatd").joinpath("testing/GUIDE.md").read_text(encoding="utf-8"), end="")
    return Exit.OK


def serve(settings: Config, arguments: argparse.Namespace) -> int:
    """`chatd serve`"""
    import logging
    import signal

    # Until the server minds them itself; nothing has been opened before that.
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(Exit.OK))
    gc.disable()  # until the server is ready: of what is loaded nothing is garbage, and to look takes 50 ms
    import trio

    from chatd import app, logs
    from chatd.config_file import load

    settings = _with_options(settings, arguments)
    logs.set_up(settings.log)
    code = int(Exit.OK)
    try:
        trio.run(partial(
            app.serve, settings, ready=partial(_unless_unread, app.say_ready),
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
        server = replace(server, listen=tuple(_address("--listen", text) for text in arguments.listen))
    added = [_address("--web", text) for text in arguments.web or ()]
    web = replace(settings.web, listen=(*settings.web.listen, *added))
    log = settings.log if arguments.log_level is None else replace(settings.log, level=arguments.log_level)
    return replace(settings, server=server, web=web, log=log)


def check(settings: Config, strict: bool) -> int:
    """`chatd check`"""
    import trio

    from chatd.wiring.check import check_models, check_scripts
    from chatd.wiring.descriptors import make_room
    from chatd.wiring.hub import listed_keys
    from chatd.wiring.web import check_web

    listed_keys(settings)
    check_web(settings)
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
        _nowhere()


def _nowhere() -> None:
    """Have stdout lead nowhere: what could not be written would be tried again at the exit, and fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _address(option: str, text: str) -> str:
    from chatd.config_rules import parse_address

    try:
        parse_address(text)
    except ValueError as error:
        raise UsageError(f"{option} {text!r}: wanted are {error}") from None
    return text


def _fail(error: ChatdError) -> int:
    sys.stderr.write(f"chatd: {error}\n")
    sys.stderr.flush()
    return int(error.exit_code)
