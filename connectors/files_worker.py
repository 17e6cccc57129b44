"""The text of one file, read in a process of its own: `python files_worker.py KIND OPTIONS` from stdin, JSON to stdout.

It answers {"markdown": …}, with "problem" where that is not everything; {"unreadable": …} where there is nothing. It
imports no more than its kind needs, so that it starts fast and dies alone.
"""

import json
import resource
import sys
from pathlib import Path

MAX_MEMORY = 512 * 1024 * 1024
MAX_SECONDS = 60


def main() -> None:
    """Answer for the file on stdin. Ends with a status, or by a signal, when the limits or the file end it."""
    _limit()
    sys.path.insert(0, str(Path(__file__).parents[1]))  # the interpreter runs isolated: it knows no folder of ours
    from connectors.file_options import OUT_OF_MEMORY, Options
    from connectors.readers import answers

    try:
        answer = answers.answer(sys.argv[1], sys.stdin.buffer.read(), Options(**json.loads(sys.argv[2])))
    except Exception as error:
        if isinstance(error, MemoryError) or _used() > MAX_MEMORY // 2:
            sys.exit(OUT_OF_MEMORY)
        raise
    sys.stdout.write(json.dumps(answer))


def _used() -> int:
    """The most memory that this process has had, in bytes; 0 where the system does not tell."""
    status = Path("/proc/self/status")  # what getrusage says includes the process that started this one
    lines = status.read_text().splitlines() if status.exists() else []
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no files
    if sys.platform == "linux":  # elsewhere the limit is refused, or counts what is only reserved
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))


if __name__ == "__main__":
    main()
