"""The explained differences between Triton and Ferry, and the table of them in docs/protocol.md.

python e2e/interop/differences.py writes the table anew.
"""

import dataclasses
import fnmatch
import json
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIST = HERE / "known-differences.json"
DOCUMENT = HERE.parents[1] / "docs/protocol.md"
BEGIN = "<!-- differences: made by e2e/interop/differences.py -->"
END = "<!-- /differences -->"


@dataclasses.dataclass(frozen=True)
class Difference:
    """`checks` and `fields` are patterns; the rest is for people."""

    what: str
    triton: str
    ferry: str
    reason: str
    checks: tuple[str, ...]
    fields: tuple[str, ...]

    def covers(self, check, field):
        return any(matches(check, each) for each in self.checks) and any(matches(field, each) for each in self.fields)


def matches(text, pattern):
    # Brackets stand in the paths of fields, so they are no character classes here.
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def known():
    entries = json.loads(LIST.read_text())
    return [Difference(**{**entry, "checks": tuple(entry["checks"]), "fields": tuple(entry["fields"])}) for entry in entries]


def table():
    rows = ["| What | Triton | Ferry | Why |", "|---|---|---|---|"]
    rows += [f"| {each.what} | {each.triton} | {each.ferry} | {each.reason} |" for each in known()]
    return "\n".join(rows)


def documented():
    text = DOCUMENT.read_text()
    if BEGIN not in text or END not in text:
        raise ValueError(f"{DOCUMENT} lacks the lines {BEGIN} and {END}")
    return text.partition(BEGIN)[2].partition(END)[0].strip()


if __name__ == "__main__":
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}")
    print(f"{len(known())} differences in {DOCUMENT}")
