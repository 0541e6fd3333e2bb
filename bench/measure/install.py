"""bench/run --install: the peers, from Debian and npm. What cannot be installed is named; measuring goes on without."""
import os
import pathlib
import shutil
import subprocess

from peers import say

BENCH = pathlib.Path(__file__).resolve().parents[1]
# package: (a program that shows it is there, its service)
DEBIAN = {"postgresql-15": ("/usr/lib/postgresql/15/bin/initdb", "postgresql"),
          "clickhouse-server": ("clickhouse-server", "clickhouse-server"),
          "nodejs": ("node", None), "npm": ("npm", None)}


def is_installed(path):
    return bool(shutil.which(path, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"))


def run(*command, **options):
    say("+", " ".join(command))
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, **options).returncode == 0
    except FileNotFoundError:
        return False


def install_debian(package, as_root):
    """One at a time: one that fails does not keep the others away."""
    proof, service = DEBIAN[package]
    if is_installed(proof):
        return
    say(f"installing {package} with apt-get")
    done = run(*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-q", "-y",
               "--no-install-recommends", package, stdout=subprocess.DEVNULL)
    if not done or not is_installed(proof):
        say(f"ABSENT: {package} could not be installed; measuring goes on without it")
    elif service and os.path.isdir("/run/systemd/system"):
        say(f"{package}: its system service is turned off; the benchmark starts a server of its own")
        run(*as_root, "systemctl", "disable", "--now", service)


def install():
    missing = [package for package, (proof, _) in DEBIAN.items() if not is_installed(proof)]
    as_root = [] if os.getuid() == 0 else ["sudo"]
    if missing and not shutil.which("apt-get"):
        say("ABSENT:", ", ".join(missing), "(this is not a Debian system)")
    elif missing:
        run(*as_root, "apt-get", "update", "-q", stdout=subprocess.DEVNULL)
        for package in missing:
            install_debian(package, as_root)
    wanted, got = BENCH / "package-lock.json", BENCH / "node_modules" / ".package-lock.json"
    if got.exists() and got.stat().st_mtime >= wanted.stat().st_mtime:
        return
    say("installing chDB and DuckDB (bench/package.json) with npm into bench/node_modules")
    if not run("npm", "ci", "--no-audit", "--no-fund", cwd=BENCH):
        say("ABSENT: chDB and DuckDB could not be installed; measuring goes on without them")
