#!/usr/bin/env python3
"""README.md: its commands from an empty machine to a partner who sees only their territory, run as they stand, but for
the building, on a free port."""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import check, test  # noqa: E402


def commands():
    """The ten, and what the partner asks then."""
    text = (daybook.ROOT / "README.md").read_text()
    section = re.search(r"## From an empty machine.*?\n## ", text, re.S)[0]
    first, second = re.findall(r"```sh\n(.*?)```", section, re.S)
    return first.splitlines(), second.splitlines()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@test
def ten_commands_lead_to_a_partner_who_sees_only_their_territory():
    first, second = commands()
    check(len(first) == 10, len(first), "commands")
    check(first[0] == "tools/install-deps build && make build", first[0])
    folder = daybook.temporary_folder()
    script = ["set -euo pipefail", "trap 'kill $(jobs -p); wait' EXIT", *first[1:]]
    script += [command + f" > answer.{number}" for number, command in enumerate(second)]
    text = "\n".join(script).replace("8642", str(free_port())).replace("$PWD/build", str(pathlib.Path(daybook.PROGRAM).parent))
    done = subprocess.run(["bash", "-c", text], cwd=folder, capture_output=True, text=True, timeout=120,
                          env={k: v for k, v in os.environ.items() if not k.startswith("DAYBOOK")})
    check(done.returncode == 0, done.returncode, done.stdout, done.stderr)
    events, tenants = (json.loads(pathlib.Path(folder, f"answer.{n}").read_text()) for n in range(2))
    check([e["tenant"] for e in events["events"]] == ["partner/shop"], events)
    check([t["tenant"] for t in tenants["tenants"]] == ["partner", "partner/shop"], tenants)
    check(pathlib.Path(folder, "data").stat().st_mode & 0o777 == 0o700, "the data folder is for its owner alone")


if __name__ == "__main__":
    daybook.main()
