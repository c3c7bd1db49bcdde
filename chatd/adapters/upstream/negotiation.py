"""What a question is put as, and how that changes when a server refuses a part of it or finds it too long."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chatd.core.history import fitted, tokens_of_question
from chatd.core.prompt import Question
from chatd.errors import ModelFailure, UpstreamFailure
from chatd.wire.models.protocol import WireProtocol
from chatd.wire.models.refusal_causes import overflow, parts_of, refused_parts
from chatd.wire.models.request import RequestSettings

_ABOUT_THE_REQUEST = frozenset({400, 404, 405, 413, 415, 422, 500, 501, None})
"""Statuses of refusals that may be about what was asked; None stands for an error in a stream that names none."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A question with the settings of its request, and the size of the context if the server had a word on that."""

    question: Question
    settings: RequestSettings
    context_tokens: int | None = None

    def body(self, protocol: WireProtocol, *, stream: bool) -> dict[str, object]:
        """The request."""
        return protocol.encode(self.question, self.settings, stream=stream)


@dataclass(frozen=True, slots=True)
class NewTerms:
    """Other terms, which the server may accept, and in words what is different."""

    terms: Terms
    how: str


def renegotiated(
    terms: Terms, failure: ModelFailure, protocol: WireProtocol, *, stream: bool
) -> NewTerms | ModelFailure | None:
    """What to ask instead after a refusal; the failure to tell when nothing will do; None when this is about neither.

    It ends: every change leaves out something that the request before had.
    """
    if not isinstance(failure, UpstreamFailure) or failure.status not in _ABOUT_THE_REQUEST:
        return None
    too_long = overflow(failure.words)
    if too_long is not None:
        return _shorter(terms, failure, too_long.size)
    sent = parts_of(terms.body(protocol, stream=stream)) - terms.settings.without  # a protocol may not do without one
    refused = refused_parts(failure.words, sent)
    if not refused:
        return None
    settings = replace(terms.settings, without=terms.settings.without | refused)
    named = " and ".join(sorted(part.value for part in refused))
    return NewTerms(replace(terms, settings=settings), f"asked without {named} from now on")


def _shorter(terms: Terms, failure: UpstreamFailure, size: int | None) -> NewTerms | ModelFailure:
    """The question with less of what was said before: for the size that the server names, or else half of it."""
    question, answer = terms.question, terms.settings.max_tokens
    asked = tokens_of_question(question)
    for context in (size, min(asked, asked // 2 + answer)):
        less = fitted(question, context, answer)
        if (less.older, less.tools) != (question.older, question.tools):
            how = f"asked with less of what was said before; set context_tokens = {context} for this model"
            return NewTerms(Terms(less, terms.settings, context), how)
    reason = f"the question alone does not fit the model's context: {failure}"
    return UpstreamFailure(reason, status=failure.status, exit_code=failure.exit_code)
