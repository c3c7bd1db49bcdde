"""A million odd crossings of the border to Lua, in a process of their own, so that a crash or a hang is seen.

python -m tests.adapters.lua.fuzz [--crossings N] [--seed S]

Each child has one seed, printed with whatever went wrong; `--seed S --crossings N` plays it again. Two of three seeds
have several runtimes side by side: each on another thread each time, as scripts of an operator's are, or sharing states
on one thread, as the shipped interface does.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from chatd.adapters.lua.bytecode import compiled
from chatd.adapters.lua.files import Files
from chatd.adapters.lua.runtime import Runtime
from chatd.adapters.lua.state import Bounds, LuaState
from chatd.bounds import SWITCH_INTERVAL_S
from chatd.errors import ScriptError
from chatd.ports import HostFunction, Later, Plain, Raised, ScriptOutcome, Suspended
from tests.adapters.lua.fuzz_script import CALLS, INIT

CROSSINGS = 1_000_000
SHARE = 50_000
"""Crossings of one child: a crash is told with a seed that is played again in seconds."""

THREADS = 4
"""Runtimes side by side, and threads."""

HANG_S = 120
"""Of real time, for one child: it usually takes some seconds."""

MEMORIES = (300_000, 400_000, 600_000, 1 << 20, 8 << 20)
"""Bytes: some runtimes live near their limit."""

MAX_TEXT = 300_000
SLOWEST_S = 2.0
"""Of processor time, for one entry, on any machine."""


class Wrong(Exception):
    """Something happened that must not."""


class Parked(BaseException):
    """What must pass by Lua untouched."""


async def _never() -> Plain:
    raise AssertionError("nobody runs this job")


class Fuzzer:
    """One runtime after the other, entered with odd values; `crossings` counts both directions."""

    def __init__(self, directory: Path, seed: int, states: dict[int, LuaState] | None = None) -> None:
        """With `states`, by their memory, it opens its runtimes in those."""
        self.crossings = 0
        self._random = Random(seed)
        self._states = states
        self._files = Files(directory, None)
        self._waiting: list[int] = []
        self._files.module("init")
        self._open()

    def _open(self) -> None:
        random = self._random
        functions: dict[str, HostFunction] = {
            "same": lambda value=None: self._host(value),
            "tell": lambda *values: self._host(None),
            "echo": lambda *values: self._host(list(values)),
            "odd": lambda *_: self._host(self.value()),
            "later": lambda *_: self._host(Later(_never)),
            "refuse": lambda *_: self._refuse(),
            "park": lambda *_: self._park(),
            "timer_start": lambda *_: self._host(random.randrange(20)),
            "timer_stop": lambda *_: self._host(random.random() < 0.5),
        }
        while True:
            memory = random.choice(MEMORIES)
            seed = random.getrandbits(32)
            self.script = Runtime(functions, self._files, self._state(memory, seed), seed=seed)
            try:
                self.script.run_file(self._files.module("init"))
            except ScriptError:  # the sandbox itself leaves no room for it
                self.script.close()
                continue
            return

    def _state(self, memory: int, seed: int) -> LuaState:
        bounds = Bounds(20_000, memory, 0.05)
        if self._states is None:
            return LuaState(bounds, seed=seed)
        if memory not in self._states or self._states[memory].is_closed:
            self._states[memory] = LuaState(bounds, seed=seed, most=THREADS, modules=self._files.modules())
        return self._states[memory]

    # --- the host's side

    def _host(self, answer: Plain | Later) -> Plain | Later:
        self.crossings += 1
        return answer

    def _refuse(self) -> Plain:
        self.crossings += 1
        if self._random.random() < 0.01:
            raise ValueError(self.text())
        raise ScriptError(self.text())

    def _park(self) -> Plain:
        self.crossings += 1
        raise Parked

    # --- odd values

    def text(self) -> str:
        random = self._random
        piece = random.choice(
            ("", "a", "é", "👩‍👩‍👧", "\0", "\ud800", "\x1bLua", '"\\', "%s%p", "\u202e", "\n", "not enough memory")
        )
        most = random.choice((1, 1, 3, 30, 300, 3000, MAX_TEXT if random.random() < 0.01 else 100))
        return piece * random.randint(0, most // max(1, len(piece)))

    def value(self, depth: int = 0) -> Plain:
        random = self._random
        kind = random.randrange(10 if depth < 5 else 7)
        match kind:
            case 0:
                return None
            case 1:
                return random.random() < 0.5
            case 2:
                return random.choice((0, -1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63), -(2**70), 10**400))
            case 3:
                return random.choice((0.0, -0.0, 1e308, float("inf"), float("-inf"), float("nan"), 5e-324))
            case 4 | 5 | 6:
                return self.text()
            case 7:
                size = random.choice((0, 1, 3, 10)) if random.random() < 0.995 else 30_000
                return [self.value(depth + 1) for _ in range(size)] if size < 100 else [1] * size
            case 8 if random.random() < 0.01:
                deep: Plain = None
                for _ in range(random.choice((10, 31, 32, 33, 60))):
                    deep = [deep]
                return deep
            case _:
                keys = random.sample(("id", "seq", "content", "a", "", "end", "é", "x y", "\0", '"]', "not"), 3)
                return {key: self.value(depth + 1) for key in keys[: random.randrange(4)]}

    # --- the fuzz

    def step(self) -> None:
        """Enter Lua once, in some way."""
        random = self._random
        start = time.thread_time()
        match random.randrange(100):
            case n if n < 70:
                self._entered(lambda: self.script.call("on_line", random.choice(CALLS), random.randrange(1 << 30)))
            case n if n < 80:
                arguments = [self.value() for _ in range(random.randrange(4))]
                self._entered(
                    lambda: self.script.call(random.choice(("on_key", "on_row_added", "on_tick")), *arguments)
                )
            case n if n < 90 and self._waiting:
                call_id = random.choice((*self._waiting, 0, -1, 10**6))
                if call_id in self._waiting and random.random() < 0.9:
                    self._waiting.remove(call_id)  # else it is resumed again, later
                self._entered(lambda: self.script.resume(call_id, random.random() < 0.5, self.value()))
            case n if n < 95:
                self._entered(lambda: self.script.call("on_timer", self.value()))
            case n if n < 98:
                self._entered(lambda: self.script.call("on_resize", random.randrange(1 << 30)))
            case _ if random.random() < 0.1:
                self._reload()
        took = time.thread_time() - start
        if took > SLOWEST_S:
            raise Wrong(f"one entry took {took:.1f} s")

    def _entered(self, enter: Callable[[], ScriptOutcome]) -> None:
        self.crossings += 1
        try:
            outcome = enter()
        except Parked:
            return
        if isinstance(outcome, Suspended):
            self._waiting.append(outcome.call_id)
        elif isinstance(outcome, Raised):
            if "ESCAPED" in outcome.message or "sandbox" in outcome.message:
                raise Wrong(outcome.message)
            if not isinstance(outcome.message, str) or len(outcome.message) > 4000:
                raise Wrong(f"an error of {len(outcome.message)} characters")

    def _reload(self) -> None:
        """Another runtime, while the old one still waits; on_stop runs or not."""
        self.crossings += 1
        if self._random.random() < 0.5:
            self._entered(self.script.stop)
        try:
            self.script.close()
        except Parked:
            self.script.close()
        for call_id in self._waiting:
            self.script.resume(call_id, True, None)
        self._entered(lambda: self.script.call("on_line", "return 1"))
        self._waiting = []
        self._open()

    def alive(self) -> None:
        """A fresh runtime works, whatever the ones before went through."""
        self.script.close()
        self._open()
        told = []
        self.script.close()
        state = LuaState(Bounds(3_000_000, 8 << 20), seed=1)
        script = Runtime({"tell": lambda *values: told.append(values)}, self._files, state, seed=1)
        script.run_file(self._files.module("init"))
        script.call("on_line", "tools.tell('alive', 1)")
        script.close()
        if told != [("alive", 1)]:
            raise Wrong("a fresh runtime does not work")


class _Faults(logging.Handler):
    """What the border logs as a fault of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if "failed" in record.getMessage() and "tools.refuse" not in record.getMessage():
            self.found.append(self.format(record))


def fuzz(crossings: int, seed: int) -> int:
    """Fuzz in this process; returns the crossings made. Raises Wrong."""
    faults = _Faults()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    logger = logging.getLogger("chatd.lua")
    logger.addHandler(faults)
    logger.propagate = False
    try:
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / "init.lua").write_text(INIT)
            chunk = compiled(b"return 'ESCAPED'", "=x")
            assert chunk is not None
            (Path(directory) / "binary.lua").write_bytes(chunk)
            states: dict[int, LuaState] | None = {} if seed % 3 == 2 else None
            several = THREADS if seed % 3 else 1
            fuzzers = [Fuzzer(Path(directory), seed * THREADS + n, states) for n in range(several)]
            with ThreadPoolExecutor(THREADS if states is None else 1) as threads:
                while sum(fuzzer.crossings for fuzzer in fuzzers) < crossings:
                    for step in [threads.submit(fuzzer.step) for fuzzer in fuzzers]:
                        step.result()
                    if faults.found:
                        raise Wrong(faults.found[0])
                for fuzzer in fuzzers:
                    fuzzer.alive()
            return sum(fuzzer.crossings for fuzzer in fuzzers)
    finally:
        logger.removeHandler(faults)
        logger.propagate = True


def in_child(crossings: int, seed: int, hang: float = HANG_S, code: str = "") -> str:
    """Fuzz in a process of its own, or run `code` instead; returns what went wrong, or ""."""
    what = ["-c", code] if code else ["-m", "tests.adapters.lua.fuzz", "--child", "--crossings", str(crossings)]
    command = [sys.executable, *what]
    again = f"python -m tests.adapters.lua.fuzz --seed {seed} --crossings {crossings}"
    try:
        child = subprocess.run(
            [*command, "--seed", str(seed)], capture_output=True, text=True, timeout=hang, check=False
        )
    except subprocess.TimeoutExpired:
        return f"seed {seed}: no end after {hang:.0f} s\n  {again}"
    if child.returncode == 0:
        return ""
    how = f"signal {-child.returncode}" if child.returncode < 0 else f"exit {child.returncode}"
    return f"seed {seed}: {how}\n{child.stderr[-4000:]}\n  {again}"


def main() -> int:
    """Fuzz in children, one after the other; exit status 1 when one went wrong."""
    parser = argparse.ArgumentParser(description="Odd crossings of the border to Lua.")
    parser.add_argument("--crossings", type=int, default=CROSSINGS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        faulthandler.enable()
        fuzz(options.crossings, options.seed)
        return 0
    start, left, seed = time.monotonic(), options.crossings, options.seed
    while left > 0:
        share = min(left, SHARE)
        if problem := in_child(share, seed):
            print(problem)
            return 1
        left, seed = left - share, seed + 1
    took = time.monotonic() - start
    rate = options.crossings / took
    print(f"{options.crossings} crossings, seeds {options.seed} to {seed - 1}: no crash, no hang, no escape; "
          f"{took:.0f} s, {rate:.0f} a second")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
