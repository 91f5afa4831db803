"""Pages and their index. A text's first line is its heading, blank lines part paragraphs.

  render.py page TEXT TITLE     writes the page, and its heading to $LILY_OUT/heading
  render.py index HEADINGS TITLE
"""

import html
import json
import os
import sys

PAGE = "<!doctype html>\n<title>{title}</title>\n<h1>{heading}</h1>\n{body}\n"


def write_page(path, title):
    with open(path, encoding="utf8") as file:
        heading, _, rest = file.read().partition("\n")
    paragraphs = [f"<p>{html.escape(' '.join(p.split()))}</p>" for p in rest.split("\n\n") if p.strip()]
    with open(os.path.join(os.environ["LILY_OUT"], "heading"), "w", encoding="utf8") as file:
        file.write(heading + "\n")
    body = "\n".join(paragraphs)
    sys.stdout.write(PAGE.format(title=html.escape(title), heading=html.escape(heading), body=body))


def write_index(path, title):
    with open(path, encoding="utf8") as file:
        headings = json.load(file)
    body = "\n".join(f"<p>{html.escape(heading)}</p>" for heading in headings)
    sys.stdout.write(PAGE.format(title=html.escape(title), heading=html.escape(title), body=body))


if __name__ == "__main__":
    {"page": write_page, "index": write_index}[sys.argv[1]](sys.argv[2], sys.argv[3])
