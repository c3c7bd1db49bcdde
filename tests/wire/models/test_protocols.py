"""A protocol is a module and a row of a table: no other file asks which protocol it has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatd import config
from chatd.config_rules import RULES
from chatd.testing.upstream import WIRES
from chatd.wire.models.protocols import PROTOCOLS
from chatd.wiring import models
from tests.imports import PACKAGE, imports
from tests.test_layers import FILES, layer, name

MODULES = {f"wire/models/{name}.py": f"chatd.wire.models.{name}" for name in PROTOCOLS}
"""The modules that make the records."""
TABLE = "wire/models/protocols.py"
OTHERS = [path for path in FILES if layer(path) != "testing" and name(path) not in MODULES]


def named(source: str) -> Iterator[tuple[int, str]]:
    """(line, name) of each string in a source that is the name of a protocol."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and node.value in PROTOCOLS:
            yield node.lineno, str(node.value)


@pytest.mark.parametrize("path", OTHERS, ids=name)
def test_no_other_file_names_a_protocol(path: Path) -> None:
    assert list(named(path.read_text())) == [], f"{name(path)}: use or add a field of WireProtocol"


def test_a_file_that_compares_with_a_name_would_be_found() -> None:
    for source in ('x == "ollama"', 'match x:\n case "ollama": y()', 'T = {"ollama": 1}', 'f(kind="ollama")'):
        assert [found for _, found in named(source)] == ["ollama"], source
    assert list(named('"""An ollama."""\nx == "eliza"')) == []


@pytest.mark.parametrize("path", OTHERS, ids=name)
def test_only_the_table_knows_the_modules(path: Path) -> None:
    known = {module for _, module in imports(path)} & set(MODULES.values())
    assert known == (set(MODULES.values()) if name(path) == TABLE else set()), f"{name(path)}: look in PROTOCOLS"


def test_each_module_has_the_name_of_its_protocol() -> None:
    assert all((PACKAGE / module).exists() for module in MODULES)
    assert {protocol.name: protocol for protocol in PROTOCOLS.values()} == PROTOCOLS


def test_each_protocol_can_be_configured_and_so_can_who_lives_within() -> None:
    for provider in (*PROTOCOLS, *config.EMBEDDED):
        assert RULES["models.provider"](Path(), provider) == provider
    assert set(models.EMBEDDED) == set(config.EMBEDDED)
    assert not PROTOCOLS.keys() & set(config.EMBEDDED)


def test_the_harness_speaks_each_protocol() -> None:
    assert [wire.provider for wire in WIRES] == list(PROTOCOLS)
    for wire in WIRES:
        assert wire.path == PROTOCOLS[wire.provider].ask_path
        assert wire.content_type == PROTOCOLS[wire.provider].framing.media_type
