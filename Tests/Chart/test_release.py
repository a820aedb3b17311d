"""The chart as a release packages it."""

import re
import subprocess
import tarfile

import pytest

import chart

IMAGES = ("auth", "api", "worker", "web", "metrics-adapter", "pfctl")
REGISTRY = "registry.example.org/images"


def digest(name):
    return "sha256:" + name.encode().hex()[:2] * 32


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The folder of a release that two versions of the chart have been written to."""
    out = tmp_path_factory.mktemp("release")
    lines = [f"{name} {REGISTRY}/pixelflow/{name}:0 {digest(name + name)}\n" for name in ("pixelflow", *IMAGES)]
    (out / "images.txt").write_text("".join(lines))
    (out / "index.yaml").write_text(
        "apiVersion: v1\nentries:\n  pixelflow:\n  - {apiVersion: v2, name: pixelflow, version: 0.0.1, urls: [https://example.org/old.tgz]}\n")
    done = subprocess.run(
        [chart.ROOT / "scripts/release/chart", out / "images.txt", REGISTRY, "https://example.org/o/r/releases/download/v0", out],
        env=chart.TOOLS, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"would run: helm push {out}" in done.stdout
    return out


def test_released_chart_takes_every_image_of_ours_by_digest(released):
    package = next(released.glob("*.tgz"))
    done = chart.helm("template", "pixelflow", package, "--namespace", chart.NAMESPACE)
    assert done.returncode == 0, done.stderr
    images = set(re.findall(rf"{re.escape(REGISTRY)}/\S+?(?=\"|\n)", done.stdout))
    assert images == {f"{REGISTRY}/pixelflow/{name}@{digest(name + name)}" for name in IMAGES}
    assert "localhost/" not in done.stdout


def test_the_drill_of_an_upgrade_that_does_not_start_names_an_image_that_is_not_there(released):
    """In a released chart, too, whose digests take precedence over tags."""
    drill = re.search(r"^helm upgrade .*does-not-exist.*$", (chart.ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)[0]
    done = chart.helm("template", "pixelflow", next(released.glob("*.tgz")), "--set", re.search(r"--set (\S+)", drill)[1])
    assert done.returncode == 0, done.stderr
    images = {each["metadata"]["name"]: each["spec"]["template"]["spec"]["containers"][0]["image"] for each in chart.Manifests.parse(done.stdout).of("Deployment")}
    assert images["pixelflow-api"] == f"{REGISTRY}/pixelflow/api:does-not-exist" and "@sha256:" in images["pixelflow-auth"]


def test_released_values_keep_their_comments(released):
    with tarfile.open(next(released.glob("*.tgz"))) as package:
        lines = package.extractfile("pixelflow/values.yaml").read().decode().splitlines()
    original = (chart.CHART / "values.yaml").read_text().splitlines()
    changed = [line for line, before in zip(lines, original, strict=True) if line != before]
    assert len(changed) == len(IMAGES) + 2, changed
    assert all(re.match(r" +(?:registry|digest|runbooks): ", line) for line in changed)
    version = chart.yaml.safe_load((chart.CHART / "Chart.yaml").read_text())["version"]
    assert f"    runbooks: https://example.org/o/r/blob/v{version}/docs/runbooks.md" in changed


def test_index_has_the_versions_before(released):
    index = chart.yaml.safe_load((released / "index.yaml").read_text())
    version = chart.yaml.safe_load((chart.CHART / "Chart.yaml").read_text())["version"]
    urls = {each["version"]: each["urls"] for each in index["entries"]["pixelflow"]}
    assert urls == {"0.0.1": ["https://example.org/old.tgz"], version: [f"https://example.org/o/r/releases/download/v0/pixelflow-{version}.tgz"]}


def test_release_runs_the_steps_of_the_dry_run():
    workflow = (chart.ROOT / ".github" / "workflows" / "release.yml").read_text()
    dry_run = (chart.ROOT / "scripts" / "release" / "dry-run").read_text()
    # Those that stand at the start of a line; the others answer a question.
    steps = set(re.findall(r"^ +scripts/release/([a-z-]+(?: (?:push|join|check))?)", dry_run, re.MULTILINE))
    assert len(steps) > 7
    for step in steps:
        assert f"scripts/release/{step}" in workflow, step
