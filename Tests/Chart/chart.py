"""Renders the chart, and finds things in what comes out."""

import functools
import os
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "pixelflow"
SETS = sorted((Path(__file__).parent / "values").glob("*.yaml"))
NAMESPACE = "images"
SERVICES = ("auth", "api", "web", "worker")
TOOLS = {**os.environ, "PATH": f"{ROOT / '.venv-chart' / 'bin'}:{os.environ['PATH']}"}


def values_of(name):
    return Path(__file__).parent / "values" / f"{name}.yaml"


def helm(*arguments, values=None):
    """What helm says, as it is."""
    files = ["--values", "-"] if values is not None else []
    text = yaml.safe_dump(values) if values is not None else None
    return subprocess.run(["helm", *map(str, arguments), *files], env=TOOLS, input=text, capture_output=True, text=True)


def template(values, release="pixelflow"):
    return helm("template", release, CHART, "--namespace", NAMESPACE, values=values)


@functools.cache
def rendered(name):
    """The text of a value set, rendered."""
    done = template(yaml.safe_load(values_of(name).read_text()))
    assert done.returncode == 0, done.stderr
    return done.stdout


class Manifests(list):
    """Rendered objects."""

    @classmethod
    def parse(cls, text):
        return cls(document for document in yaml.safe_load_all(text) if document)

    def of(self, kind):
        return Manifests(each for each in self if each["kind"] == kind)

    def one(self, kind, name):
        found = [each for each in self if each["kind"] == kind and each["metadata"]["name"] == name]
        assert len(found) == 1, f"{len(found)} of {kind} {name}"
        return found[0]

    def names(self, kind):
        return sorted(each["metadata"]["name"] for each in self.of(kind))

    def pods(self):
        """Every pod that would be made: its name, labels and specification."""
        for each in self:
            if each["kind"] == "Pod":
                yield each["metadata"]["name"], each["metadata"]["labels"], each["spec"]
            elif each["kind"] in ("Deployment", "StatefulSet", "Job", "DaemonSet"):
                template = each["spec"]["template"]
                yield each["metadata"]["name"], template["metadata"]["labels"], template["spec"]


def manifests(name):
    return Manifests.parse(rendered(name))


def manifests_with(**values):
    done = template(values)
    assert done.returncode == 0, done.stderr
    return Manifests.parse(done.stdout)


def environment(workload):
    """The environment of the first container, by name."""
    container = workload["spec"]["template"]["spec"]["containers"][0]
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"]}
