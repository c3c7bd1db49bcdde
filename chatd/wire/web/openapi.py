"""What is answered over the web, described as OpenAPI 3.1: `GET /openapi.json`.

Streams that have no end are not in it: they are described in words by `/help web`, and no tool can try them out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatd.core.room_settings import OFF, ON, ROOM_SETTINGS, RoomSetting, Takes

Schema = Mapping[str, object]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
WORDS: Schema = {"type": "string", "pattern": r"\S"}
"""Text that says something."""
ANY: Schema = {}

ROOM = "room"


def optional(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    """A list of these."""
    return {"type": "array", "items": schema}


def record(fields: Mapping[str, Schema], required: Sequence[str] = (), *, closed: bool = False) -> Schema:
    """An object; what is not named as required may be left out."""
    return {
        "type": "object", "properties": dict(fields), "required": list(required),
        **({"additionalProperties": False} if closed else {}),
    }  # fmt: skip


def named(name: str) -> Schema:
    """One of SCHEMAS."""
    return {"$ref": f"#/components/schemas/{name}"}


SCHEMAS: Mapping[str, Schema] = {
    "Row": record({
        "id": TEXT, "room": TEXT, "buffer_id": TEXT, "seq": WHOLE, "parent_id": optional(TEXT),
        "mention_id": optional(TEXT), "content_method": TEXT, "author": TEXT, "tool_name": optional(TEXT),
        "content": TEXT, "status": TEXT, "created_at": TEXT, "updated_at": TEXT, "finished_at": optional(TEXT),
        "meta": {"type": "object"},
    }, ["id", "room", "seq", "content_method", "author", "content", "status", "created_at", "meta"]),
    "Rows": record({
        "rows": many(named("Row")), "before": optional(TEXT), "next": optional(TEXT), "n": WHOLE,
    }, ["rows"]),
    "Room": record({
        "name": TEXT, "topic": TEXT, "private": FLAG, "members": WHOLE, "models": WHOLE, "rows": WHOLE, "unread": WHOLE,
        "settings": named("RoomSettings"),
    }, ["name", "topic", "private", "members", "rows", "unread"]),
    "RoomSettings": record(dict.fromkeys(ROOM_SETTINGS, TEXT), list(ROOM_SETTINGS)),
    "Rooms": record({"rooms": many(named("Room"))}, ["rooms"]),
    "Model": record({
        "name": TEXT, "provider": TEXT, "model": TEXT, "endpoint": TEXT, "available": FLAG, "capabilities": many(TEXT),
        "context_tokens": optional(WHOLE), "queue": WHOLE,
    }, ["name", "provider", "available"]),
    "Models": record({"models": many(named("Model"))}, ["models"]),
    "Me": record({
        "name": optional(TEXT), "kind": TEXT, "fingerprint": optional(TEXT), "rooms": many(TEXT), "read_only": FLAG,
        "login": optional(TEXT), "anonymous": TEXT, "server": TEXT, "version": TEXT,
    }, ["name", "kind", "read_only"]),
    "Asked": record({"row_id": TEXT, "mention_ids": many(TEXT)}, ["row_id", "mention_ids"]),
    "Problem": record({"title": TEXT, "status": WHOLE, "detail": TEXT}, ["title", "status", "detail"]),
}  # fmt: skip

ROLES: Schema = {"type": "string", "enum": ["user", "assistant"]}
"""Those that need nothing beside them; others are taken, too."""

MESSAGES: Schema = {
    "type": "array", "minItems": 1,
    "items": record({"role": ROLES, "content": TEXT}, ["role", "content"]),
}  # fmt: skip
TALK: Mapping[str, Schema] = {
    "model": TEXT, "messages": MESSAGES, "stream": FLAG, "temperature": {"type": "number", "minimum": 0, "maximum": 2},
}  # fmt: skip
LONGEST: Schema = {"type": "integer", "minimum": 1, "maximum": 10_000}
INPUT: Schema = {"anyOf": [{"type": "string", "minLength": 1}, MESSAGES]}


def _taken(setting: RoomSetting) -> Schema:
    """What a setting takes, as far as a schema can say it."""
    if setting.takes is Takes.SWITCH:
        return {"type": "string", "enum": [ON, OFF]}
    return {"type": "string", "maxLength": setting.size}


def operation(
    summary: str, answers: Mapping[int, Schema | tuple[str, ...]], *, body: Schema | None = None,
    path: Sequence[str] = (), query: Mapping[str, Schema] | None = None, anybody: bool = False,
) -> dict[str, object]:  # fmt: skip
    """One operation. An answer is described by its schema when it is JSON, else by the media types that it may have."""
    parameters: list[object] = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in path]
    parameters += ({"name": name, "in": "query", "schema": schema} for name, schema in (query or {}).items())
    told: dict[str, object] = {str(status): _answer(status, what) for status, what in answers.items()}
    told["default"] = {
        "description": "what is wrong", "content": {"application/problem+json": {"schema": named("Problem")}},
    }  # fmt: skip
    described: dict[str, object] = {"summary": summary, "parameters": parameters, "responses": told}
    if body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if anybody:
        described["security"] = []
    return described


def _answer(status: int, what: Schema | tuple[str, ...]) -> dict[str, object]:
    if status == 204:
        return {"description": "done"}
    kinds = dict.fromkeys(what, ANY) if isinstance(what, tuple) else {"application/json": {"schema": what}}
    return {"description": "the answer", "content": kinds}


def _client(summary: str, body: Schema | None = None, path: Sequence[str] = ()) -> dict[str, object]:
    """An operation of other people's clients: its errors have the form's own shape."""
    described = operation(summary, {200: {"type": "object"}}, body=body, path=path)
    streamed = {"text/event-stream": ANY, "application/x-ndjson": ANY}
    described["responses"] = {
        "200": {
            "description": "the answer",
            "content": {"application/json": {"schema": {"type": "object"}}, **streamed},
        },
        "default": {
            "description": "what is wrong",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "application/problem+json": {"schema": named("Problem")},
            },
        },
    }
    return described


POSTED = record({"text": WORDS, "client_id": optional({"type": "string", "maxLength": 200})}, ["text"])
ASKED: Schema = {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 8}
QUESTION = record({"models": ASKED, "text": WORDS}, ["models", "text"])
UNIFIED = record(
    {
        "message": WORDS,
        "user_id": optional({"type": "string", "maxLength": 100}),
        "room": optional(TEXT),
        "model": optional(TEXT),
    },
    ["message"],
)
NEW_ROOM = record({"name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,31}$"}}, ["name"])
CHANGED: Schema = {
    **record({name: optional(_taken(setting)) for name, setting in ROOM_SETTINGS.items()}, closed=True),
    "minProperties": 1,
}
LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": 1000}
PAGE: Mapping[str, Schema] = {"before": TEXT, "after": TEXT, "limit": LIMIT}

OPERATIONS: Mapping[tuple[str, str], dict[str, object]] = {
    ("get", "/healthz"): operation("Whether the server lives", {200: {"type": "object"}}, anybody=True),
    ("get", "/readyz"): operation("Whether it can be given work", {200: {"type": "object"}}, anybody=True),
    ("get", "/metrics"): operation("The server in numbers, for Prometheus", {200: ("text/plain",)}, anybody=True),
    ("get", "/openapi.json"): operation("This", {200: {"type": "object"}}, anybody=True),
    ("post", "/api/v1/login"): operation(
        "A link's code becomes a session; without one, and where guests are let in, a guest of this name",
        {204: {}}, body={"anyOf": [record({"code": TEXT}, ["code"]), record({"guest": optional(TEXT)}, ["guest"])]},
        anybody=True),
    ("post", "/api/v1/logout"): operation("The session ends", {204: {}}, anybody=True),
    ("get", "/api/v1/me"): operation("Who one is", {200: named("Me")}),
    ("get", "/api/v1/models"): operation("Who can be asked", {200: named("Models")}),
    ("get", "/api/v1/rooms"): operation("The rooms one may read", {200: named("Rooms")}),
    ("get", "/api/v1/rooms/{room}"): operation("One room, and who is in it", {200: named("Room")}, path=[ROOM]),
    ("post", "/api/v1/rooms"): operation("Make a room", {201: named("Room")}, body=NEW_ROOM),
    ("patch", "/api/v1/rooms/{room}"): operation(
        "Set what it is like; null takes a value away", {200: named("Room")}, body=CHANGED, path=[ROOM]),
    ("get", "/api/v1/rooms/{room}/rows"): operation(
        "Its rows, oldest first", {200: named("Rows")}, path=[ROOM], query=PAGE),
    ("get", "/api/v1/rooms/{room}/export"): operation(
        "The whole of it", {200: ("text/markdown", "application/jsonl", "text/plain")}, path=[ROOM],
        query={"format": {"type": "string", "enum": ["md", "jsonl", "text"]}}),
    ("get", "/api/v1/search"): operation(
        "Rows that have these words", {200: named("Rows")},
        query={"q": WORDS, "room": TEXT, "limit": LIMIT}),
    ("get", "/api/v1/stats"): operation("The server in numbers", {200: {"type": "object"}}),
    ("post", "/api/v1/rooms/{room}/rows"): operation(
        "Say something; text that begins with @NAME asks", {200: named("Row"), 201: named("Row")},
        body=POSTED, path=[ROOM]),
    ("post", "/api/v1/rooms/{room}/ask"): operation("Ask models", {202: named("Asked")}, body=QUESTION, path=[ROOM]),
    ("post", "/api/v1/rooms/{room}/read"): operation("All of it has been read", {204: {}}, path=[ROOM]),
    ("post", "/api/v1/mentions/{id}/cancel"): operation("Stop an answer", {202: {"type": "object"}}, path=["id"]),
    ("post", "/api/v1/chat/unified/stream"): operation(
        "Ask, and have the answer as it comes", {200: ("text/event-stream",)}, body=UNIFIED),
    ("get", "/v1/models"): _client("Who can be asked, as OpenAI and Anthropic list it"),
    ("get", "/v1/models/{name}"): _client("One of them", path=["name"]),
    ("post", "/v1/chat/completions"): _client("Chat Completions", record(TALK, ["model", "messages"])),
    ("post", "/v1/responses"): _client("Responses", record({"model": TEXT, "input": INPUT}, ["model", "input"])),
    ("post", "/v1/messages"): _client(
        "Anthropic's Messages", record({**TALK, "max_tokens": LONGEST}, ["model", "messages", "max_tokens"])),
    ("post", "/v1/messages/count_tokens"): _client("About how many tokens", record(TALK, ["model", "messages"])),
    ("post", "/api/chat"): _client("Ollama's chat", record(TALK, ["model"])),
    ("post", "/api/generate"): _client("Ollama's generate", record({"model": TEXT, "prompt": TEXT}, ["model"])),
    ("get", "/api/tags"): _client("Who can be asked, as Ollama lists it"),
    ("post", "/api/show"): _client("One of them", record({"model": TEXT}, ["model"])),
    ("get", "/api/version"): _client("The version of Ollama that this is like"),
}  # fmt: skip
"""What is done with each path."""

ENDLESS = frozenset({"/api/v1/rooms/{room}/events", "/api/v1/events"})
"""Paths of streams that have no end."""


def description(version: str, *, needs_login: bool) -> dict[str, object]:
    """The whole description, for this version of the server."""
    paths: dict[str, dict[str, object]] = {}
    for (method, path), described in OPERATIONS.items():
        paths.setdefault(path, {})[method] = described
    schemes = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "chatd"},
    }
    return {
        "openapi": "3.1.0", "info": {"title": "chatd", "version": version}, "paths": paths,
        "components": {"schemas": dict(SCHEMAS), "securitySchemes": schemes},
        "security": [{"token": []}, {"session": []}, *([] if needs_login else [{}])],
    }  # fmt: skip
