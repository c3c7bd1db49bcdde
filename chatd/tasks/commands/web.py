"""Commands for the web: a link that logs a browser in, and tokens for programs."""

from __future__ import annotations

from chatd.core.credentials import TOKEN_DAYS, Credential
from chatd.core.times import iso
from chatd.errors import Exit
from chatd.tasks.chat.web_link import NO_GATEWAY, web_link
from chatd.tasks.commands.call import Call, Command, Parser


def commands() -> list[Command]:
    """This family's rows of the command table."""
    web = Parser(prog="web", description="a link that logs your browser in, once, for 10 minutes", add_help=False)
    token = Parser(prog="token", description="a bearer token for a program; it is shown this once", add_help=False)
    token.add_argument("--label", default="", metavar="L", help="what it is for")
    token.add_argument("--expires", metavar="TIME", help=f"how long it is good: 36h, 12w; {TOKEN_DAYS}d without it")
    token.add_argument("--read-only", action="store_true", help="nothing may be changed with it")
    token.set_defaults(run=_make)
    more = token.add_subparsers(metavar="list | revoke ID", title="the tokens there are")
    listing = more.add_parser("list", help="the tokens you have [--json]", add_help=False)
    listing.add_argument("--json", action="store_true", help="JSON Lines")
    listing.set_defaults(run=_list)
    revoking = more.add_parser("revoke", help="end a token: token revoke ID", add_help=False)
    revoking.add_argument("id", metavar="ID")
    revoking.set_defaults(run=_revoke)
    return [
        Command("web", "a link that logs your browser in", web, _web),
        Command("token", "a token for a program; token list, token revoke ID", token, _token),
    ]


async def _web(call: Call) -> int:
    call.line(web_link(call.hub, call.visitor))
    return Exit.OK


async def _token(call: Call) -> int:
    status: int = await call.arguments.run(call)
    return status


async def _make(call: Call) -> int:
    arguments = call.arguments
    secret, token = await call.hub.credentials.make_token(
        call.visitor, arguments.label, arguments.expires, read_only=arguments.read_only
    )
    # The secret is alone on stdout, for `$(ssh HOST token)`; what one should know of it goes beside.
    call.line(secret)
    call.error(f"chatd: token {token.id}, good until {iso(token.expires_at)}; it is not shown again")
    if not call.hub.web_url:
        call.error(f"chatd: {NO_GATEWAY}")
    return Exit.OK


async def _list(call: Call) -> int:
    for token in call.hub.credentials.tokens_of(call.visitor):
        if call.arguments.json:
            call.json(_view(token))
        else:
            used = "never used" if token.used_at is None else f"used {iso(token.used_at)}"
            name = "" if token.name == call.visitor.name else f"  as {token.name}"
            only = "  read only" if token.read_only else ""
            label = f"  {token.label}" if token.label else ""
            call.line(f"{token.id:<8} until {iso(token.expires_at)}  {used}{name}{only}{label}")
    return Exit.OK


def _view(token: Credential) -> dict[str, object]:
    """A token in a list, as programs read it. Times as everywhere, None where there is none."""
    return {
        "id": token.id, "label": token.label, "created_at": iso(token.created_at),
        "expires_at": iso(token.expires_at), "last_used_at": None if token.used_at is None else iso(token.used_at),
        "read_only": token.read_only,
    }  # fmt: skip


async def _revoke(call: Call) -> int:
    await call.hub.credentials.revoke(call.visitor, call.arguments.id)
    return Exit.OK
