"""Figures, their targets, and their output as text, Markdown and JSON."""

import json
import statistics
from dataclasses import asdict, dataclass, field


@dataclass
class Line:
    """One contestant in one measurement. `base` contains the values of the reference contestant, by round."""

    name: str
    values: list
    unit: str
    digits: int = 1
    base: list = field(default_factory=list)
    at_least: float = 0.0  # target of the ratio; 0 for none
    at_most: float = 0.0
    limit: float = 0.0  # maximum of the value itself
    skipped: str = ""

    @property
    def value(self):
        return statistics.median(self.values) if self.values else 0.0

    @property
    def ratio(self):
        """The median of the ratios of all rounds, because neighbouring measurements share the load of the machine."""
        pairs = list(zip(self.values, self.base))
        return statistics.median(own / base for own, base in pairs) if pairs else 0.0

    @property
    def target(self):
        if self.at_least:
            return f"ratio >= {self.at_least:g}"
        if self.at_most:
            return f"ratio <= {self.at_most:g}"
        return f"<= {self.limit:g} {self.unit}" if self.limit else ""

    @property
    def verdict(self):
        if not self.target:
            return ""
        if not self.values:
            return "SKIPPED"
        if self.at_least:
            return "pass" if self.ratio >= self.at_least else "FAIL"
        if self.at_most:
            return "pass" if self.ratio <= self.at_most else "FAIL"
        return "pass" if self.value <= self.limit else "FAIL"

    def cells(self):
        if not self.values:
            return [self.name, self.skipped, "", self.target, self.verdict]
        ratio = f"{self.ratio:.2f}" if self.ratio else ""
        return [self.name, f"{self.value:,.{self.digits}f} {self.unit}", ratio, self.target, self.verdict]


@dataclass
class Section:
    title: str
    lines: list
    notes: list = field(default_factory=list)


COLUMNS = ["", "median", "ratio", "target", ""]


def as_text(sections):
    rows = [line.cells() for section in sections for line in section.lines]
    widths = [max(len(row[column]) for row in [COLUMNS, *rows]) for column in range(len(COLUMNS))]

    def shown(cells):
        name, *others = (cell.ljust(width) for cell, width in zip(cells, widths))
        others[0] = others[0].strip().rjust(widths[1])
        return ("  " + "  ".join([name, *others])).rstrip()

    parts = []
    for section in sections:
        parts += ["", section.title, *(f"  ({note})" for note in section.notes), shown(COLUMNS)]
        parts += [shown(line.cells()) for line in section.lines]
    return "\n".join(parts)


def as_markdown(sections, facts, verdict):
    parts = ["# Benchmarks", "", verdict, ""]
    parts += [f"- {name}: {value}" for name, value in facts.items()]
    for section in sections:
        parts += ["", f"## {section.title}", "", *(f"{note}  " for note in section.notes), ""]
        parts += ["| | median | ratio | target | |", "| --- | ---: | ---: | --- | --- |"]
        parts += ["| " + " | ".join(line.cells()) + " |" for line in section.lines]
    return "\n".join(parts) + "\n"


def as_json(sections, facts):
    def of_line(line):
        shown = {name: value for name, value in asdict(line).items() if value not in (0.0, "", []) and name != "digits"}
        return {**shown, "median": line.value, "ratio": line.ratio, "target": line.target, "verdict": line.verdict}

    document = {
        "machine": facts,
        "sections": [
            {"title": section.title, "notes": section.notes, "lines": [of_line(line) for line in section.lines]}
            for section in sections
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def closing_line(sections):
    verdicts = [line.verdict for section in sections for line in section.lines if line.verdict]
    text = f"{verdicts.count('pass')} of {len(verdicts)} targets reached"
    if skipped := verdicts.count("SKIPPED"):
        text += f", {skipped} not measured"
    return text
