"""Runs a command and prints one line of JSON: its exit code, wall and CPU seconds and peak memory.

CPU time is that of the command and of every child that it waited for; the memory is of the largest single
process. Node can tell neither of a child.
Usage: measured_run.py TIME_LIMIT_SECONDS OUTPUT_FILE COMMAND...
"""

import json
import os
import signal
import sys
import time


def main(limit: float, output: str, command: list[str]) -> None:
    with open(output, "wb") as file:
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, file.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, file.fileno(), 2),
        ]
        expired = False

        def expire(*_: object) -> None:
            nonlocal expired
            expired = True
            os.killpg(child, signal.SIGKILL)

        def give_up(*_: object) -> None:
            os.killpg(child, signal.SIGKILL)
            sys.exit(1)

        start = time.monotonic()
        child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions, setpgroup=0)
        signal.signal(signal.SIGALRM, expire)
        signal.signal(signal.SIGTERM, give_up)
        signal.signal(signal.SIGINT, give_up)
        signal.setitimer(signal.ITIMER_REAL, limit)
        _, status, usage = os.wait4(child, 0)
        wall = time.monotonic() - start
        signal.setitimer(signal.ITIMER_REAL, 0)
    found = {
        "code": os.waitstatus_to_exitcode(status),
        "expired": expired,
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss * 1024,
    }
    print(json.dumps(found))


main(float(sys.argv[1]), sys.argv[2], sys.argv[3:])
