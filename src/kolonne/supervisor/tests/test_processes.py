"""A program is kept running, and ended with everything that it started."""

import asyncio
import io
import os
import signal
import sys

from kolonne.supervisor.output import BACKLOG_LINES, Console, Log
from kolonne.supervisor.processes import Program, State, Supervised
from kolonne.supervisor.tests.conftest import lives

SLEEP = "import time; print('awake', flush=True); time.sleep(600)"


def supervised(tmp_path, code, **options):
    program = Program("sleeper", (sys.executable, "-c", code), os.environ, **options)
    return Supervised(program, Log(tmp_path / "sleeper.log"), Console(), lambda: None)


async def until(condition):
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  # the condition is another process
            await asyncio.sleep(0.01)


async def test_a_killed_program_starts_again_at_once(tmp_path):
    sleeper = supervised(tmp_path, SLEEP)
    keeper = asyncio.create_task(sleeper.run())
    await sleeper.wait_up()
    first = sleeper.report()["pid"]
    os.kill(first, signal.SIGKILL)
    await until(lambda: sleeper.state is State.RUNNING and sleeper.report()["pid"] not in (None, first))
    assert sleeper.report()["restarts"] == 1
    assert sleeper.report()["exit_status"] == -signal.SIGKILL
    await sleeper.stop()
    await keeper
    assert sleeper.state is State.STOPPED
    assert (tmp_path / "sleeper.log").read_text() == "awake\nawake\n"


async def test_a_program_that_does_not_listen_is_killed(tmp_path):
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP
    sleeper = supervised(tmp_path, deaf, patience_s=0.2)
    keeper = asyncio.create_task(sleeper.run())
    await until(lambda: "awake" in (tmp_path / "sleeper.log").read_text())
    await sleeper.stop()
    await keeper
    assert sleeper.report()["exit_status"] == -signal.SIGKILL


async def test_what_a_dead_program_had_started_is_ended_too(tmp_path):
    child = f"subprocess.Popen([sys.executable, '-c', {SLEEP!r}])"
    parent = f"import subprocess, sys, time; print({child}.pid, flush=True); time.sleep(600)"
    sleeper = supervised(tmp_path, parent)
    keeper = asyncio.create_task(sleeper.run())
    log = tmp_path / "sleeper.log"
    await until(lambda: "awake" in log.read_text())
    grandchild = int(log.read_text().split()[0])
    os.kill(sleeper.report()["pid"], signal.SIGKILL)
    await until(lambda: not lives(grandchild))
    await sleeper.stop()
    await keeper


async def test_a_program_that_cannot_start_is_tried_with_growing_pauses(tmp_path):
    sleeper = supervised(tmp_path, "raise SystemExit('no')")
    keeper = asyncio.create_task(sleeper.run())
    await until(lambda: sleeper.restarts >= 3)
    assert "no\n" in (tmp_path / "sleeper.log").read_text()
    await sleeper.stop()
    await keeper


async def test_a_program_counts_as_running_when_it_answers(tmp_path):
    answers = False
    sleeper = supervised(tmp_path, SLEEP, probe=lambda: answers)
    keeper = asyncio.create_task(sleeper.run())
    await until(lambda: "awake" in (tmp_path / "sleeper.log").read_text())
    assert sleeper.report()["state"] == "starting"
    answers = True
    await sleeper.wait_up()
    assert sleeper.report()["state"] == "running"
    await sleeper.stop()
    await keeper


def test_a_log_file_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("kolonne.supervisor.output.LOG_BYTES", 1000)
    log = Log(tmp_path / "x.log")
    for number in range(1000):
        log.write(f"line {number}\n".encode())
    log.close()
    assert (tmp_path / "x.log").read_text().endswith("line 999\n")
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2100


def test_a_console_that_nobody_reads_holds_nothing_up():
    class Broken(io.StringIO):
        def write(self, _text):
            raise BrokenPipeError

    with Console(Broken()) as console:
        for _ in range(3 * BACKLOG_LINES):
            console.say("nobody hears this")
