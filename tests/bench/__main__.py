"""One table: each figure beside its floor, which was measured in the same minutes.

python -m tests.bench [--only NAME,…] [--quick] [--rounds N] [--json FILE] [--deadline SECONDS]
python -m tests.bench --compare BEFORE.json AFTER.json
python -m tests.bench --list

`SSH_CHAT=path` in the environment has ssh-chat measured as well. Progress goes to stderr, the table to stdout.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chatd.adapters.system import allow_descriptors
from chatd.app import calm_interpreter
from tests.bench import delivery, entering, gateway, inside, keys, standing, streaming, table, tokens
from tests.bench.bench import Bench, Measurement
from tests.bench.figure import Figure, from_json, to_json
from tests.bench.people import CIPHER

MEASUREMENTS: dict[str, Measurement] = {
    "delivered": delivery.delivered,
    "offered": delivery.offered,
    "streamed": streaming.streamed,
    "row": inside.row,
    "piece": inside.piece,
    "history": inside.history,
    "frame": inside.frame,
    "login": entering.login,
    "keys": keys.keys,
    "first": streaming.first_byte,
    "start": entering.start,
    "tokens": tokens.answers,
    "standing": standing.standing,
    "web-piece": gateway.web_piece,
    "web-cached": gateway.web_cached,
    "web-streams": gateway.web_streams,
    "web-idle": gateway.web_idle,
    "web-event": gateway.web_event,
}
"""By the names that --only takes, in the order of the table."""

DEADLINE_S = 1500
"""For the whole table."""

LIMIT_S = 400
"""For one measurement, so that one that hangs leaves time to the others."""

DESCRIPTORS = 2 * max(standing.CROWDS) + standing.OTHER_DESCRIPTORS


async def measure(bench: Bench, wanted: Iterable[str], deadline: float) -> list[Figure]:
    """Take the figures and print each when it is there. What fails is a line that says so, and the others go on."""
    figures: list[Figure] = []
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)  # what was started is ended, too
    print(table.head(), flush=True)
    for name in wanted:
        bench.say(name)
        left = min(LIMIT_S, deadline - (time.monotonic() - bench.began))
        try:
            async with asyncio.timeout(left):
                taken = await MEASUREMENTS[name](bench)
        except TimeoutError:
            taken = [Figure(name, f"{name}: was not done", "s", note=f"after {left:.0f} s")]
        except Exception as error:  # noqa: BLE001 - the other figures are wanted all the same
            taken = [Figure(name, f"{name}: failed", "", note=f"{type(error).__name__}: {error}"[:2000])]
        for figure in taken:
            print("\n".join(table.lines(figure)), flush=True)
        figures += taken
    return figures


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    git = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    revision = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "revision": revision, "python": platform.python_version(), "system": platform.platform(),
        "cores": os.cpu_count(), "load": os.getloadavg(), "cipher": CIPHER,
        "at": time.strftime("%FT%TZ", time.gmtime()),
    }  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Print the table; the exit status is 1 when a figure could not be taken."""
    wanted = [name for name in options.only.split(",") if name] or list(MEASUREMENTS)
    if unknown := set(wanted) - set(MEASUREMENTS):
        print(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 64
    logging.getLogger("asyncssh").setLevel(logging.ERROR)
    calm_interpreter()
    rounds = options.rounds or (1 if options.quick else 3)
    ssh_chat = os.environ.get("SSH_CHAT", "")
    bench = Bench(rounds, options.quick, ssh_chat, allow_descriptors(DESCRIPTORS))
    before = machine()
    print(f"{before['revision']}, Python {before['python']}, {before['cores']} cores, {CIPHER}, {rounds} rounds, load "
          f"{before['load'][0]:.1f}{'' if ssh_chat else '; no ssh-chat (SSH_CHAT=path)'}")  # fmt: skip
    try:
        figures = asyncio.run(measure(bench, wanted, options.deadline))
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    after = os.getloadavg()
    print(f"load at the end {after[0]:.1f}; {time.monotonic() - bench.began:.0f} s")
    if options.json:
        told = {"machine": before | {"load_after": after}, "figures": [to_json(figure) for figure in figures]}
        Path(options.json).write_text(json.dumps(told, indent=1) + "\n")
    return int(any(not figure.rounds for figure in figures if not figure.note.startswith("left out")))


def compare(before: str, after: str) -> None:
    """Print two runs side by side."""
    runs = [json.loads(Path(file).read_text()) for file in (before, after)]
    for told, file in zip(runs, (before, after), strict=True):
        print(f"{file}: {told['machine']['revision']}, load {told['machine']['load'][0]:.1f}")
    for line in table.compared(*([from_json(one) for one in told["figures"]] for told in runs)):
        print(line)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="One table: each figure and its floor.")
    parser.add_argument("--only", default="", metavar="NAME,…", help="these measurements")
    parser.add_argument("--quick", action="store_true", help="less of everything, one round: to see whether it works")
    parser.add_argument("--rounds", type=int, default=0, help="how often each figure is taken: 3, with --quick 1")
    parser.add_argument("--json", default="", metavar="FILE", help="where to write the figures, too")
    parser.add_argument("--deadline", type=float, default=DEADLINE_S, metavar="SECONDS", help="for the whole table")
    parser.add_argument("--compare", nargs=2, metavar=("BEFORE", "AFTER"), help="print two files side by side")
    parser.add_argument("--list", action="store_true", help="print the names of the measurements")
    options = parser.parse_args()
    if options.list:
        print("\n".join(MEASUREMENTS))
        return 0
    if options.compare:
        compare(*options.compare)
        return 0
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
