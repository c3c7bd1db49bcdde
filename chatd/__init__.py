"""chatd: a chat server you enter with plain ssh, with models in its rooms; and their router, for other programs."""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from chatd.core.question import Question
    from chatd.core.stream import (
        Done,
        Failed,
        Lagged,
        Queued,
        Retrying,
        Started,
        StreamEvent,
        Thinking,
        Token,
        ToolCall,
        ToolOutput,
        ToolResult,
        Usage,
    )
    from chatd.embed import open_router
    from chatd.tasks.asking.actor import Actor, Say
    from chatd.tasks.asking.router import Router
    from chatd.tasks.asking.whole_answer import WholeAnswer

_STREAM = "chatd.core.stream"
_HOMES = {
    "Actor": "chatd.tasks.asking.actor",
    "Question": "chatd.core.question",
    "Router": "chatd.tasks.asking.router",
    "Say": "chatd.tasks.asking.actor",
    "WholeAnswer": "chatd.tasks.asking.whole_answer",
    "open_router": "chatd.embed",
    **dict.fromkeys(
        ("Done", "Failed", "Lagged", "Queued", "Retrying", "Started", "StreamEvent", "Thinking", "Token", "ToolCall",
         "ToolOutput", "ToolResult", "Usage"), _STREAM,
    ),
}  # fmt: skip

__all__ = [
    "Actor",
    "Done",
    "Failed",
    "Lagged",
    "Question",
    "Queued",
    "Retrying",
    "Router",
    "Say",
    "Started",
    "StreamEvent",
    "Thinking",
    "Token",
    "ToolCall",
    "ToolOutput",
    "ToolResult",
    "Usage",
    "WholeAnswer",
    "__version__",
    "open_router",
]


def __getattr__(name: str) -> object:
    """What programs import from here, loaded when it is first wanted: `chatd --version` needs none of it."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'chatd' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
