"""Tables of settings, links and make targets."""

import re

import pytest

from harness.loading import ROOT
from harness.process import output_of

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
TABLES = {
    "all in one": ["pixelflow"], "metrics adapter": ["pixelflow-metrics-adapter"],
    "four services": [f"pixelflow-{name}" for name in ("auth", "api", "worker", "web")],
}


@pytest.mark.parametrize("executables", TABLES.values(), ids=TABLES)
def test_table_of_settings(build, executables):
    table = output_of(ROOT / "scripts" / "settings-table", *(build / name for name in executables))
    assert table in (ROOT / "docs" / "configuration.md").read_text(), f"not what `scripts/settings-table` prints:\n{table}"


def test_links():
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert not dead


def test_make_targets():
    known = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    pattern = re.compile(r"(?:`|^    )make ([a-z0-9-]+)", re.MULTILINE)
    named = {target for page in PAGES for target in pattern.findall(page.read_text())}
    assert named, "the documentation names no make target"
    assert named <= known
