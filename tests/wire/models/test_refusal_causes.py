"""Refusals in the words of the servers that are known: which part of a request they are about, or its length."""

from __future__ import annotations

import json

import pytest

from chatd.wire.models.refusal_causes import overflow, refused_parts
from chatd.wire.models.refusals import refusal, stream_failure
from chatd.wire.models.request import Part

ALL = frozenset(Part)
OLDER = ALL - {Part.MAX_COMPLETION_TOKENS}

REFUSED: list[tuple[str, set[Part]]] = [
    ("registry.ollama.ai/library/gemma:2b does not support tools", {Part.TOOLS}),
    ("No endpoints found that support tool use. To learn more, visit: https://x.test/docs", {Part.TOOLS}),
    ('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', {Part.TOOLS}),
    ("Extra inputs are not permitted: tools", {Part.TOOLS}),
    ("tools param requires --jinja flag", {Part.TOOLS}),
    ("Unrecognized request argument supplied: tools", {Part.TOOLS}),
    ("Function calling is not enabled for this model", {Part.TOOLS}),
    ("`tools` is not currently supported with this model", {Part.TOOLS}),
    ("System role not supported", {Part.SYSTEM}),
    (("\n------------\nWhile executing CallExpression at line 1, column 70 in source:\n"
     "{{ raise_exception('System role not supported') }}\n  ^\nError: Jinja Exception: System role not supported"),
     {Part.SYSTEM}),
    ("Developer instruction is not enabled for models/gemma-3-27b-it", {Part.SYSTEM}),
    ("Unsupported value: 'messages[0].role' does not support 'system' with this model.", {Part.SYSTEM}),
    ("This model does not support system messages", {Part.SYSTEM}),
    ("Unexpected role 'system' in messages", {Part.SYSTEM}),
    ("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
     {Part.MAX_TOKENS}),
    ("unsupported parameter: max_tokens, use max_completion_tokens", {Part.MAX_TOKENS}),
    ("stream_options: Extra inputs are not permitted", {Part.STREAM_OPTIONS}),
    ("Unknown field: stream_options", {Part.STREAM_OPTIONS}),
    ("Unsupported parameters: tools, stream_options", {Part.TOOLS, Part.STREAM_OPTIONS}),
]  # fmt: skip

ABOUT_SOMETHING_ELSE = [
    "max_tokens is too large: 100000; this model supports at most 4096 completion tokens",
    "Failed to parse tool call arguments as JSON",
    "messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
    "model 'x' not found",
    "The system is overloaded",
    "temperature is not supported with this model",
    "Rate limit reached for tokens per minute",
    "server busy, please try again.  maximum pending requests exceeded",
]


@pytest.mark.parametrize(("words", "parts"), REFUSED)
def test_which_part_is_refused(words: str, parts: set[Part]) -> None:
    assert refused_parts(words, OLDER) == parts
    assert refused_parts(words, OLDER - parts) == set(), "what was not sent was not refused"


def test_a_template_that_wants_turns_does_not_know_a_role() -> None:
    """What we send does take turns, but for the system and for tools."""
    words = "Conversation roles must alternate user/assistant/user/assistant/..."
    assert refused_parts(words, OLDER) == {Part.SYSTEM}
    assert refused_parts(words, OLDER - {Part.SYSTEM}) == {Part.TOOLS}
    assert refused_parts(words, frozenset({Part.MAX_TOKENS})) == set()


def test_the_older_key_is_wanted_back() -> None:
    sent = ALL - {Part.MAX_TOKENS}
    words = "Unknown parameter max_completion_tokens; use max_tokens"
    assert refused_parts(words, sent) == {Part.MAX_COMPLETION_TOKENS}


@pytest.mark.parametrize("words", ABOUT_SOMETHING_ELSE)
def test_words_about_something_else(words: str) -> None:
    assert refused_parts(words, OLDER) == set()
    assert overflow(words) is None


def test_the_key_may_stand_beside_the_sentence() -> None:
    error = {"message": "Unsupported parameter.", "type": "invalid_request_error", "param": "tools", "code": None}
    pydantic = {
        "detail": [{"type": "extra_forbidden", "loc": ["body", "tools"], "msg": "Extra inputs are not permitted"}]
    }
    for value in ({"error": error}, pydantic):
        assert refused_parts(refusal(400, json.dumps(value).encode()).words, OLDER) == {Part.TOOLS}
    assert refused_parts(stream_failure(error).words, OLDER) == {Part.TOOLS}


TOO_LONG = [
    ("request (9371 tokens) exceeds the available context size (4096 tokens), try increasing it", 4096),
    ("the request exceeds the available context size. try increasing the context size or enable context shift", None),
    ("This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.", 8192),
    (("This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (3000 in the messages,"
     " 2000 in the completion). Please reduce the length of the messages or completion."), 4096),
    (("'max_tokens' or 'max_completion_tokens' is too large: 2048. This model's maximum context length is 4096 tokens"
     " and your request has 3000 input tokens (2048 > 4096 - 3000)."), 4096),
    ("The decoder prompt (length 5000) is longer than the maximum model length of 4096.", 4096),
    (("Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context"
     " length of only 4,096 tokens, which is not enough."), 4096),
    ("The number of tokens to keep from the initial prompt is greater than the context length", None),
    ("prompt is too long: 210000 tokens > 200000 maximum", 200000),
    ("input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000", 200000),
    ("the prompt is longer than the context length currently available to the model; shorten it", None),
    ("the input length exceeds the context length", None),
    ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1048576),
    ("Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length", 32768),
    ("Requested tokens (5000) exceed context window of 4096", 4096),
    ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 100 `max_new_tokens`", 4096),
    ("This model's maximum prompt length is 131072 but the request contains 140000 tokens.", 131072),
    ("Input tokens exceed the configured limit of 272000 tokens.", 272000),
]  # fmt: skip


@pytest.mark.parametrize(("words", "size"), TOO_LONG)
def test_a_conversation_that_is_too_long(words: str, size: int | None) -> None:
    found = overflow(words)
    assert found is not None
    assert found.size == size
    assert refused_parts(words, OLDER) == set()


def test_sizes_may_stand_beside_the_sentence() -> None:
    error = {
        "code": 400,
        "message": "too much",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 9371,
        "n_ctx": 4096,
    }
    found = overflow(refusal(400, json.dumps({"error": error}).encode()).words)
    assert found is not None and found.size == 4096
    by_code = overflow(stream_failure({"message": "no", "code": "context_length_exceeded"}).words)
    assert by_code is not None and by_code.size is None
