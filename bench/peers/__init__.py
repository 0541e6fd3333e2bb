"""What a user would pick instead of Daybook."""
from .base import Absent, Peer, folder_bytes, say
from .clickhouse import ClickHouse
from .node import Chdb, Duckdb
from .postgres import Postgres
from .questions import KEYWORDS, PAGES, QUESTIONS, address, comparable
from .sqlite import Sqlite

PEERS = {peer.name: peer for peer in (Sqlite, Postgres, ClickHouse, Chdb, Duckdb)}
