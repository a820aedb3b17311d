"""The exported metrics match docs/metrics.md, the rules and the dashboard."""

import re
import subprocess

from prometheus import names

from harness.requests import call_expecting

# Exported only after failures, or in the embedded mode.
SELDOM = {"metrics_refused_series_total", "disk_available_bytes", "disk_size_bytes"}
# The metrics of a backend are exported if the backend is used: all with a prefix, or none.
BACKENDS = ("database_", "kafka_", "s3_", "blob_", "circuit_breaker_", "adapter_")


class Exposition:
    """The metrics at one address."""

    def __init__(self, url):
        response = call_expecting(200, "GET", f"{url}/metrics")
        self.url = url
        self.text = response.body.decode()
        assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        self.types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", self.text, re.MULTILINE))
        self.labels = {}
        for sample, labels in re.findall(r"^(\w+)(?:\{(.*)\})? \S+$", self.text, re.MULTILINE):
            found = set(re.findall(r'(\w+)="(?:[^"\\]|\\.)*"', labels)) - {"le"}
            self.labels.setdefault(self.family(sample), set()).update(found)

    def family(self, sample):
        return sample if sample in self.types else re.sub(r"_(bucket|sum|count)$", "", sample)

    def check(self, documented):
        done = subprocess.run(["promtool", "check", "metrics"], input=self.text, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"promtool on {self.url}/metrics: {done.stdout}{done.stderr}"
        for name, kind in self.types.items():
            assert name in documented, f"{self.url} exports {name}, which docs/metrics.md does not know"
            known = documented[name]
            assert kind == known[0], f"{self.url} exports {name} as a {kind}, docs/metrics.md has a {known[0]}"
            unknown = self.labels.get(name, set()) - known[1]
            assert not unknown, f"{self.url} exports {name} with the labels {unknown}, which docs/metrics.md does not know"


def test_web_exports_no_metrics_on_its_public_port(bases):
    for url in (url for name, url in bases if name == "web"):
        for path in ("/metrics", "//metrics", "/auth/metrics", "/auth//metrics", "/api/../metrics", "/%6detrics"):
            call_expecting(404, "GET", f"{url}{path}")
        assert call_expecting(200, "GET", f"{url}/readyz").json() == {"status": "ok"}


def test_docs_metrics_lists_all_exported_metrics(scraped):
    documented = names.documented()
    for _, url in scraped:
        Exposition(url).check(documented)


def test_rules_and_dashboard_use_exported_metrics(scraped):
    exported = set().union(*(Exposition(url).types for _, url in scraped))
    documented = names.documented()
    used = [prefix for prefix in BACKENDS if any(name.startswith(prefix) for name in exported)]
    spared = tuple(prefix for prefix in BACKENDS if prefix not in used)
    asked = set().union(*map(names.names, names.rule_expressions() + names.dashboard_expressions()))
    for name in documented:
        if asked & set(names.series({name: documented[name]})) and name not in SELDOM and not name.startswith(spared):
            assert name in exported, f"rules or dashboard ask for {name}, which no service exports"
