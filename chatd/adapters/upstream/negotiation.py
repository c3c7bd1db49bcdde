"""The terms of a request, and the other terms that follow a refusal: without a part of the request, or shorter."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chatd.core.prompt import fitted, tokens_of_question
from chatd.core.question import Question
from chatd.errors import ModelFailure, UpstreamFailure
from chatd.wire.models.protocol import WireProtocol
from chatd.wire.models.refusal_causes import overflow, parts_of, refused_parts
from chatd.wire.models.request import RequestSettings

_ABOUT_THE_REQUEST = frozenset({400, 404, 405, 413, 415, 422, 500, 501, None})
"""Statuses of refusals that may be about the request itself; None is an error within a stream, without a status."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A question and the settings of its request; `context_tokens` is the context's size if a refusal has named it."""

    question: Question
    settings: RequestSettings
    context_tokens: int | None = None

    def body(self, protocol: WireProtocol, *, stream: bool) -> dict[str, object]:
        """The body of the request."""
        return protocol.encode(self.question, self.settings, stream=stream)


@dataclass(frozen=True, slots=True)
class NewTerms:
    """Terms that the server may accept. `how` tells in words in what they differ from those before."""

    terms: Terms
    how: str


def renegotiated(
    terms: Terms, failure: ModelFailure, protocol: WireProtocol, *, stream: bool
) -> NewTerms | ModelFailure | None:
    """The terms of the next request after a failure; a final failure when no terms can help; None when the failure is
    about no part of the request and not about its length.

    This ends: each new terms leave out something of the request before.
    """
    if not isinstance(failure, UpstreamFailure) or failure.status not in _ABOUT_THE_REQUEST:
        return None
    too_long = overflow(failure.words)
    if too_long is not None:
        return _shorter(terms, failure, too_long.size)
    sent = parts_of(terms.body(protocol, stream=stream)) - terms.settings.without  # a protocol may require a part
    refused = refused_parts(failure.words, sent)
    if not refused:
        return None
    settings = replace(terms.settings, without=terms.settings.without | refused)
    named = " and ".join(sorted(part.value for part in refused))
    return NewTerms(replace(terms, settings=settings), f"asked without {named} from now on")


def _shorter(terms: Terms, failure: UpstreamFailure, size: int | None) -> NewTerms | ModelFailure:
    """The question with less of the conversation: as much as fits the size that the server gave, or else half of it."""
    question, answer = terms.question, terms.settings.max_tokens
    asked = tokens_of_question(question)
    for context in (size, min(asked, asked // 2 + answer)):
        less = fitted(question, context, answer)
        if (less.older, less.tools) != (question.older, question.tools):
            how = f"asked with less of what was said before; set context_tokens = {context} for this model"
            return NewTerms(Terms(less, terms.settings, context), how)
    reason = f"the question alone does not fit the model's context: {failure}"
    return UpstreamFailure(reason, status=failure.status, exit_code=failure.exit_code)
