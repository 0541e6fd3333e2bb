"""The questions of bench/oracle: each as the address Daybook is asked at and as SQL for SQLite, compared exactly.

Events are compared by a few members and their order: instants, then tenants, then numbers, which within a tenant are
given in the order of ids. The data is ASCII, so that lower() folds as Daybook does."""
from .questions import COLUMNS, INTEGERS, address

KEPT = """id ts tenant log action outcome reason aid aname adisp email ip ttype tdom descr reqid region url error batch
status dur""".split()  # the others are only searched for keywords, with these, in txt
PLACES = [COLUMNS.index(name) for name in KEPT]
BATCH, STATUS, DURATION = (COLUMNS.index(name) for name in ("batch", "status", "dur"))
REQUEST = COLUMNS.index("reqid")
SHOWN = "ts, tenant, action, aname, descr"


def create(base):
    kinds = ["id integer primary key"] + [c + (" integer" if c in INTEGERS else " text") for c in KEPT[1:]]
    base.execute(f"create table ev({','.join(kinds)}, txt text)")
    return f"insert into ev values({','.join('?' * (len(KEPT) + 1))})"


def row_of(line):
    """txt is what an event says, a value a line. A number that is 0 was not sent; batch belongs to reqid."""
    v = line.rstrip("\n").split("\t")
    numbers = [v[BATCH] if v[REQUEST] else "", *(v[at] if v[at] != "0" else "" for at in (STATUS, DURATION))]
    return [v[at] for at in PLACES] + ["\n".join(v[2:BATCH] + numbers).lower()]


class Page:
    """The first `count` events, asked `limit` at a time."""

    def __init__(self, where="1", q="", count=100, limit=100, order="newest", **parameters):
        self.count, self.q, self.parameters = count, q, dict(parameters, order=order, limit=limit)
        way = "desc" if order == "newest" else "asc"
        self.sql = f"select {SHOWN} from ev where {where} order by ts {way}, tenant {way}, id {way} limit {count}"

    def ask(self, get):
        rows, cursor = [], {}
        while len(rows) < self.count:
            answer = get(address("events", self.q, **self.parameters, **cursor))
            rows += [[e["occurred_at"], e["tenant"], e["action"], e["actor"]["name"], e["description"]]
                     for e in answer["events"]]
            if not answer["next"]:
                break
            cursor = {"cursor": answer["next"]}
        return rows[:self.count]


class Stats:
    def __init__(self, where, q, **parameters):
        self.path = address("stats", q, **parameters)
        self.sql = ("select count(*), count(distinct nullif(aname,'')), count(distinct nullif(tdom,'')) from ev "
                    f"where {where}")

    def ask(self, get):
        answer = get(self.path)
        return [[answer["events"], answer["actors"], answer["domains"]]]


class Histogram:
    """Buckets in which nothing is found are left out; `cut` is how many characters of an instant name a bucket."""

    def __init__(self, where, q, interval, cut, by=None, column="''", **parameters):
        self.path = address("histogram", q, interval=interval, **parameters, **({"by": by} if by else {}))
        self.cut = cut
        self.sql = f"select substr(ts,1,{cut}) b, {column} v, count(*) from ev where {where} group by b, v order by b, v"

    def ask(self, get):
        answer = get(self.path)
        return sorted([bound[:self.cut], series.get("value") or "", count] for series in answer["series"]
                      for bound, count in zip(answer["bounds"], series["counts"]) if count)


class Values:
    """top and values: the most frequent first, equally frequent ones by their bytes."""

    def __init__(self, resource, where, q, column, limit=10, **parameters):
        self.path = address(resource, q, limit=limit, **parameters)
        self.sql = (f"select {column} v, count(*) c, count(*) over () from ev where {where} and {column}<>'' group by v "
                    f"order by c desc, v limit {limit}")

    def ask(self, get):
        answer = get(self.path)
        return [[v["value"], v["count"], answer["distinct"]] for v in answer["values"]]


def keyword(text):
    return f"instr(txt, '{text}')"


ONE_DAY = "ts>='2026-10-01' and ts<'2026-10-02'"
QUESTIONS = {
    # Pages in both orders, several of them in a row, and within times
    "newest": Page(),
    "oldest": Page(order="oldest"),
    "newest_2000_by_300": Page(count=2000, limit=300),
    "oldest_from_october": Page("ts>='2026-10-01'", order="oldest", from_="2026-10-01"),
    "newest_before_october": Page("ts<'2026-10-01'", q="occurred_at:<2026-10-01"),
    # Fields: equal, one of several, several fields, subtree
    "field_equal": Page("aname='gina.meyer39'", q="actor.name:gina.meyer39"),
    "fields_and": Page("log='auth' and outcome='failure' and reason='bad_password'",
                       q="log:auth outcome:failure reason:bad_password"),
    "field_one_of": Page("tdom='customer30.example.com' and ttype in ('route','answer_rule')",
                         q="target.domain:customer30.example.com target.type:route,answer_rule", order="oldest"),
    "alias_of_fields": Page("(aid='u160' or aname='u160' or email='u160' or adisp='u160')", q="actor:u160", count=300),
    "tenant_subtree": Page("tenant>='acct-0001/' and tenant<'acct-00010' and action='login'",
                           q="tenant:acct-0001 action:login", count=500, limit=500),
    "tenant_leaf_deletes": Page("tenant='acct-0000/bu-0' and action='delete'", q="tenant:acct-0000/bu-0 action:delete"),
    "case_is_folded": Page("lower(adisp)='gina meyer'", q='actor.display_name:"GINA Meyer"'),
    # Absence and negation
    "field_present": Page("error<>''", q="error:*"),
    "field_absent": Page("reason='' and outcome<>'success'", q="-reason:* -outcome:success"),
    "negated_list": Page("log not in ('api','panel','admin','auth')", q="-log:api,panel,admin,auth", order="oldest"),
    "negated_keyword": Page(f"log='auth' and not {keyword('login')}", q="log:auth -login"),
    # Wildcards, numbers, networks
    "wildcard_prefix": Page("aname like 'gina.m%'", q="actor.name:gina.m*"),
    "wildcard_inside": Page("url like '%/queues/%' or url like '%/call_queues/1%'", q="url:*/queues/*,*/call_queues/1*"),
    "number_range": Page("status between 429 and 500", q="status:429..500"),
    "number_compared": Page("dur>=14000", q="duration:>=14000", order="oldest"),
    "parameter_number": Page("reqid<>'' and batch>=498", q="params.batch:>=498"),
    "parameter_text": Page("region='us-east-1' and log='message'", q="params.region:us-east-1 log:message"),
    "network_16": Page("ip like '185.220.%'", q="ip:185.220.0.0/16"),
    "network_12_not_auth": Page("log<>'auth' and ip like '100.%' and in_network(ip,'100.16.0.0/12')",
                                q="ip:100.16.0.0/12 -log:auth"),
    # Keywords: common, rare, absent, with a field
    "keyword_common": Page(keyword("invoice"), q="invoice", count=300),
    "keyword_rare": Page(keyword("campaign_1197)"), q='"campaign_1197)"', order="oldest"),
    "keyword_absent": Page(keyword("zzqqyy"), q="zzqqyy"),
    "keywords_and_field": Page(f"action='update' and {keyword('urgent')} and {keyword('recording')}",
                               q="action:update urgent recording"),
    # Counts
    "stats_all": Stats("1", ""),
    "stats_tenant": Stats("tenant='acct-0000/bu-0'", "tenant:acct-0000/bu-0"),
    "stats_keyword": Stats(keyword("welcome"), "welcome"),
    "stats_day_not_api": Stats(f"log<>'api' and {ONE_DAY}", "-log:api occurred_at:2026-10-01"),
    "histogram_days_by_outcome": Histogram("tenant>='acct-0001/' and tenant<'acct-00010'", "tenant:acct-0001", "1d", 10,
                                           "outcome", "outcome"),
    "histogram_hours": Histogram(f"log='auth' and {ONE_DAY}", "log:auth occurred_at:2026-10-01", "1h", 13),
    "top_addresses_of_failures": Values("top", "log='auth' and outcome='failure'", "log:auth outcome:failure", "ip",
                                        field="source.ip", limit=50),
    "top_actors": Values("top", "1", "", "aname", field="actor.name", limit=200),
    "values_of_prefix": Values("values", "tdom>='customer12' and tdom<'customer13'", "", "tdom", field="target.domain",
                               prefix="customer12", limit=100),
    "values_in_filter": Values("values", "lower(aname) like 'ja%' and outcome<>'success'", "-outcome:success", "aname",
                               field="actor.name", prefix="ja", limit=100),
}
