"""What people type and run in drawn programs."""

from __future__ import annotations

NAMES = ("alice", "bob", "carol", "dave", "guest-eve")
MODELS = ("bot", "sage", "llama", "qwen3", "eliza", "echo")
ROOMS = ("lobby", "den")
SIZES = ((80, 24), (40, 12), (18, 4), (1, 1), (0, 0), (200, 50))

WEB_NAMES = ("wim", "wes", "wyn")
"""Who comes over the web, and by nothing else."""

OF_READERS = ("follows", "follows", "is cut off", "is cut off", "takes nothing", "takes on")
"""What somebody does who follows a room's events."""

WEB = (
    *OF_READERS, "posts", "posts", "posts", "asks", "streams", "streams", "looks", "looks", "news",
    "/v1/chat/completions", "/v1/responses", "/v1/messages", "/api/chat", "/api/generate",
)  # fmt: skip
"""What somebody does over the web; a path is that of a client of models' servers."""

WEB_TEXTS = ("hello", "naïve café 日本語", "x" * 300, "a\nb", "@echo hello there", "@bot hi", "@nobody hi", " ")

ASKED = (
    "bot hi",
    "sage hello",
    "echo hello there",
    "llama go",
    "lobby/bot hi",
    "lobby/echo hello",
    "nobody hi",
    "bot  ",
)
"""A model, as clients name it, and what it is asked."""

PATHS = (
    "/api/v1/me", "/api/v1/models", "/api/v1/rooms", "/api/v1/rooms/lobby", "/api/v1/rooms/~alice",
    "/api/v1/rooms/~bob/rows", "/api/v1/rooms/lobby/rows?limit=7", "/api/v1/rooms/lobby/rows?after=nothing",
    "/api/v1/rooms/lobby/export?format=jsonl", "/api/v1/rooms/den/rows", "/api/v1/search?q=hello",
    "/api/v1/search?q=hello&room=~alice", "/api/v1/stats", "/v1/models", "/api/tags", "/healthz", "/readyz", "/metrics",
    "/api/v1/rooms/lobby/rows?limit=many", "/openapi.json", "/nothing",
)  # fmt: skip

TEXTS = (
    "hello",
    "how are you",
    "naïve café 日本語",
    "\x1b[31mred\x1b[0m",
    "x" * 300,
    "/me waves",
    "👩‍👩‍👧 family",
    "a\nb",
)
LINES = (
    "/retry", "/retry", "/continue", "/continue", "/cancel", "/nope", "/join den", "/join lobby", "/join den", "/leave",
    "/join ~alice", "/create den2", "/nick mallory", "/nick alice", "/nick bobby", "/msg bob psst", "/msg alice psst",
    "/msg nobody psst", "/away lunch", "/topic on topic", "/room", "/room default bot",
    "/room system be brief", "/room retrieval on", "/room retrieval on", "/room retrieval off", "/set time short",
    "/set joins on", "/set markdown off", "/set theme ansi", "/who", "/rooms",
    "/models", "/help", "/search hello", "/history 5", "/stats", "/clear",
)  # fmt: skip
"""Commands of the chat."""

HOSTILE = (
    "`",
    "a\u0301",
    "\u202e",
    "\x1b[31m",
    "a\u200d",
    "\n",
    "```\n",
    "[x](",
    "> ",
    "|a|b|\n|-|-|\n",
    "**alice** x\n\n",
)
"""What texts are made of that are dear to look at, or would like to look like something else."""

PAGES = ("history --limit 1000", "history --limit 1000 --json", "export", "export --format jsonl", "tail -n 1000")
"""Commands that print much."""

COMMANDS = (
    "ask @bot hi", "ask @bot,sage hi", "ask --json @sage,bot,echo hello", "ask --room lobby @bot go", "ask @nobody hi",
    "ask --json @bot go", "ask --room den @sage hello", "say --room lobby hello", "say --room nowhere hello",
    "say --room den hello there", "say how are you", "history --json", "history lobby --limit 3", "history den",
    "history --limit 7 --json", "history den --json", "history ~alice --json", "history nowhere", "cancel --all",
    "cancel", "rooms --json", "rooms --json", "rooms", "who --json", "who", "models --json", "health",
    "search hello --json", "search from:alice hello --json", "search how are", "search unheard-of", "whoami",
    "tail lobby -n 5", "tail --json", "tail den -n 3 --json", "export --format jsonl", "export den --format text",
    "export --format md", "version", "nonsense", "room", "room --json", "room den --json", "room topic on commands",
    "room den retrieval on", "room default bot", "room default nobody", "room den system be short",
    "room ~alice --json", "room retrieval --json", "room colour red", "room retrieval perhaps",
)  # fmt: skip
"""`stats` is not among them: it tells of the real process."""

FAULTY = ("/err\r", "/loop\r", "/hide\r", "/eat\r", "@imp loop\r", "@imp err\r", "@imp hello\r", "@imp eat\r")
"""What starts the scripts that go wrong, of `lua/faulty.lua`."""

KEYS = (
    "\x1b[A",
    "\x1b[B",
    "\x1b[5~",
    "\x1b[6~",
    "\x1b[F",
    "\x0c",
    "\x14",
    "\x0f",
    "\t",
    "\x15",
    "\x1b",
    "\x12hel",
    "not sent yet ",
    "\x1b[200~paste\x1b[201~",
    "\x1b[200~two\nlines\x1b[201~\r",
)
