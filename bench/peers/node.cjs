// node.cjs chdb|duckdb FOLDER: one peer in this process, driven by node.py over lines of JSON on stdin and stdout.
const fs = require("fs");
const readline = require("readline");

const [, , peer, folder] = process.argv;

function chdb() {
  const { Session } = require("chdb");
  const session = new Session(`${folder}/data`);
  const query = (sql) => session.query(sql, "TSV") || "";
  query("create database a");
  query("use a");
  const rows = (text) => text.split("\n").slice(0, -1).map((line) => line.split("\t"));
  return {
    version: () => query("select version()").trim(),
    create(sql) {
      query(`${sql} engine=MergeTree partition by toYYYYMM(ts) order by (tenant, ts)
        settings fsync_after_insert=1, fsync_part_directory=1`);
    },
    load(tsv, columns, integers) {
      const special = { id: "UInt64", ts: "DateTime64(3)" };
      const type = (c) => special[c] ?? (integers.includes(c) ? "UInt32" : "String");
      const structure = columns.map((c) => `${c} ${type(c)}`).join(",");
      const seconds = time(() => query(`insert into ev select * from file('${tsv}','TSV','${structure}')
        settings date_time_input_format='best_effort'`)) / 1000;
      query("optimize table ev final");
      const bytes = query("select sum(bytes_on_disk) from system.parts where table='ev' and active");
      return [seconds, Number(bytes)];
    },
    ask: query,
    rows: (sql) => rows(query(sql)),
  };
}

async function duckdb() {
  const { DuckDBInstance, version } = require("@duckdb/node-api");
  const file = `${folder}/events.duckdb`;
  const connection = await (await DuckDBInstance.create(file)).connect();
  const ask = async (sql) => (await connection.runAndReadAll(sql)).getRows();
  return {
    version: () => version().replace(/^v/, ""),
    async create(sql) {
      await connection.run(sql);
    },
    async load(tsv) {
      const begun = process.hrtime.bigint();
      await connection.run(`copy ev from '${tsv}' (delimiter '\t', header false, quote '', escape '', nullstr 'NULL')`);
      await connection.run("checkpoint");
      const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
      return [seconds, fs.statSync(file).size];
    },
    ask,
    rows: async (sql) => (await ask(sql)).map((row) => row.map(String)),
  };
}

function time(what) {
  const begun = process.hrtime.bigint();
  what();
  return Number(process.hrtime.bigint() - begun) / 1e6;
}

async function times(database, sql, runs) {
  const ms = [];
  for (let i = 0; i < runs; i++) {
    const begun = process.hrtime.bigint();
    await database.ask(sql);
    ms.push(Number(process.hrtime.bigint() - begun) / 1e6);
  }
  return ms;
}

function perform(database, request) {
  if (request.version) return database.version();
  if (request.create) return database.create(request.create);
  if (request.load) return database.load(request.load, request.columns, request.integers);
  if (request.times) return times(database, request.times, request.runs);
  return database.rows(request.rows);
}

async function main() {
  const database = await { chdb, duckdb }[peer]();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let answer;
    try {
      answer = { result: (await perform(database, JSON.parse(line))) ?? null };
    } catch (error) {
      answer = { error: String(error.message || error) };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
  process.exit(0);
}

main();
