"""The facts that come with the program: CSV and JSON files in registries/data, read through the package.

docs/reference-data.md says of each file where its facts come from and how sure we are of them.
"""

from __future__ import annotations

import csv
import io
import json
from importlib.resources import files
from typing import Any


def read_text(name: str) -> str:
    """Return the text of a data file."""
    return (files("registries") / "data" / name).read_text(encoding="utf-8")


def read_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV data file, each as a mapping from its heading."""
    return list(csv.DictReader(io.StringIO(read_text(name)), strict=True))


def read_json(name: str) -> Any:
    """Return what a JSON data file holds."""
    return json.loads(read_text(name))
