"""What an operator has decided about the web."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Anonymous(StrEnum):
    """What may be done without a login: nothing, reading what is public, or what a guest may who comes over ssh."""

    NONE = "none"
    READ = "read"
    GUEST = "guest"


class MetricsFor(StrEnum):
    """Who may read the metrics: whoever is on this machine, whoever has a token, or nobody."""

    LOCAL = "local"
    TOKEN = "token"  # noqa: S105 -- a word of the configuration
    OFF = "off"


@dataclass(frozen=True, slots=True)
class WebTerms:
    """`[web]`, as far as those who answer have to know it."""

    anonymous: Anonymous = Anonymous.NONE
    metrics: MetricsFor = MetricsFor.LOCAL
    host: str = ""
    """The host, with its port if there is one, of `public_url`; "" without one."""
