"""Runs `sanad` commands as processes of their own, forked from one that has imported the program already: what a test
wants to see is the process, not how long Python takes to load it. Each line of standard input is `[words, file,
environment]`.

The file gets what the command says, `<file>.pid` its process id, `<file>.code` how it ended.
"""

import json
import os
import sys
import traceback
from pathlib import Path

from server.cli.commands import app


def run(words: list[str], said: Path, environment: dict[str, str]) -> None:
    """In the child: the command, and nothing after it."""
    os.environ.update(environment)
    handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
    code = 0
    try:
        app(words)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 -- as the interpreter would: told, and ended with 1
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def told(path: Path, text: str) -> None:
    beside = path.with_suffix(".part")
    beside.write_text(text)
    beside.replace(path)


def keep(words: list[str], said: Path, environment: dict[str, str]) -> None:
    """Between nursery and child: waits for the child, so that its end is known however it comes."""
    child = os.fork()
    if child == 0:
        run(words, said, environment)
    told(said.with_suffix(".pid"), str(child))
    _, status = os.waitpid(child, 0)
    told(said.with_suffix(".code"), str(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def main() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    keepers: list[int] = []
    for line in sys.stdin:
        words, said, environment = json.loads(line)
        keeper = os.fork()
        if keeper == 0:
            keep(words, Path(said), environment)
        keepers.append(keeper)
    for keeper in keepers:
        os.waitpid(keeper, 0)


if __name__ == "__main__":
    main()
