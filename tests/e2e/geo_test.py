#!/usr/bin/env python3
"""Places of addresses with the real databases of DB-IP (tests/geo/package.json): at ingest, while files are replaced,
and at a start with a file that is none.

IP Geolocation by DB-IP (https://db-ip.com), CC-BY 4.0."""
import os
import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import check, test  # noqa: E402

PACKAGES = daybook.ROOT / "build/geo/node_modules/@ip-location-db"
CITIES = [str(PACKAGES / f"dbip-city-mmdb/dbip-city-ipv{v}.mmdb") for v in (4, 6)]
COUNTRIES = str(PACKAGES / "dbip-country-mmdb/dbip-country.mmdb")
# What the databases of June 2026 say; the lock file pins them.
PLACES = {
    "24.151.103.17": {"country": "US", "region": "Connecticut", "city": "New Milford"},
    "85.245.107.41": {"country": "PT", "region": "Lisbon", "city": "Lisbon"},
    "2001:4860:4860::8888": {"country": "CA", "region": "Quebec", "city": "Montreal"},
    "10.0.0.1": None,
    "fe80::1": None,
}


def event(number, ip):
    return {"tenant": "acme", "log": "auth", "occurred_at": f"2026-11-20T08:00:{number % 60:02}Z", "action": "login",
            "actor": {"type": "user", "name": f"u{number}"}, "source": {"ip": ip}}


def place_of(client, ip, number):
    (stored,) = client.post([event(number, ip)])["events"]
    found = client.get("/v1/events/" + daybook.quote(stored["id"]))
    check(daybook.as_sent(found)["source"] == {"ip": ip}, "the event as sent has changed:", found)
    return found["source"].get("geo")


@test
def places_are_added_and_found():
    server = daybook.Server(daybook.temporary_folder(), "--geo", CITIES[0], "--geo", CITIES[1])
    server.start()
    client = server.client()
    for number, (ip, place) in enumerate(PLACES.items()):
        got = place_of(client, ip, number)
        check(got == place, ip, "is in", got)
    for question, wanted in (("country:us", 1), ('city:"new milford"', 1), ("country:*", 3), ("region:lisbon country:pt", 1)):
        check(client.get("/v1/stats", q=question)["events"] == wanted, question)
    body = "\n".join(daybook.canonical(event(n, ip)) for n, ip in enumerate(PLACES)).encode()
    status, _, _ = client.request("POST", "/v1/events", body, "application/x-ndjson")
    check(status == 201 and client.get("/v1/stats", q="country:*")["events"] == 6, "NDJSON gets no places")
    sent = dict(event(1, "1.2.3.4"))
    sent["source"]["geo"] = {"country": "US"}
    client.post([sent], 400)
    credits = client.get("/v1/catalog")["credits"]
    check(any("db-ip.com" in c["url"] for c in credits), credits)
    check([n for n in os.listdir(server.data) if n.startswith("geo")] == [], "a copy was left in the data folder")
    client.close()
    server.stop()


@test
def the_same_key_is_a_duplicate_whatever_the_place():
    folder = daybook.temporary_folder()
    keyed = dict(event(1, "24.151.103.17"), key="k1")
    for options in ([], ["--geo", CITIES[0]], ["--geo", COUNTRIES]):
        server = daybook.Server(folder, *options)
        server.start()
        client = server.client()
        (stored,) = client.post([keyed])["events"]
        check(stored["seq"] == 1, "stored again:", stored)
        client.close()
        server.stop()


def wait_for(client, ip, wanted, what):
    """Events are posted until one gets the place; the server says itself when it has the new file."""
    end = time.monotonic() + 20
    for number in range(1000000):
        got = place_of(client, ip, number)
        if got == wanted:
            return
        check(time.monotonic() < end, what, "is still", got)


@test
def a_replaced_file_is_used_within_seconds_and_a_broken_one_never():
    folder = daybook.temporary_folder()
    path = f"{folder}/places.mmdb"
    shutil.copy(COUNTRIES, path)
    server = daybook.Server(f"{folder}/data", "--geo", path)
    server.start()
    client = server.client()
    ip = "24.151.103.17"
    check(place_of(client, ip, 1) == {"country": "US"}, "no country")
    shutil.copy(CITIES[0], path + ".new")
    os.rename(path + ".new", path)
    wait_for(client, ip, PLACES[ip], "after a rename the place")
    shutil.copy(COUNTRIES, path)  # the same file, cut and written again while the server has it open
    wait_for(client, ip, {"country": "US"}, "after an overwrite the place")
    with open(path, "wb") as file:
        file.write(b"not a database")
    end = time.monotonic() + 20
    while "not a database in MaxMind's format" not in server.output():
        check(place_of(client, ip, 2) == {"country": "US"}, "a broken file changed the places")
        check(time.monotonic() < end, "nothing is said about the broken file:", server.output())
    os.remove(path)
    shutil.copy(CITIES[0], path)
    wait_for(client, ip, PLACES[ip], "after the broken file the place")
    client.close()
    server.stop()


@test
def a_file_that_is_no_database_is_refused_at_the_start():
    folder = daybook.temporary_folder()
    text = f"{folder}/text.mmdb"
    with open(text, "w", encoding="ascii") as file:
        file.write("hello" * 1000)
    cut = f"{folder}/cut.mmdb"
    with open(COUNTRIES, "rb") as whole, open(cut, "wb") as file:
        file.write(whole.read(1_000_000))
    for path, status in ((text, 2), (cut, 2), (f"{folder}/none.mmdb", 3), (folder, None)):
        got, output = daybook.Server(f"{folder}/data", "--geo", path).start_refused()
        check(got != 0 and (status is None or got == status), path, "gave", got, output)
        check(path in output and "geo database" in output, "the message does not name the file:", output)


if __name__ == "__main__":
    if not all(os.path.exists(p) for p in [*CITIES, COUNTRIES]):
        daybook.skip("the databases are missing; `make build/geo/.installed` gets them from npm")
    daybook.main()
