#!/usr/bin/env python3
"""Imports real logs, into a data folder and into a server, and holds what is found against counts made here from the
files themselves. DAYBOOK_SHARED_DATA: the folder of the files (default ../shared/data); without it this is skipped."""
import collections
import glob
import json
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import check, test  # noqa: E402

DATA = os.environ.get("DAYBOOK_SHARED_DATA") or str(daybook.ROOT.parent / "shared" / "data")
TWILIO = sorted(glob.glob(f"{DATA}/twilio/monitor-*.json"))


class Place:
    """Where events go and are asked for: a data folder, or a server that this starts."""

    def __init__(self, remote):
        self.folder = daybook.temporary_folder() + "/data"
        self.server = None
        self.where = ["--data", self.folder]
        if remote:
            self.server = daybook.Server(self.folder)
            self.server.start()
            self.where = ["--url", f"http://127.0.0.1:{self.server.port}"]
            os.environ["DAYBOOK_KEY"] = daybook.KEY

    def bring_in(self, *arguments, status=0):
        got, output = daybook.run("import", *self.where, *arguments)
        check(got == status, f"import {arguments} ended with {got}:\n{output}")
        return output

    def stats(self, question, *more):
        status, output = daybook.run("stats", *self.where, "--json", *more, "-product:Daybook", question)
        check(status == 0, f"stats {question} ended with {status}:\n{output}")
        return json.loads(output)

    def count(self, question):
        return self.stats(question)["events"]

    def top(self, question, field):
        return [(v["value"], v["count"]) for v in self.stats(question, "--top", field, "--limit", "1000")["values"]]

    def find(self, question, limit=100000):
        status, output = daybook.run("search", *self.where, "--json", "--limit", str(limit), "-product:Daybook", question)
        check(status == 0, f"search {question} ended with {status}:\n{output}")
        return [json.loads(line) for line in output.splitlines() if line.startswith("{")]

    def close(self):
        if self.server:
            self.server.stop()


def in_both_places(function):
    """One test on a data folder, one on a server."""
    for remote in (False, True):
        def call(remote=remote):
            place = Place(remote)
            try:
                function(place)
            finally:
                place.close()
        call.__name__ = function.__name__ + ("_on_a_server" if remote else "_in_a_data_folder")
        test(call)


def failed_passwords():
    """(user, address) of every failed password, as often as the log says; an independent reading of the file."""
    found = collections.Counter()
    pattern = re.compile(r"Failed password for (?:invalid user )?(.*) from (\S+) port \d+ ssh2")
    with open(f"{DATA}/sshd/auth.log", encoding="utf-8", errors="replace") as file:
        for line in file:
            if "Failed password" not in line:
                continue
            user, address = pattern.search(line).groups()
            times = re.search(r"message repeated (\d+) times", line)
            found[user.strip(), address] += int(times[1]) if times else 1
    return found


@in_both_places
def sshd_failures_logins_and_durations_are_those_of_the_log(place):
    arguments = ("--format", "sshd", "--year", "2017", f"{DATA}/sshd/auth.log")
    place.bring_in(*arguments)
    wanted = failed_passwords()
    question = "log:auth action:login outcome:failure auth.method:password"
    found = collections.Counter((e["actor"].get("name", ""), e["source"]["ip"]) for e in place.find(question))
    check(found == wanted, "failed passwords differ:", found - wanted, wanted - found)
    check(place.count(question) == sum(wanted.values()) == 1038, "failed passwords:", place.count(question))

    check(place.count("action:login outcome:success") == 226, "logins", place.count("action:login outcome:success"))
    check(place.count("action:login outcome:success auth.method:password") == 190, "logins with a password")
    check(place.count("action:login outcome:success auth.method:publickey") == 36, "logins with a key")
    logouts = place.find("action:logout")
    check(len(logouts) == 225 and all("duration_s" in e["auth"] for e in logouts), "log-outs with durations:", len(logouts))
    logins = {e["auth"]["session"]: e for e in place.find("action:login outcome:success")}
    check(len(logins) == 226, "sessions are not unique")
    for e in logouts:
        login = logins[e["auth"]["session"]]
        check(login["actor"]["name"] == e["actor"]["name"] and login["source"]["ip"] == e["source"]["ip"], e)
        check(login["occurred_at"] <= e["occurred_at"], "logged out before the login", e)

    by_address = collections.Counter()
    for (_, address), times in wanted.items():
        by_address[address] += times
    ranks = sorted(by_address.items(), key=lambda item: (-item[1], item[0]))
    check(place.top(question, "ip") == ranks, "the ranking of addresses differs")

    total = place.count("")
    output = place.bring_in(*arguments)
    check("0 events stored" in output and place.count("") == total, "a second import added something:", output)


@in_both_places
def combined_gives_the_known_statuses_and_addresses(place):
    arguments = ("--format", "combined", f"{DATA}/access/apache_logs")
    place.bring_in(*arguments)
    for question, wanted in (("", 10000), ("status:404", 213), ("status:500", 3), ("status:200", 9126),
                             ("log:panel", 10000), ("method:POST action:create", 5)):
        check(place.count(question) == wanted, question, place.count(question), wanted)
    with open(f"{DATA}/access/apache_logs", encoding="utf-8", errors="replace") as file:
        addresses = collections.Counter(line.split(" ", 1)[0] for line in file)
    check(len(addresses) == 1753, "the file itself has", len(addresses))
    top = place.top("", "ip")
    check(len(top) == 1000 and all(addresses[ip] == count for ip, count in top), "the ranking of addresses differs")
    seen = {e["source"]["ip"] for e in place.find("")}
    check(len(seen) == 1753 and seen == set(addresses), "addresses differ:", len(seen))
    output = place.bring_in(*arguments)
    check("0 events stored, 10,000 there already" in output, output)
    check(place.count("") == 10000, "a second import added something")


@in_both_places
def cloudtrail_has_every_record_and_every_refusal(place):
    arguments = ("--format", "cloudtrail", f"{DATA}/cloudtrail")
    place.bring_in(*arguments)
    records = [r for path in glob.glob(f"{DATA}/cloudtrail/*.json") for r in json.load(open(path))["Records"]]
    check(place.count("") == len(records) == 2900, "records:", place.count(""))
    check(place.count("outcome:failure,denied") == 300, place.count("outcome:failure,denied"))
    denied = sum("AccessDenied" in r.get("errorCode", "") or "Unauthorized" in r.get("errorCode", "") for r in records)
    check(place.count("outcome:denied") == denied == 60, "denied:", place.count("outcome:denied"), denied)
    names = collections.Counter(r["eventName"] for r in records)
    check(dict(place.top("", "activity")) == dict(names), "event names differ")
    events = place.find("")
    check({e["key"] for e in events} == {"cloudtrail-" + r["eventID"] for r in records}, "keys differ")
    text = json.dumps(events)
    tokens = [r["responseElements"]["credentials"]["sessionToken"] for r in records
              if (r["responseElements"] or {}).get("credentials", {}).get("sessionToken")]
    check(tokens and not any(token in text for token in tokens), "a session token was taken in")
    output = place.bring_in(*arguments)
    check("0 events stored, 2,900 there already" in output, output)


@in_both_places
def twilio_shows_previous_and_updated_values(place):
    output = place.bring_in("--format", "twilio", *TWILIO, status=9)
    check("11 events stored, 1 record rejected" in output and "an error of Twilio's" in output, output)
    (event,) = place.find("changes.field:falkland_islands")
    check(event["changes"] == [{"field": "falkland_islands", "old": "disabled", "new": "enabled"}], event)
    check(event["actor"]["type"] == "system" and event["action"] == "update", event)
    (event,) = place.find("changes.field:voice_fallback_url")
    check({"field": "voice_url", "old": "http://www.example.com", "new": "http://www.example.com/hello-joey"}
          in event["changes"], event)
    (event,) = place.find("action:login")
    check(event["log"] == "auth" and event["source"]["ip"] == "12.130.117.96", event)
    output = place.bring_in("--format", "twilio", *TWILIO, status=9)
    check("0 events stored, 11 there already" in output, output)


@test
def an_export_comes_back_in_and_is_the_same():
    first, second = Place(False), Place(False)
    first.bring_in("--format", "combined", f"{DATA}/access/apache_logs")
    first.bring_in("--format", "twilio", *TWILIO, status=9)
    path = daybook.temporary_folder() + "/all.ndjson"
    status, output = daybook.run("export", *first.where, "--format", "ndjson", "-o", path, "-product:Daybook")
    check(status == 0, output)
    second.bring_in("--format", "ndjson", path)
    sent = [sorted(daybook.canonical(daybook.as_sent(e)) for e in place.find("")) for place in (first, second)]
    check(len(sent[0]) == 10011 and sent[0] == sent[1], "the events differ", len(sent[0]), len(sent[1]))


if __name__ == "__main__":
    if not os.path.exists(f"{DATA}/sshd/auth.log"):
        daybook.skip(f"there are no files in {DATA}; DAYBOOK_SHARED_DATA names their folder")
    daybook.main()
