"""What a peer is: something a user would pick instead, loaded with the same events and asked the same questions."""
import os
import pathlib
import shutil
import socket
import sys

from .questions import QUESTIONS


class Absent(Exception):
    """The peer is not installed, or cannot run here; the text says why."""


class Peer:
    """A peer is made with the folder it may use, and then: start, load, times and rows in any order, stop (which may be
    called at any time, and again). Where it is not installed, start raises Absent."""
    name = title = ""
    row_store = False  # loads so slowly that --peer-events-limit spares it
    order, text, day, instant = "ts desc", "descr", "substr(ts,1,10)", "ts"  # its words; see questions.py
    note = ""  # what a reader must know about how it was set up
    version = ""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def start(self):
        self.folder.mkdir(parents=True)

    def load(self, tsv, count):
        """Loads the events; gives the seconds and the bytes on disk. What the manual advises after a load (vacuum,
        optimize, checkpoint) is done, and not counted."""
        raise NotImplementedError

    def times(self, sql, runs):
        """Asks runs times; gives the milliseconds of each."""
        raise NotImplementedError

    def rows(self, sql):
        """The answer as lists of texts."""
        raise NotImplementedError

    def stop(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, name):
        return QUESTIONS[name][0].format(order=self.order, text=self.text, day=self.day)

    def sql_to_compare(self, name):
        """The same question, of which an event answers with its time alone."""
        return self.sql(name).replace("select * from", f"select {self.instant} from")


def say(*text):
    print(*text, file=sys.stderr, flush=True)


def batches(path, size):
    """The lines of a file, size at a time."""
    with open(path, encoding="utf-8", newline="\n") as file:
        while lines := [line for _, line in zip(range(size), file)]:
            yield lines


def folder_bytes(path):
    """What the files hold, and what the disk gives for them (logs are preallocated)."""
    files = [os.stat(p) for p in pathlib.Path(path).rglob("*") if p.is_file()]
    return sum(f.st_size for f in files), sum(f.st_blocks * 512 for f in files)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def program(*candidates):
    """The first that is there, as a name on the path or a path of its own."""
    for candidate in candidates:
        found = shutil.which(candidate)
        if found:
            return found
    raise Absent(f"{candidates[0]} is not installed")
