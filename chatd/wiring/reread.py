"""The configuration, read again while the server runs: what can be another at once is, the rest is named."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace

from chatd.config import Config
from chatd.errors import ChatdError
from chatd.logs import set_levels
from chatd.ports import RunSync
from chatd.tasks.chat.hub import Hub
from chatd.tasks.log.bell import Bell
from chatd.wiring.hub import listed_keys

logger = logging.getLogger("chatd.config")

AT_ONCE = frozenset(
    {
        "server.name",
        "server.motd",
        "auth.admins",
        "auth.guests_ask",
        "auth.authorized_keys",
        "log.level",
        "log.components",
    }
)
"""Keys that hold from the moment they are read; the file that `authorized_keys` names is read each time, too."""


class Reread:
    """Reads with `read`, which blocks, whenever the bell was rung. `run` is one task that outlives every session."""

    def __init__(self, settings: Config, read: Callable[[], Config], hub: Hub, bell: Bell) -> None:
        self._bell = bell
        self._settings = settings
        self._read = read
        self._hub = hub

    async def run(self, run_sync: RunSync) -> None:
        """Read again until cancelled. What cannot be read, or is wrong, changes nothing, and the log says why."""
        while True:
            await self._bell.wait()
            try:
                settings, listed = await run_sync(self._look)
            except ChatdError as error:
                logger.error("the configuration stays as it was: %s", error)
            else:
                self._apply(settings, listed)

    def _look(self) -> tuple[Config, frozenset[str]]:
        settings = self._read()
        return settings, listed_keys(settings)

    def _apply(self, settings: Config, listed: frozenset[str]) -> None:
        changed = list(differences(self._settings, settings))
        self._hub.facts = replace(
            self._hub.facts, name=settings.server.name, motd=settings.server.motd,
            guests_ask=settings.auth.guests_ask, admins=frozenset(settings.auth.admins),
        )  # fmt: skip
        self._hub.names.relist(listed)
        self._hub.credentials.review()
        for fingerprint in set(self._settings.auth.admins) - set(settings.auth.admins):
            self._hub.credentials.forget_key(fingerprint)
        if settings.log != self._settings.log:
            set_levels(settings.log)
        later = [key for key in changed if key not in AT_ONCE]
        self._settings = replace(
            self._settings,
            server=replace(self._settings.server, name=settings.server.name, motd=settings.server.motd),
            auth=replace(settings.auth, mode=self._settings.auth.mode),
            log=replace(settings.log, format=self._settings.log.format),
        )
        now = ", ".join(key for key in changed if key in AT_ONCE) or "nothing is another"
        logger.info("the configuration was read again: %s", now)
        if later:
            logger.warning("these are another at the next start: %s", ", ".join(later))


def differences(old: object, new: object, name: str = "") -> Iterator[str]:
    """The keys in which two configurations differ, as `section.key`; a list is one key."""
    if not (is_dataclass(old) and is_dataclass(new)):
        if old != new:
            yield name
        return
    for each in fields(old):
        inner = f"{name}.{each.name}" if name else each.name
        yield from differences(getattr(old, each.name), getattr(new, each.name), inner)
