"""Conversations about tokens and links: who has one is in, who has not is not, and both over restarts."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from chatd.core.credentials import CredentialKind
from chatd.errors import NotPermitted, StorageError
from chatd.testing.simulation.conversations.talk import Conversation, Talk

GATEWAY = "https://chat.example.org"


def _name_of(talk: Talk, secret: str) -> str | None:
    """Who is let in by it."""
    bearer = talk.world.hub.credentials.who(secret)
    return None if bearer is None else bearer.visitor.name


async def _token(talk: Talk, who: str, line: str) -> tuple[str, str]:
    """A new token's id and secret."""
    before = {one["id"] for one in await talk.rows(who, "token list --json")}
    made = await talk.runs(who, line)
    lines = made.output.splitlines()
    talk.expects(made.exit_status == 0 and len(lines) == 1, f"{line!r}: {made.output!r}, {made.errors!r}")
    new = [one["id"] for one in await talk.rows(who, "token list --json") if one["id"] not in before]
    talk.expects(len(new) == 1 and new[0] in made.errors, f"one token is new: {new}, {made.errors!r}")
    return str(new[0]), lines[0]


async def a_token_is_good_until_it_is_revoked(talk: Talk) -> None:
    """By its owner alone; the others stay, also over a restart."""
    una, ugo = talk.name("una"), talk.name("ugo")
    kept, secret = await _token(talk, una, "token --label kept --expires 52w --read-only")
    revoked, other = await _token(talk, una, "token")
    for one in (secret, other):
        talk.expects(_name_of(talk, one) == una, f"{una} is let in, not {_name_of(talk, one)}")
    stranger = await talk.runs(ugo, f"token revoke {revoked}")
    talk.expects(stranger.exit_status == 69, f"another's token: {stranger.exit_status}, {stranger.errors!r}")
    talk.expects(await talk.rows(ugo, "token list --json") == [], "others see none of them")
    talk.expects(_name_of(talk, other) == una, "nor do they revoke any")
    done = await talk.runs(una, f"token revoke {revoked}")
    talk.expects(done.exit_status == 0, f"{done.exit_status}, {done.errors!r}")
    talk.expects(_name_of(talk, other) is None, "what is revoked lets nobody in")
    await _as_before(talk, una, kept, secret, other)
    talk.later.append(partial(_as_before, una=una, kept=kept, secret=secret, revoked=other))


async def _as_before(talk: Talk, una: str, kept: str, secret: str, revoked: str) -> None:
    listed = {one["id"]: one for one in await talk.rows(una, "token list --json")}
    talk.expects(set(listed) == {kept}, f"there is one: {listed}")
    talk.expects((listed[kept]["label"], listed[kept]["read_only"]) == ("kept", True), f"as it was: {listed}")
    talk.expects(_name_of(talk, secret) == una, "what is kept lets its owner in")
    talk.expects(_name_of(talk, revoked) is None, "what is revoked stays so")


async def _exchanged(talk: Talk, code: str) -> str:
    """The secret of the session for a link's code; "" when the link is not good. A disk that fails is no calm world."""
    try:
        return await talk.world.hub.credentials.exchange(code)
    except NotPermitted:
        return ""
    except StorageError as error:
        talk.check_calm()
        talk.expects(holds=False, what=f"the disk works: {error}")
        raise


async def a_link_logs_in_once(talk: Talk) -> None:
    """The session stays, also over a restart; the link is used up."""
    una, hub = talk.name("una"), talk.world.hub
    without = await talk.runs(una, "web")
    talk.expects(without.exit_status == 69 or bool(hub.web_url), f"without a gateway: {without.exit_status}")
    hub.web_url = hub.web_url or GATEWAY
    shown = await talk.runs(una, "web")
    talk.expects(shown.output.startswith(f"{hub.web_url}/login#"), f"{shown.output!r}, {shown.errors!r}")
    code = shown.output.strip().partition("#")[2]
    session = await _exchanged(talk, code)
    bearer = hub.credentials.who(session)
    talk.expects(bearer is not None and bearer.kind is CredentialKind.SESSION, "the browser is in")
    talk.expects(await _exchanged(talk, code) == "", "a link is good once")
    talk.expects(_name_of(talk, session) == una, f"the browser is {una}'s")
    talk.later.append(partial(_still_in, una=una, session=session))


async def _still_in(talk: Talk, una: str, session: str) -> None:
    talk.expects(_name_of(talk, session) == una, "the browser is in after a restart")
    with suppress(StorageError):  # it is out all the same
        await talk.world.hub.credentials.logout(session)
    talk.expects(_name_of(talk, session) is None, "who has logged out is out")


async def guests_have_neither(talk: Talk) -> None:
    """No key vouches for them, and they are told so."""
    guest = "guest-" + talk.name("gus")
    for line in ("web", "token", "token list", "token revoke bakolu"):
        refused = await talk.runs(guest, line)
        talk.expects(refused.exit_status == 77, f"{line!r} of a guest: {refused.exit_status}, {refused.errors!r}")
        talk.expects(not refused.output and "key" in refused.errors, f"{line!r}: {refused.errors!r}")


ALL: tuple[Conversation, ...] = (a_token_is_good_until_it_is_revoked, a_link_logs_in_once, guests_have_neither)
