#!/usr/bin/python3
"""One shop's CSV file as JSON Lines: `file` in, `sales` out. What its schema wants is lily's to check."""

import csv
import json
import os
from pathlib import Path


def sale_of(row):
    return {"shop": row["shop"].strip(), "day": row["day"], "article": row["article"].upper(),
            "pieces": int(row["pieces"]), "cents": round(float(row["price"]) * 100)}


def main():
    source, target = Path(os.environ["LILY_IN"]), Path(os.environ["LILY_OUT"])
    with open(source / "file", newline="", encoding="utf-8") as file:
        sales = [sale_of(row) for row in csv.DictReader(file)]
    with open(target / "sales", "w", encoding="utf-8") as file:
        for sale in sales:
            file.write(json.dumps(sale, ensure_ascii=False) + "\n")
    print(f"{len(sales)} sales")


main()
