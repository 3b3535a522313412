#!/usr/bin/python3
"""usage: look.py URL USER PASSWORD    looks at a running demo as a person does: the page, then live values"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness  # noqa: E402  (after the path is known)


def main():
    url, user, password = sys.argv[1:]
    page = harness.Client(url).request("GET", "/", headers={"Accept": "text/html"})
    if page.status != 200 or b"<html" not in page.body.lower():
        raise harness.Failed(f"GET / answered {page!r}")
    client = harness.Client(url).login(user, password)
    before = client.wait_for_good(40)
    harness.wait_until(lambda: any(item["time"] > before[path]["time"] for path, item in client.values().items()
                                   if path in before), 10, "a value that changes")
    print(f"page of {len(page.body)} bytes; {len(before)} Good values, changing")


if __name__ == "__main__":
    main()
