"""The table that every peer gets, and the questions: each as SQL and as the address Daybook is asked at."""
import re
from urllib.parse import quote

COLUMNS = """id ts tenant log product action activity outcome reason atype aid aname adisp email adom ip agent ttype tid
tname tuser tdom descr chfield chold chnew reqid region method url auth session mid campaign phone gateway error batch
status dur""".split()
DESCRIPTION = COLUMNS.index("descr")
INTEGERS = {"batch", "status", "dur"}  # and id, whose type each peer names for itself
FEW_VALUES = set("""tenant log product action activity outcome reason atype adom agent ttype tdom chfield region method
auth campaign gateway error""".split())
B_TREES = ["ts", "tenant,ts", "aname,ts", "ip,ts", "tdom,ts", "action,ts", "log,ts", "ttype,ts"]

END = "2026-11-11T00:00:01Z"  # of the events of gen_events.c as bench/run starts it; the peers hold no others

PAGE = "order by {order} limit 25"
KEYWORD = "select * from ev where {text} like '%%%s%%' " + PAGE
IN_ACCOUNT = "tenant>='acct-0001/' and tenant<'acct-00010'"


def address(resource, q="", **parameters):
    """Daybook records exports and log-ins as events of its own: they are later, and left out."""
    parameters["to"] = END
    parts = [f"{name.rstrip('_')}={quote(str(value), safe='')}" for name, value in parameters.items()]
    if q:
        parts.insert(0, "q=" + quote(q, safe=""))
    return f"/v1/{resource}?" + "&".join(parts)


def events(q="", **parameters):
    return address("events", q, limit=25, **parameters)


# name: (SQL, address). {order}, {text} and {day} are each peer's own words for the newest first, the text that keywords
# are searched in, and the day of an event.
QUESTIONS = {
    "latest": (f"select * from ev {PAGE}", events()),
    "logins_30d": (f"select * from ev where {IN_ACCOUNT} and action='login' and ts>='2026-10-12 00:00:00' {PAGE}",
                   events("tenant:acct-0001 action:login", from_="2026-10-12T00:00:00Z")),
    "routes_of_domain": (
        f"select * from ev where tdom='customer30.example.com' and ttype in ('route','answer_rule') {PAGE}",
        events("target.domain:customer30.example.com target.type:route,answer_rule")),
    "investigate_user": (f"select * from ev where aname='gina.meyer39' {PAGE}", events("actor.name:gina.meyer39")),
    "by_ip": (f"select * from ev where ip='185.220.101.7' {PAGE}", events("ip:185.220.101.7")),
    "deletes": (f"select * from ev where tenant='acct-0000/bu-0' and action='delete' {PAGE}",
                events("tenant:acct-0000/bu-0 action:delete")),
    "keyword_rare": (KEYWORD % "campaign_11970)", events('"campaign_11970)"')),
    "keyword_absent": (KEYWORD % "zzqqyy", events("zzqqyy")),
    "keyword_common": (KEYWORD % "invoice", events("invoice")),
    "stats": ("select count(*), count(distinct aname), count(distinct tdom) from ev where tenant='acct-0000/bu-0'",
              address("stats", "tenant:acct-0000/bu-0")),
    "failed_by_ip": ("select ip, count(*) c from ev where log='auth' and outcome='failure' group by ip "
                     "order by c desc, ip limit 10",
                     address("top", "log:auth outcome:failure", field="source.ip", limit=10)),
    "histogram": (f"select {{day}} d, outcome, count(*) from ev where {IN_ACCOUNT} "
                  "group by {day}, outcome order by d",
                  address("histogram", "tenant:acct-0001", interval="1d", by="outcome")),
    "values": ("select tdom, count(*) c from ev where tdom>='customer12' and tdom<'customer13' group by tdom "
               "order by c desc, tdom limit 20",
               address("values", field="target.domain", prefix="customer12", limit=20)),
    "export": ("select * from ev where tenant='acct-0000/bu-0' order by {order}",
               address("export", "tenant:acct-0000/bu-0", format="ndjson")),
}
PAGES = ["latest", "logins_30d", "routes_of_domain", "investigate_user", "by_ip", "deletes"]
KEYWORDS = ["keyword_rare", "keyword_absent", "keyword_common"]


def instant(*texts):
    """A time of any peer as Daybook writes it; a second text holds the milliseconds."""
    found = re.fullmatch(r"(\S{10})[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00)?", texts[0])
    if not found:
        raise ValueError(f"{texts[0]} is no time")
    date, time, fraction = found.groups()
    milliseconds = texts[1].zfill(3) if len(texts) > 1 else ((fraction or "") + "000")[:3]
    return f"{date}T{time}.{milliseconds}Z"


def comparable(name, rows):
    """The rows of a peer, lists of texts, in the form in which answers are compared."""
    if name == "stats":
        return [tuple(map(int, row)) for row in rows]
    if name in ("failed_by_ip", "values"):
        return sorted((-int(count), value) for value, count in rows)
    if name == "histogram":
        return sorted((day[:10], outcome, int(count)) for day, outcome, count in rows)
    return sorted(instant(*row) for row in rows)
