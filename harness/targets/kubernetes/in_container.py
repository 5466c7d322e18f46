"""Run inside of a container by `python3 -c`: freezes or kills the processes of that container.

Nothing is imported from this package: the text of this file is sent. The processes of a container
are those of its control group; the kernel ignores SIGSTOP and SIGKILL that a container sends to its
own first process, so its pod must share the process namespace (`shareProcessNamespace: true`).

```
python3 -c TEXT pause LEASE_S   freezes them until stdin ends or is silent for LEASE_S, then lets go
python3 -c TEXT kill            kills them
python3 -c TEXT look            says whether they are frozen
python3 -c TEXT resume          lets them go on
```

Each says one word: paused, running, killed, resumed, or `cannot: why`.
"""

import os
import select
import signal
import sys
import time

TRIES = 50
MARK = "squall: freezes or kills the processes of a container"


def main(words: list[str]) -> None:
    """Do what the first word says."""
    if words[0] == "pause":
        pause(float(words[1]))
    elif words[0] == "kill":
        send(signal.SIGKILL)
        say("killed")
    elif words[0] == "resume":
        send(signal.SIGCONT)
        say("resumed")
    else:
        say(looked())


def pause(lease_s: float) -> None:
    """Freeze them for as long as somebody renews."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    try:
        found = stopped()
        if found != "paused":
            say(f"cannot: processes are {found}: is shareProcessNamespace true?")
            return
        say(found)
        while select.select([0], [], [], lease_s)[0] and os.read(0, 64):
            pass
    finally:
        send(signal.SIGCONT)


def stopped() -> str:
    """Stop them; their state after half a second at most. A new process may need a second try."""
    for _ in range(TRIES):
        send(signal.SIGSTOP)
        time.sleep(0.01)
        if state() == "paused":
            break
    return state()


def looked() -> str:
    """Their state. One that begins to run this text as well is none of them: look again."""
    for _ in range(TRIES):
        found = state()
        if found != "running":
            return found
        time.sleep(0.01)
    return "running"


def send(number: signal.Signals) -> None:
    """Signal all processes of this container but those that run this."""
    for pid in others():
        try:
            os.kill(pid, number)
        except OSError:
            continue


def state() -> str:
    """Whether all of them are frozen."""
    letters = [letter for letter in map(letter_of, others()) if letter not in ("", "Z", "X")]
    if not letters:
        return "gone"
    return "paused" if all(letter in "Tt" for letter in letters) else "running"


def others() -> list[int]:
    """The processes of this container but those that run this text, and this one's ancestors."""
    own, mine = group("self"), ancestors()
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208  # imports little
    return [pid for pid in pids if pid not in mine and group(pid) == own and not runs_this(pid)]


def ancestors() -> set[int]:
    """This process and those that it descends from within this exec."""
    found, pid = set(), os.getpid()
    while pid > 1 and pid not in found:
        found.add(pid)
        pid = int((stat(pid) or ["", "0"])[1])
    return found


def runs_this(pid: int) -> bool:
    """Whether a process was started with this text."""
    return MARK in read(f"/proc/{pid}/cmdline")


def group(pid: object) -> str:
    """The control group of a process."""
    return read(f"/proc/{pid}/cgroup")


def letter_of(pid: int) -> str:
    """What the kernel says that it does."""
    return (stat(pid) or [""])[0]


def stat(pid: int) -> list[str]:
    """The fields of a process after its name."""
    return read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def read(path: str) -> str:
    """A file of the kernel; "" if the process has ended."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123  # imports little
            return file.read()
    except OSError:
        return ""


def say(word: str) -> None:
    """One line on standard output."""
    os.write(1, f"{word}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1:])
