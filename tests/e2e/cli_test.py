#!/usr/bin/env python3
"""Every subcommand as people use it: what it does, what it says when something is wrong, and its exit status."""
import csv
import gzip
import http.server
import io
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
import daybook  # noqa: E402
from daybook import check, test  # noqa: E402

for name in ("DAYBOOK_URL", "DAYBOOK_KEY"):
    os.environ.pop(name, None)
COMMANDS = ["import", "search", "stats", "export", "retention", "fsck", "backup", "restore", "version", "help"]


def event(number, **more):
    return {"tenant": "acme/eu", "log": "admin", "occurred_at": f"2026-01-02T03:04:{number % 60:02d}Z",
            "action": "update", "activity": "Queue Updated", "actor": {"type": "user", "name": f"user{number % 3}"},
            "source": {"ip": f"203.0.113.{number % 5}"}, "params": {"number": number}, **more}


def write(name, text):
    path = os.path.join(daybook.temporary_folder(), name)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return path


def lines(events):
    return "".join(json.dumps(e) + "\n" for e in events)


def expect(status, *arguments, says=None):
    got, output = daybook.run(*arguments)
    check(got == status, f"daybook {' '.join(arguments)} ended with {got}, not {status}:\n{output}")
    for part in [says] if isinstance(says, str) else says or []:
        check(part in output, f"daybook {' '.join(arguments)} does not say {part!r}:\n{output}")
    return output


def filled(count=20):
    folder = daybook.temporary_folder() + "/data"
    expect(0, "import", "--data", folder, "--format", "ndjson", write("e.ndjson", lines(map(event, range(count)))))
    return folder


@test
def help_names_every_command_and_each_has_its_own():
    overview = expect(0, "--help", says=["Exit status", "DAYBOOK_KEY", "serve"])
    for command in COMMANDS:
        check(f"\n  {command} " in overview, f"--help does not name {command}")
        text = expect(0, command, "--help", says=[f"Usage: daybook {command}", "Examples:"])
        check(text == expect(0, command, "-h"), "-h differs from --help")
    expect(0, "help", "import", says="--format")
    expect(0, "help", "serve", says="--listen")
    expect(2, says="Usage")
    expect(2, "frobnicate", says="there is no command")
    expect(2, "help", "frobnicate", says="there is no command")


@test
def version_is_one_line():
    check(expect(0, "version").startswith("daybook "), "version")
    check(expect(0, "--version") == expect(0, "version"), "--version differs")
    expect(2, "version", "x")


@test
def wrong_options_name_the_nearest():
    expect(2, "search", "--lmit", "3", says="did you mean --limit?")
    expect(2, "search", "--limit", says="needs a value")
    expect(2, "search", "--json=1", says="takes no value")
    expect(2, "search", "--limit", "1", "--limit", "2", says="given twice")
    expect(2, "search", "-x", says="unknown option -x")
    folder = filled(3)
    for wrong in ("0", "-1", "x", "1e3", "99999999999999999999"):
        expect(2, "search", "--data", folder, "--limit", wrong, says="is not a whole number")


@test
def search_shows_tables_json_and_csv():
    folder = filled()
    table = expect(0, "search", "--data", folder, "-n", "3", says=["DATE", "SUMMARY", "user", "There are more"])
    check("\033[" not in table, "colours without a terminal")
    check("\033[" in expect(0, "search", "--data", folder, "--color", "always"), "--color always")
    expect(2, "search", "--data", folder, "--color", "pink")
    found = [json.loads(line) for line in expect(0, "search", "--data", folder, "--json", "actor:user1").splitlines()]
    check(len(found) == 7 and all(e["actor"]["name"] == "user1" for e in found), "--json", len(found))
    check(found == sorted(found, key=lambda e: e["occurred_at"], reverse=True), "not newest first")
    oldest = expect(0, "search", "--data", folder, "--json", "--order", "oldest", "-n", "1")
    check(json.loads(oldest.splitlines()[0])["seq"] == 1, "--order oldest", oldest)
    rows = list(csv.DictReader(io.StringIO(expect(0, "search", "--data", folder, "--csv", "actor:user1"))))
    check(len(rows) == 7 and {row["params.number"] for row in rows} == {str(n) for n in range(1, 20, 3)}, "--csv", rows[:1])
    expect(2, "search", "--data", folder, "--csv", "--json")
    expect(2, "search", "--data", folder, "actr:x", says=['did you mean "actor"?', "character 1"])
    expect(2, "search", "--data", folder, "--from", "yesterday", says="--from")
    expect(2, "search", "--data", folder, "--tz", "Mars/Base", says="no time zone")
    out = expect(0, "search", "--data", folder, "--json", "-actor:user1", "-product:Daybook", "-n", "100", "--from", "2026-01-02T03:04:10Z")
    check(len(out.splitlines()) == 6, "a negated term and --from", len(out.splitlines()))
    expect(0, "search", "--data", folder, "--tz", "Europe/Berlin", says="+01:00")


@test
def an_event_cannot_steer_the_terminal():
    folder = daybook.temporary_folder() + "/data"
    evil = event(1, actor={"type": "user", "name": "a\u001b]0;owned\u0007b\u009bc"})
    expect(0, "import", "--data", folder, "--format", "ndjson", write("e", lines([evil])))
    output = expect(0, "search", "--data", folder) + expect(0, "stats", "--data", folder, "--top", "actor.name")
    check("\u001b" not in output and "\u009b" not in output and "\u0007" not in output, repr(output))


@test
def stats_count_and_rank():
    folder = filled()
    expect(0, "stats", "--data", folder, "-product:Daybook", says=["Events   20", "Users    3"])
    expect(0, "search", "--data", folder, "product:Daybook", says="Events Imported")
    got = json.loads(expect(0, "stats", "--data", folder, "--json", "--top", "actor.name", "--limit", "2", "-product:Daybook"))
    check(got["events"] == 20 and got["values"] == [{"value": "user0", "count": 7}, {"value": "user1", "count": 7}], got)
    expect(2, "stats", "--data", folder, "--top", "occurred_at", says="cannot be counted")
    expect(2, "stats", "--data", folder, "--top", "nosuch")


@test
def export_writes_whole_files_only():
    folder, out = filled(), daybook.temporary_folder()
    expect(0, "export", "--data", folder, "-o", out + "/all.csv", "--tz", "Europe/Berlin", "-product:Daybook")
    rows = list(csv.DictReader(open(out + "/all.csv", newline="", encoding="utf-8")))
    check(len(rows) == 20 and rows[0]["Date"].endswith("+01:00") and "Summary" in rows[0], rows[0])
    expect(0, "export", "--data", folder, "--format", "ndjson", "-o", out + "/all.ndjson", "-product:Daybook")
    records = [json.loads(line) for line in open(out + "/all.ndjson", encoding="utf-8")]
    check(records[-1] == {"daybook_export": {"count": 20, "complete": True}}, records[-1])
    expect(2, "export", "--data", folder, "--format", "xml", says="not csv or ndjson")
    expect(3, "export", "--data", folder, "-o", out + "/no/such/folder.csv")
    expect(2, "export", "--data", folder, "-o", out + "/bad.csv", "nosuch:field")
    check(sorted(os.listdir(out)) == ["all.csv", "all.ndjson"], "left behind:", os.listdir(out))


@test
def what_cannot_be_read_is_told_and_the_rest_goes_in():
    folder = daybook.temporary_folder() + "/data"
    bad = [json.dumps(event(1)), "{not json", json.dumps(event(2, nonsense=1)), json.dumps([]), "",
           json.dumps(event(3, occurred_at="2026-13-01T00:00:00Z")), json.dumps(event(4)) + " {}", json.dumps(event(5))]
    path = write("bad.ndjson", "\n".join(bad))
    output = expect(9, "import", "--data", folder, "--format", "ndjson", path, says="2 events stored, 5 lines rejected")
    for number, reason in ((2, "not JSON"), (3, "(/nonsense)"), (4, "not a JSON object"), (6, "(/occurred_at)"),
                           (7, "more than one")):
        check(any(line.startswith(f"{path}:{number}: ") and reason in line for line in output.splitlines()),
              f"line {number} is not told with {reason!r}:\n{output}")
    many = write("many.ndjson", "x\n" * 50)
    output = expect(9, "import", "--data", folder, "--format", "ndjson", many, says=["50 lines rejected", "--verbose"])
    check(output.count("not JSON") == 20, "faults shown:", output.count("not JSON"))
    output = expect(9, "import", "--data", folder, "--format", "ndjson", "--verbose", many)
    check(output.count("not JSON") == 50, "faults shown with --verbose:", output.count("not JSON"))


@test
def two_equal_lines_are_two_events_and_a_second_import_adds_none():
    folder = daybook.temporary_folder() + "/data"
    path = write("twice.ndjson", lines([event(1), event(1), event(2), event(1)]))
    expect(0, "import", "--data", folder, "--format", "ndjson", path, says="4 events stored")
    expect(0, "import", "--data", folder, "--format", "ndjson", path, says="0 events stored, 4 there already")
    keyed = write("keyed.ndjson", lines([event(1, key="k1"), event(2, key="k1"), event(3, key="k3")]))
    expect(9, "import", "--data", folder, "--format", "ndjson", keyed, says=["2 events stored, 1 line rejected", ":2: "])


@test
def files_may_be_compressed_or_standard_input_and_a_dry_run_stores_nothing():
    folder, work = daybook.temporary_folder() + "/data", daybook.temporary_folder()
    with gzip.open(work + "/e.ndjson.gz", "wt") as file:
        file.write(lines(map(event, range(5))))
    expect(0, "import", "--dry-run", "--format", "ndjson", work, says="5 events would be stored")
    check(not os.path.exists(folder), "a dry run made a folder")
    expect(0, "import", "--data", folder, "--format", "ndjson", work, says="5 events stored")
    done = subprocess.run([daybook.PROGRAM, "import", "--data", folder, "--format", "ndjson", "-"], timeout=60,
                          input=lines([event(7)]), capture_output=True, text=True)
    check(done.returncode == 0 and "1 event stored" in done.stdout, done.stdout + done.stderr)
    data = open(work + "/e.ndjson.gz", "rb").read()
    open(work + "/e.ndjson.gz", "wb").write(data[:-20])
    expect(7, "import", "--data", folder, "--format", "ndjson", work)


@test
def import_says_what_it_needs():
    folder = filled(1)
    expect(2, "import", "--data", folder, "x", says="say what the files are")
    expect(2, "import", "--data", folder, "--format", "xml", "x", says='no format "xml"')
    expect(2, "import", "--data", folder, "--format", "ndjson", says="name the files")
    expect(3, "import", "--data", folder, "--format", "ndjson", "/no/such/file", says="/no/such/file")
    expect(2, "import", "--data", folder, "--format", "sshd", "--tz", "Nowhere/Here", "x", says="no time zone")
    expect(2, "import", "--data", folder, "--format", "sshd", "--tenant", "a//b", "x", says="no tenant path")
    expect(3, "import", "--data", folder, "--format", "csv", "--map", "/no/map", write("a", "x"), says="mapping file")
    expect(3, "import", "--data", folder, "--format", "cloudtrail", daybook.temporary_folder(), says="no files")


@test
def csv_comes_in_by_a_mapping_and_by_our_own_header():
    folder = daybook.temporary_folder() + "/data"
    mapping = write("columns.map", '# the old portal\noccurred_at = When\ntime_format = %d/%m/%Y %H:%M\n'
                    'tz = Europe/Berlin\ndelimiter = ;\nactor.name = Who\naction = What\naction[User added] = create\n'
                    'tenant = "acme"\nproduct = "Portal"\nparams.* = *\n')
    table = write("old.csv", 'When;Who;What;Note\r\n01/07/2025 12:00;jane;User added;"two\nlines; ""quoted"""\r\n'
                  '01/12/2025 12:00;joe;delete;\'=1+1\r\n99/99/2026;x;y;z\r\n31/02/2026 12:00;x;y;z\r\n')
    expect(9, "import", "--data", folder, "--format", "csv", "--map", mapping, table,
           says=["2 events stored, 2 lines rejected", ":5: ", ":6: ", "is not a time"])
    joe, jane = [json.loads(line)
                 for line in expect(0, "search", "--data", folder, "--json", "-product:Daybook").splitlines()]
    check(jane["occurred_at"] == "2025-07-01T10:00:00Z" and joe["occurred_at"] == "2025-12-01T11:00:00Z", jane, joe)
    check(jane["action"] == "create" and jane["product"] == "Portal" and jane["tenant"] == "acme", jane)
    check(jane["params"] == {"Note": 'two\nlines; "quoted"'} and joe["params"] == {"Note": "=1+1"}, jane, joe)

    first, second = filled(), daybook.temporary_folder() + "/data"
    path = daybook.temporary_folder() + "/all.csv"
    expect(0, "export", "--data", first, "-o", path, "--tz", "America/New_York", "-product:Daybook")
    expect(0, "import", "--data", second, "--format", "csv", path, says="20 events stored")
    for question in ("actor:user1", "ip:203.0.113.2", "activity:\"Queue Updated\"", "params.number:7", "tenant:acme"):
        a, b = (json.loads(expect(0, "stats", "--data", f, "--json", question))["events"] for f in (first, second))
        check(a == b > 0, question, a, b)

    for text, reason in (("nothing", 'no "="'), ("nosuch = A", "no field"), ("tenant = ", "names no column"),
                         ("occurred_at = Missing", 'no column "Missing"')):
        wrong = write("wrong.map", text)
        status, output = daybook.run("import", "--data", folder, "--format", "csv", "--map", wrong, table)
        check(status in (2, 9) and reason in output, text, status, output)
    expect(9, "import", "--data", folder, "--format", "csv", write("x.csv", "a,b\n1,2\n"), says="--map FILE")


@test
def people_and_keys_are_managed_on_a_server_and_on_its_folder():
    folder = filled(1)
    server = daybook.Server(folder)

    def run_all(*place):
        """The same on either; names end in the place's."""
        end = "-" + place[0].strip("-")
        link = expect(0, "user", "add", "pat" + end, "--tenant", "partner", "--role", "admin", "--name", "Pat", *place)
        check("/setup#token=dbl_" in link and "admin partner" in link, link)
        expect(0, "user", "list", "--tenant", "partner", *place, says=["pat" + end, "invited"])
        expect(0, "grant", "add", "pat" + end, "--role", "viewer", "--tenant", "acme/eu", "--logs", "auth, admin", *place,
               says="auth,admin")
        grants = [json.loads(g) for g in expect(0, "grant", "list", "PAT" + end, "--json", *place).splitlines()]
        check(sorted(g["tenant"] for g in grants) == ["acme/eu", "partner"], grants)
        expect(0, "grant", "remove", grants[0]["id"], *place)
        expect(3, "grant", "remove", grants[0]["id"], *place)
        made = json.loads(expect(0, "key", "add", "gw" + end, "--role", "reader", "--tenant", "acme", "--addresses",
                                 "127.0.0.0/8,::1", "--expires", "2099-01-01T00:00:00Z", "--json", *place))
        check(made["key"]["addresses"] == ["127.0.0.0/8", "::1"], made)
        expect(0, "key", "list", "--prefix", made["secret"][:8], *place, says="gw" + end)
        last = expect(0, "key", "rotate", made["key"]["id"], "--overlap-h", "1", *place).splitlines()[-1]
        check(last.startswith("dbk_") and len(last) == 47, last)
        expect(0, "key", "revoke", made["key"]["id"], *place)
        expect(0, "tenant", "name", "partner", "Partner One", *place, says="Partner One")
        expect(0, "tenant", "list", "one", *place, says="partner  Partner One")
        expect(0, "tenant", "close", "partner", *place, says="true")
        expect(0, "tenant", "open", "partner", *place, says="false")
        expect(0, "user", "disable", "pat" + end, *place, says="disabled")
        expect(0, "user", "enable", "pat" + end, *place, says="invited")
        expect(0, "user", "password", "pat" + end, *place, says="/setup#token=dbl_")
        expect(0, "user", "remove", "pat" + end, *place)
        expect(3, "user", "disable", "pat" + end, *place, says="there is no user")
        expect(2, "user", "add", "x", *place, says="--role")
        expect(2, "user", "frob", *place, says="add, list")
        expect(2, "key", "revoke", *place, says="takes 1 to 1")
        return last

    key = run_all("--data", folder)
    expect(0, "search", "--data", folder, "product:Daybook", "--limit", "100", says=["User Created", "API Key Revoked"])
    server.start()
    os.environ["DAYBOOK_KEY"] = daybook.KEY
    try:
        run_all("--url", f"http://127.0.0.1:{server.port}")
        expect(6, "user", "list", "--data", folder, says="a server is using")
        os.environ["DAYBOOK_KEY"] = key  # made without a server, known to it
        expect(0, "stats", "--url", f"http://127.0.0.1:{server.port}")
    finally:
        del os.environ["DAYBOOK_KEY"]
    server.stop()


@test
def retention_is_shown_and_set():
    folder = filled(1)
    expect(0, "retention", "--data", folder, says=["90 days", "inherited", "acme/eu"])
    expect(0, "retention", "--data", folder, "acme", "30", says=["30 days", "own"])
    expect(0, "retention", "--data", folder, "acme/eu", says=["30 days", "inherited"])
    expect(0, "retention", "--data", folder, "acme/eu", "forever", says="for ever")
    rows = [json.loads(line) for line in expect(0, "retention", "--data", folder, "--json").splitlines()]
    check({"tenant": "acme/eu", "days": 0, "own": True} in rows, "--json")
    expect(0, "search", "--data", folder, 'activity:"Retention Changed" tenant:acme', says="days null -> 30")
    expect(0, "retention", "--data", folder, "acme/eu", "default", says=["30 days", "inherited"])
    expect(2, "retention", "--data", folder, "acme", "soon", says="is not a number of days")
    expect(2, "retention", "--data", folder, "a//b", says="no tenant path")
    expect(2, "retention", "--data", folder, "a", "1", "2")


@test
def backup_restore_and_fsck_keep_everything():
    folder, work = filled(), daybook.temporary_folder()
    expect(0, "backup", "--data", folder, work + "/copy")
    expect(4, "backup", "--data", folder, work + "/copy", says="not empty")
    expect(2, "backup", "--data", folder, says="name the folder")
    expect(0, "restore", work + "/copy", "--data", work + "/back", says="restored and verified")
    expect(4, "restore", work + "/copy", "--data", work + "/back", says="not empty")
    expect(3, "restore", work + "/nothing", "--data", work + "/other")
    expect(2, "restore", work + "/copy", says="name the backup")
    a, b = (expect(0, "export", "--data", f, "--format", "ndjson") for f in (folder, work + "/back"))
    check(a == b, "the restored events differ")
    expect(0, "fsck", "--data", work + "/back", says="no faults")
    expect(3, "fsck", "--data", work + "/nothing")
    expect(3, "fsck", "--data", work, says="not a data folder")
    expect(2, "fsck", says="name one data folder")


@test
def damage_is_told_and_set_aside():
    folder = filled(2000)
    server = daybook.Server(folder)
    server.start()
    server.stop()
    files = sorted(pathlib.Path(folder, "segments").glob("*"), key=lambda p: p.stat().st_size)
    files += sorted(pathlib.Path(folder, "wal").glob("*"), key=lambda p: p.stat().st_size)
    segments = [p for p in files if p.parent.name == "segments"]
    if not segments:
        return  # everything is in the log still; damage to that has tests of its own
    data = bytearray(segments[-1].read_bytes())
    data[len(data) // 2] ^= 0xFF
    segments[-1].write_bytes(data)
    expect(8, "fsck", "--data", folder, says="--repair")
    expect(0, "fsck", "--data", folder, "--repair", says="set aside")
    check(os.listdir(folder + "/damaged"), "nothing was set aside")
    expect(0, "search", "--data", folder)


@test
def a_server_is_used_as_a_data_folder_is():
    work = daybook.temporary_folder()
    os.environ["DAYBOOK_BACKUP_DIR"] = work + "/backups"
    server = daybook.Server(work + "/data")
    server.start()
    url = ["--url", f"http://127.0.0.1:{server.port}/"]
    path = write("e.ndjson", lines(map(event, range(1500))))
    expect(5, "search", *url, says="DAYBOOK_KEY")
    os.environ["DAYBOOK_KEY"] = "wrong-wrong-wrong-wrong"
    expect(5, "search", *url, says="does not know the key")
    os.environ["DAYBOOK_KEY"] = "two words"
    expect(2, "search", *url, says="is no key")
    os.environ["DAYBOOK_KEY"] = daybook.KEY
    try:
        expect(0, "import", *url, "--format", "ndjson", path, says="1,500 events stored")
        expect(0, "import", *url, "--format", "ndjson", path, says="0 events stored, 1,500 there already")
        conflict = write("c.ndjson", lines([event(1, key="a"), event(2, key="b"), event(3, key="a")]))
        expect(9, "import", *url, "--format", "ndjson", conflict, says=["2 events stored, 1 line rejected", ":3: "])
        check(len(expect(0, "search", *url, "--json", "-n", "1400").splitlines()) == 1401, "pages of a search")
        expect(2, "search", *url, "actr:x", says='did you mean "actor"?')
        expect(0, "stats", *url, "--top", "ip", says="Events   1,502")
        expect(0, "retention", *url, "acme", "30", says=["30 days", "own"])
        expect(0, "retention", *url, "acme/eu", says=["30 days", "inherited"])
        expect(0, "retention", *url, says="acme/eu")
        expect(0, "retention", *url, "acme", "default", says="90 days")
        expect(6, "search", "--data", work + "/data", says="a server is using")
        expect(6, "fsck", "--data", work + "/data", says="stop it first")
        expect(4, "serve", "--data", work + "/other", "--listen", f"127.0.0.1:{server.port}",
               says=["cannot listen", "--listen", "Operator key (shown once"])
        expect(0, "backup", *url, "nightly", says="nightly")
        expect(4, "backup", *url, "nightly", says="already")
        expect(2, "backup", *url, "../nightly")
        expect(0, "restore", work + "/backups/nightly", "--data", work + "/back")
        for form in (["--format", "ndjson"], ["--format", "csv", "--tz", "Asia/Kolkata"]):
            form = [*form, "--", "-product:Daybook"]  # the server records exports, its copy does not know
            a = expect(0, "export", *url, *form)
            check(a == expect(0, "export", "--data", work + "/back", *form), "server and copy export differently", form)
    finally:
        del os.environ["DAYBOOK_KEY"], os.environ["DAYBOOK_BACKUP_DIR"]
        server.stop()
    os.environ["DAYBOOK_URL"] = url[1]
    try:
        expect(6, "search", says=["no server answers", "daybook serve"])
    finally:
        del os.environ["DAYBOOK_URL"]
    expect(2, "search", "--url", "ftp://x", says="is not an address")
    expect(2, "search", "--url", "http://x", "--data", "y", says="not both")
    expect(3, "search", "--data", work + "/nothing", says="there is no folder")
    expect(3, "search", "--data", work, says="not a data folder")


@test
def a_server_without_a_backup_folder_says_so():
    server = daybook.Server(daybook.temporary_folder() + "/data")
    server.start()
    os.environ["DAYBOOK_KEY"] = daybook.KEY
    try:
        expect(5, "backup", "--url", f"http://127.0.0.1:{server.port}", "x", says="--backup-dir")
    finally:
        del os.environ["DAYBOOK_KEY"]
        server.stop()


@test
def a_busy_or_broken_server_is_asked_again_and_a_strange_one_is_not_believed():
    """A server that answers as told, one step a request: what a real one does only under load."""
    steps, asked = [], []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            asked.append((self.path, self.rfile.read(int(self.headers.get("Content-Length") or 0))))
            step = steps.pop(0) if steps else (500, "text/plain", b"?")
            if step == "break":
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            status, media, body = step
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Retry-After", "1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = ["--url", f"http://127.0.0.1:{server.server_port}"]
    busy = (503, "application/problem+json", b'{"status":503,"detail":"too busy"}')
    stored = (201, "application/json", b'{"events":[{"id":"acme/eu:1","seq":1}]}')
    path = write("e.ndjson", lines([event(1)]))
    steps[:] = [busy, "break", stored]
    expect(0, "import", *url, "--format", "ndjson", path, says="1 event stored")
    check(len(asked) == 3 and len({body for _, body in asked}) == 1, "the same body three times:", asked)
    steps[:] = [(201, "application/json", b"{}")]
    expect(1, "import", *url, "--format", "ndjson", path, says="took 0 of 1")
    steps[:] = [(200, "application/json", b'{"events":[{"a":')]
    expect(2, "search", *url, says="cannot be read")
    steps[:] = [(404, "text/html", b"<html>")]
    expect(3, "search", *url, says="no answer of Daybook's")
    steps[:] = [(200, "text/csv", b"a,b\r\n")]
    check(expect(0, "export", *url) == "a,b\n", "a stream is passed on")
    server.shutdown()


if __name__ == "__main__":
    daybook.main()
