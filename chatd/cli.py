"""The command line: `chatd serve`, `chatd check`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import trio

from chatd import __version__, logs
from chatd.config import Config
from chatd.config_file import load, parse_address
from chatd.errors import ChatdError, Exit, UsageError, first_error
from chatd.wiring import listed_keys, make_models

logger = logging.getLogger("chatd")

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
    for command in (serve, check):
        command.add_argument("--config", type=Path, metavar="FILE", help="a TOML file; none is needed")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (sysexits)."""
    try:
        arguments = parser().parse_args(argv)
        settings = load(arguments.config)
        return check(settings, arguments.strict) if arguments.command == "check" else serve(settings, arguments)
    except ChatdError as error:
        return _fail(error)


def serve(settings: Config, arguments: argparse.Namespace) -> int:
    """`chatd serve`"""
    from chatd import app  # noqa: PLC0415 - `check` and `--version` need none of the server's libraries

    logs.set_up(arguments.log_level)
    server = settings.server
    if arguments.data is not None:
        server = replace(server, data=arguments.data)
    if arguments.listen:
        server = replace(server, listen=tuple(_address(text) for text in arguments.listen))
    code = int(Exit.OK)
    try:
        trio.run(app.serve, replace(settings, server=server))
    except* ChatdError as group:
        error = first_error(group)
        assert isinstance(error, ChatdError)
        code = _fail(error)
    except* Exception:
        logger.exception("an internal fault stopped the server")
        code = Exit.INTERNAL
    return code


def check(settings: Config, strict: bool) -> int:
    """`chatd check`"""
    listed_keys(settings)
    missing = 0
    print(f"{'MODEL':<24} {'PROVIDER':<10} {'ENDPOINT':<32} STATE")
    for model in make_models(settings.models).values():
        info = model.info
        missing += not info.available
        state = "ready" if info.available else "this version of chatd has no client for the provider"
        print(f"@{info.name:<23} {info.provider:<10} {info.endpoint or '-':<32} {state}")
    print("the configuration is good")
    return Exit.TEMPORARY if strict and missing else Exit.OK


def _address(text: str) -> str:
    try:
        parse_address(text)
    except ValueError as error:
        raise UsageError(f"--listen {text!r}: wanted are {error}") from None
    return text


def _fail(error: ChatdError) -> int:
    sys.stderr.write(f"chatd: {error}\n")
    sys.stderr.flush()
    return int(error.exit_code)
