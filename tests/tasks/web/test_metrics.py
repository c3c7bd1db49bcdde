"""Metrics are those of `stats`, in the text that Prometheus reads, for those who may know."""

from __future__ import annotations

import re

from chatd.testing import World, run
from tests.tasks.web.people import HOME, logged_in, web

LINE = re.compile(r"(# (HELP|TYPE) chatd_[a-z0-9_]+ .+|chatd_[a-z0-9_]+ -?[0-9.e+]+)")


def test_they_are_what_stats_says() -> None:
    async def main() -> None:
        async with World.open(web=True) as world:
            await world.command("bob", "ask @echo hi")
            near = world.browser("127.0.0.1")
            near.headers = dict(HOME)
            answer = await near.get("/metrics")
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            assert all(LINE.fullmatch(line) for line in answer.text.splitlines()), answer.text
            values = dict(line.split(" ") for line in answer.text.splitlines() if not line.startswith("#"))
            assert values["chatd_rows"] == "2" and values["chatd_answers_running"] == "0"
            assert float(values["chatd_resident_memory_bytes"]) > 1e6

    run(main)


def test_who_may_read_them() -> None:
    async def main() -> None:
        for metrics, near_status, far_status, token_status in (
            ("local", 200, 404, 404), ("token", 401, 401, 200), ("off", 404, 404, 404),
        ):  # fmt: skip
            async with World.open(web(metrics=metrics), web=True) as world:
                near, far, alice = (
                    world.browser("127.0.0.1"),
                    world.browser("192.0.2.7"),
                    await logged_in(world, "alice"),
                )
                near.headers, far.headers = dict(HOME), dict(HOME)
                statuses = [(await client.get("/metrics")).status for client in (near, far, alice)]
                assert statuses == [near_status, far_status, token_status], metrics
                forwarded = await near.get("/metrics", x_forwarded_for="192.0.2.9")
                assert forwarded.status != 200, "behind a proxy everybody is near"

    run(main)
