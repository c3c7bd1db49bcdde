"""Limits that several parts share and that nobody needs to change, each with its unit and reason."""

from __future__ import annotations

KIB = 1024
MIB = 1024 * KIB

ROOM_ENTRIES = 4096
"""Entries a room keeps in memory: at 30 growths a second a reader may be two minutes late before it must resync."""

ROOM_ROW_CHARS = 4 << 20
"""Code points of the rows a room keeps in memory: 200 ordinary rows fit many times, 200 answers of 1 MiB do not."""

ROOM_ENTRY_CHARS = 1 << 20
"""Code points of those entries together, for each room."""

OTHER_DESCRIPTORS = 150
"""Descriptors beside those of connections and answers: database, scripts, listeners, and connections that are refused
or told to go."""

VACANT_ROOM_S = 600.0
"""How long a room in which nothing was said stays when its last person has left: they may be back with others."""

RETRIEVAL_S = 2.0
"""How long related rows are looked for: a model may need as long to begin, and whoever asks waits for both."""

RECORDER_DEBT = 20_000
"""Drafts waiting for a failing disk, all rooms together; then new ones are refused."""

RECORDER_DEBT_CHARS = 64 * MIB
"""Code points in them."""

RECORDER_BATCH = 2_000
"""Drafts in one transaction: a commit stays in the tens of milliseconds."""

RECORDER_FIRST_RETRY_S = 0.1
RECORDER_LAST_RETRY_S = 5.0
"""Back-off between tries of a failing log: at once for a hiccup, every few seconds for a full disk."""

COLLECTOR = (20_000, 20, 50)
"""Thresholds of the garbage collector. What a token leaves behind lives on and is in no cycle; with the interpreter's
own (700, 10, 10) two hundred answers had it look for a sixth of the time, in pauses up to 200 ms."""

SCRIPT_PATIENCE_S = 0.008
"""How long the loop stands still for an operator's scripts, those of all sessions together, before others go on: some
times what a frame takes, and less than anybody notices."""

SWITCH_INTERVAL_S = 0.0005
"""How long the loop waits for Python's lock while another thread computes (a script's text is laid out, say). It takes
the lock anew after each system call, so with the interpreter's own 5 ms a key's echo took 200 ms meanwhile."""

RECORDER_PAUSE_S = 0.02
"""Between two commits of nothing but growth: less than a frame, so nobody sees it."""

IDLE_INTERVAL_S = 0.033
"""Seconds between two frames of one session while the server is idle enough: 30 a second is smooth."""

MAX_RETRY_WAIT_S = 60.0
"""A model's server that asks for more patience than this is not waited for: a person is waiting."""

MAX_WIRE_LINE = MIB
"""Bytes of one line of a model's stream: a token takes some hundred, tool calls with a file in them more."""

MAX_WIRE_EVENT = 4 * MIB
"""Bytes of one event of several lines."""

MAX_WITHOUT_CONTENT = 16 * MIB
"""Bytes of a reply in a row that say nothing of an answer: pings take some KiB an hour, and the largest event that may
come is a fourth of it. A server that says nothing at full speed keeps everybody's server busy."""

WIRE_OVERHEAD = 4
"""A reply's text, thoughts and tool calls together, in `max_answer`s: the answer itself meets its own limit first."""

DISCOVERY_S = 60.0
"""Between two looks at which models there are."""

DISCOVERY_LEAST_S = 3.0
"""Between two looks that people ask for: whoever may list the models must not have the operator's key used at will."""

SETTLE_S = 10.0
"""How long an ended mention waits for its rows to be on disk before it leaves the debt to the recorder."""

KEYS_QUEUED = 64
"""Keys of one session waiting for its script; then the session is not read."""

ESCAPE_S = 0.05
"""Seconds after which an ESC alone is a key and no beginning of a sequence."""

PASTE_S = 3.0
"""Seconds of silence after which a bracketed paste whose end mark was lost has ended: it must not swallow all."""

TICK_IDLE_S = 1.0
TICK_BUSY_S = 0.25
"""How often `on_tick` runs: four times a second while an answer streams in the room, for its indicator."""

STDIN_WAIT_S = 0.3
"""With TEXT given, `ask` and `say` wait this long for piped stdin: a terminal and a silent pipe look alike."""

KEPT_KEYS = 256
KEPT_VALUE = 16 * KIB
KEPT_TOTAL = 64 * KIB
"""What scripts keep for one person: so many values, bytes of one as JSON, and bytes of all with their keys. Settings
take some hundred, drafts and the history of the line some thousand."""

KEPT_PAUSE_S = 1.0
"""Between two times that it is written: a person who turns a setting to and fro makes one write."""

RELOAD_S = 1.0
"""Between two looks at whether the interface's files have changed; so this is how often they are read anew at most."""

RELOAD_UNTOLD_S = 10.0
"""The same where the system tells of changes: it does not of those made elsewhere on a file system of a network."""

MAX_HISTORY_PAGE = 1000
"""Rows of one `history` call."""
