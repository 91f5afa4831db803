#!/usr/bin/python3
"""All sales into a database of their own: `sales` in (a JSON text a line, of all files that could be
read), `database` (SQLite) and `totals` out."""

import json
import os
import sqlite3
from pathlib import Path

COLUMNS = ("shop", "day", "article", "pieces", "cents")


def main():
    source, target = Path(os.environ["LILY_IN"]), Path(os.environ["LILY_OUT"])
    with open(source / "sales", encoding="utf-8") as file:
        sales = [json.loads(line) for line in file if line.strip()]
    database = sqlite3.connect(target / "database")
    database.execute(f"CREATE TABLE sales({', '.join(COLUMNS)})")
    database.executemany("INSERT INTO sales VALUES(?, ?, ?, ?, ?)",
                         [tuple(sale[column] for column in COLUMNS) for sale in sales if sale])
    database.commit()
    rows = database.execute("SELECT shop, count(*), sum(pieces * cents) FROM sales"
                            " GROUP BY shop ORDER BY shop").fetchall()
    totals = [{"shop": shop, "sales": n, "cents": cents} for shop, n, cents in rows]
    (target / "totals").write_text(json.dumps(totals), encoding="utf-8")


main()
