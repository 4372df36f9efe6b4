"""A writer for honker's tests: one JSON command per line in, one JSON answer per line out (see protocol.rs)."""

import json
import sqlite3
import struct
import sys
import time

connections = {}


def open_connection(command):
    flags = command.get("flags", [])
    path = command["path"]
    uri = "uri" in flags
    if "readonly" in flags or "no_create" in flags or command.get("vfs"):
        mode = "ro" if "readonly" in flags else "rw" if "no_create" in flags else "rwc"
        escaped = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        path = f"file:{escaped}?mode={mode}" if not uri else path
        if command.get("vfs"):
            path += f"&vfs={command['vfs']}"
        uri = True
    timeout = command.get("busy_timeout_ms", 0) / 1000
    # No isolation level: Python must not begin or end transactions on its own.
    return sqlite3.connect(path, timeout=timeout, isolation_level=None, uri=uri)


def statements(sql):
    """`executescript` would commit first, so the statements are split here."""
    statement = ""
    for part in sql.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def run(connection, sql):
    for statement in statements(sql):
        for _ in connection.execute(statement):
            pass


def as_json(value):
    return value.hex().upper() if isinstance(value, bytes) else value


# Before Python 3.11 an error tells no code.
CODES = {"is locked": 5, "I/O error": 10, "malformed": 11, "is full": 13, "unable to open": 14, "not a database": 26}


def code(error):
    told = (number for text, number in CODES.items() if text in str(error))
    return getattr(error, "sqlite_errorcode", None) or next(told, 0)


def commit_loop(command):
    connection = connections[command["conn"]]
    every, limit = command["every_us"] * 1000, command["for_ms"] * 1_000_000
    commits, busy, times = 0, 0, []
    began = time.monotonic_ns()
    for i in range(command["n"]):
        if limit and time.monotonic_ns() - began >= limit:
            break
        wait = began + i * every - time.monotonic_ns()
        if wait > 0:
            time.sleep(wait / 1e9)
        before = time.monotonic_ns()
        try:
            run(connection, command["sql"].replace("{i}", str(i)))
        except sqlite3.OperationalError as error:
            if code(error) & 0xFF != 5:
                raise
            busy += 1
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            continue
        commits += 1
        if command["record"]:
            times.append({"before_ns": before, "after_ns": time.monotonic_ns()})
    elapsed = time.monotonic_ns() - began
    return {"reply": "loop", "commits": commits, "busy": busy, "elapsed_ns": elapsed, "times": times}


def numbered_loop(command):
    connection = connections[command["conn"]]
    every, limit = command["every_us"] * 1000, command["for_ms"] * 1_000_000
    commits, busy = 0, 0
    began = time.monotonic_ns()
    with open(command["log"], "ab", buffering=0) as log:
        for i in range(command["n"]):
            if limit and time.monotonic_ns() - began >= limit:
                break
            wait = began + i * every - time.monotonic_ns()
            if wait > 0:
                time.sleep(wait / 1e9)
            try:
                connection.execute("BEGIN IMMEDIATE")
                (k,) = connection.execute("UPDATE counter SET n = n + 1 RETURNING n").fetchall()[0]
                run(connection, command["sql"])
                log.write(struct.pack("=QQ", k << 1, time.monotonic_ns()))
                connection.execute("COMMIT")
                log.write(struct.pack("=QQ", k << 1 | 1, time.monotonic_ns()))
                commits += 1
            except sqlite3.OperationalError as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if code(error) & 0xFF != 5:
                    raise
                busy += 1
    elapsed = time.monotonic_ns() - began
    return {"reply": "loop", "commits": commits, "busy": busy, "elapsed_ns": elapsed, "times": []}


def carry_out(command):
    name, conn = command["command"], command.get("conn")
    if name == "clock":
        return {"reply": "clock", "ns": time.monotonic_ns()}
    if name == "query":
        cursor = connections[conn].execute(command["sql"])
        return {"reply": "rows", "rows": [[as_json(value) for value in row] for row in cursor]}
    if name == "commit_loop":
        return commit_loop(command)
    if name == "numbered_loop":
        return numbered_loop(command)
    before = time.monotonic_ns()
    if name == "open":
        connections[conn] = open_connection(command)
    elif name == "exec":
        run(connections[conn], command["sql"])
    elif name == "close":
        connections.pop(conn).close()
    elif name == "no_ckpt_on_close":
        connections[conn].setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, command["on"])
    else:
        raise ValueError(f"unknown command {name}")
    return {"reply": "done", "before_ns": before, "after_ns": time.monotonic_ns()}


def answer(command):
    before = time.monotonic_ns()
    try:
        return carry_out(command)
    except Exception as error:
        extended = code(error)
        return {
            "reply": "error",
            "error": str(error),
            "code": extended & 0xFF,
            "extended": extended,
            "before_ns": before,
            "after_ns": time.monotonic_ns(),
        }


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
# As a program that ends does: what is still open is closed.
for connection in connections.values():
    connection.close()
