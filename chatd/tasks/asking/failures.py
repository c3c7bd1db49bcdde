"""An expected failure as the last event of a stream."""

from __future__ import annotations

from chatd.core.row import Status
from chatd.core.stream import Failed
from chatd.errors import ChatdError, Exit, ModelFailure, QuestionRefused


def as_event(error: ChatdError, *, spoken: bool) -> Failed:
    """A failure as the stream's last event; `spoken`: something of the answer had come."""
    cut = isinstance(error, ModelFailure) and error.cut and spoken
    status = Status.TRUNCATED if cut else Status.FAILED
    refused = isinstance(error, QuestionRefused)
    return Failed(str(error), status, Exit.FAILED if spoken and not refused else error.exit_code, refused)
