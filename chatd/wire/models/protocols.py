"""The protocols there are, by their names. A further one is a module with its record, and a row here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chatd.wire.models.anthropic import ANTHROPIC
from chatd.wire.models.ollama import OLLAMA
from chatd.wire.models.openai import OPENAI
from chatd.wire.models.protocol import WireProtocol

PROTOCOLS: Mapping[str, WireProtocol] = MappingProxyType(
    {protocol.name: protocol for protocol in (OLLAMA, OPENAI, ANTHROPIC)}
)
"""In the order in which models are looked for that nobody configured."""
