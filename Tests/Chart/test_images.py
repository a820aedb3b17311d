"""Dockerfiles, and images around executables that were built before."""

import json
import os
import re
import shutil
import subprocess
import textwrap

import pytest

import chart
from build_context import Ignore, Stage, instructions

DOCKERFILE = chart.ROOT / "Dockerfiles" / "Dockerfile"
# The one that keeps data, and those of the chart.
ALL_IN_ONE = "pixelflow"
OF_THE_CHART = ("auth", "api", "worker", "web", "metrics-adapter", "pfctl")
IMAGES = (ALL_IN_ONE, *OF_THE_CHART)
STAND_IN = textwrap.dedent("""\
    #include <stdio.h>
    #include <stdlib.h>
    #include <unistd.h>
    int main(void) {
        FILE *certificates = fopen("/etc/ssl/certs/ca-certificates.crt", "r"), *written = fopen("/written", "w");
        printf("uid %d, certificates %d, root writable %d\\n", getuid(), certificates != NULL, written != NULL);
        const char *data = getenv("PIXELFLOW_DATA_DIR"), *temporary = getenv("SQLITE_TMPDIR");
        if (data == NULL || chdir(data) != 0) return 0;
        printf("%s data, temporary files %s\\n", access("kept", F_OK) == 0 ? "old" : "new", temporary);
        return fopen("kept", "w") == NULL;
    }
""")


def executable_of(image):
    return image if image in (ALL_IN_ONE, "pfctl") else f"pixelflow-{image}"


def test_hadolint_finds_nothing():
    done = subprocess.run(["hadolint", DOCKERFILE], env=chart.TOOLS, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_each_image_carries_its_own_executable_only():
    stages = re.split(r"^FROM ", DOCKERFILE.read_text(), flags=re.MULTILINE)
    by_name = {stage.partition("\n")[0].rpartition(" AS ")[2]: stage for stage in stages[1:]}
    for image in IMAGES:
        executable = executable_of(image)
        copied = [f"COPY --from=binaries /context/bin/{executable} /{executable}"]
        if image == ALL_IN_ONE:
            copied.append("COPY --from=binaries --chown=65532:65532 /context/volume/ /")
        assert re.findall(r"^COPY .*$", by_name[image], re.MULTILINE) == copied
        assert f'ENTRYPOINT ["/{executable}"]' in by_name[image]
        assert re.search(rf"scripts/static .*(?<=\s){re.escape(executable)}\s", by_name["build"])
    assert by_name["base"].startswith("scratch") and "USER 65532:65532" in by_name["base"]


def test_images_are_those_of_the_chart():
    values = chart.yaml.safe_load((chart.CHART / "values.yaml").read_text())
    used = {values[name]["image"]["repository"] for name in (*chart.SERVICES, "metricsAdapter", "pfctl")}
    assert used == {f"pixelflow/{image}" for image in OF_THE_CHART}
    assert values["image"]["registry"] == "localhost"


def test_the_context_is_small():
    """Only what is let in by name gets in; what is made by tools does not."""
    ignored = Ignore((chart.ROOT / ".dockerignore").read_text())
    assert ignored.lines[0] == "*"
    assert not any(map(ignored, ("Package.swift", "Sources/PixelFlowRelease/Release.swift", "scripts/static", "scripts/image-root")))
    assert all(map(ignored, (".git/HEAD", ".build/debug/x", ".venv-chart/bin/helm", ".pixelflow/x", "docs/api.md", "Tests/Chart/chart.py")))


def test_the_build_stage_has_what_its_commands_read(tmp_path):
    """As a container engine would build it: from the context, with what the lines before a RUN have copied."""
    stage = Stage(chart.ROOT, DOCKERFILE, "build", tmp_path)
    assert list(stage.missing()) == []
    read = {path for word, rest in instructions(stage.text) if word == "RUN" for path in stage.needs(rest)}
    # These are found by following calls, variables and strings, not by a list.
    assert read >= {
        "scripts/setup", "scripts/apt-get", "scripts/tools/page.lock", "scripts/web", "scripts/common-passwords", "scripts/static",
        "scripts/static.d/libraries", "scripts/static.d/pkgconfig", "scripts/static.d/building", "scripts/static.d/sources",
        "scripts/static.d/unicode", "scripts/static.d/licenses", "scripts/static.d/recipes/vips", "scripts/notices", "scripts/image-root",
        "THIRD-PARTY.md", "LICENSE", "dependencies.lock", "Package.swift", "Sources/PixelFlowWebApp/main.jsx"}


@pytest.mark.parametrize("line, needed", [
    ("COPY scripts/setup scripts/apt-get scripts/", "scripts/apt-get"), ("COPY scripts/tools scripts/tools/", "scripts/tools/page.lock"),
    ("COPY . .", "scripts/notices")])
def test_a_copy_that_is_missing_is_noticed(tmp_path, line, needed):
    dockerfile = tmp_path / "Dockerfile"
    text = DOCKERFILE.read_text()
    assert text.count(line) == 1
    dockerfile.write_text(text.replace(line, "COPY scripts/setup scripts/"))
    missing = list(Stage(chart.ROOT, dockerfile, "build", tmp_path / "layer").missing())
    assert any(each.startswith(f"{needed},") for each in missing), missing


def podman(*arguments, **options):
    return subprocess.run(["podman", *arguments], capture_output=True, text=True, timeout=300, **options)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Images around stand-ins, made by `make images` as `PREBUILT=1` has it."""
    compiler = shutil.which("cc") or shutil.which("clang")
    if not shutil.which("podman") or not compiler or podman("info").returncode:
        pytest.skip("needs podman and a C compiler")
    folder = tmp_path_factory.mktemp("static")
    source = folder / "stand-in.c"
    source.write_text(STAND_IN)
    (folder / "bin").mkdir()
    (folder / "notices").mkdir()
    (folder / "notices" / "THIRD-PARTY-NOTICES.txt").write_text("licences\n")
    for image in IMAGES:
        subprocess.run([compiler, "-static", "-o", folder / "bin" / executable_of(image), source], check=True)
    environment = {
        **os.environ, "ENGINE": "podman", "PREBUILT": "1", "REGISTRY": "localhost/chart-test", "TAG": "test", "STATIC_BIN": str(folder / "bin"),
        "REVISION": "test", "SOURCE_DATE_EPOCH": "1700000000"}

    def build(*images):
        done = subprocess.run([chart.ROOT / "scripts" / "images", *images], env=environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    yield build
    podman("rmi", "--force", *(f"localhost/chart-test/pixelflow/{image}:test" for image in IMAGES))


def run_image(image, *options):
    """Read-only, without even the directories for temporary files that podman adds."""
    options += ("--network", "none", "--read-only", "--read-only-tmpfs=false", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
    return podman("run", "--rm", "--runtime", "runc", *options, f"localhost/chart-test/pixelflow/{image}:test")


def test_images_around_prebuilt_executables_run_as_nobody(built):
    listed = built()
    for image in IMAGES:
        assert f"localhost/chart-test/pixelflow/{image}:test" in listed
        done = run_image(image)
        assert done.stdout.splitlines()[:1] == ["uid 65532, certificates 1, root writable 0"], done.stderr
        assert done.returncode == 0


def test_data_stays_on_the_volume(built):
    """As the README starts it: a new volume, which belongs to nobody's user."""
    built(ALL_IN_ONE)
    mounted, = re.findall(r"docker run .*--volume (\S+:\S+)", (chart.ROOT / "README.md").read_text())
    name, folder = mounted.split(":")
    try:
        for state in ("new", "old"):
            done = run_image(ALL_IN_ONE, "--volume", f"chart-test-{name}:{folder}")
            assert done.stdout.splitlines()[1:] == [f"{state} data, temporary files {folder}"], done.stderr
            assert done.returncode == 0
    finally:
        podman("volume", "rm", "--force", f"chart-test-{name}")


def test_the_engine_publishes_the_page_and_asks_whether_everything_is_ready(built):
    built(ALL_IN_ONE)
    found = podman("image", "inspect", "--format", "{{json .Config.ExposedPorts}}", f"localhost/chart-test/pixelflow/{ALL_IN_ONE}:test")
    assert json.loads(found.stdout) == {"3000/tcp": {}}
    # Docker's format has it; podman's own, in which images can be built the same twice, does not.
    assert re.findall(r"^HEALTHCHECK .*CMD (.*)$", DOCKERFILE.read_text(), re.MULTILINE) == ['["/pixelflow", "--probe"]']
    # On this computer only, as `make run` listens.
    assert re.findall(r"docker run .*--publish (\S+)", (chart.ROOT / "README.md").read_text()) == ["127.0.0.1:3000:3000"]


def test_the_same_commit_gives_the_same_image(built):
    def identity():
        built("web")
        name = "localhost/chart-test/pixelflow/web:test"
        found = podman("image", "inspect", "--format", "{{.Id}} {{.RootFS.Layers}}", name).stdout
        podman("rmi", "--force", name)
        return found

    first = identity()
    podman("image", "prune", "--all", "--force", "--filter", "label=org.opencontainers.image.revision=test")
    assert first and identity() == first


def test_a_dynamic_executable_is_refused(tmp_path):
    shutil.copy(shutil.which("true"), tmp_path / "pixelflow-web")
    environment = {**os.environ, "ENGINE": "podman", "PREBUILT": "1", "STATIC_BIN": str(tmp_path)}
    done = subprocess.run([chart.ROOT / "scripts" / "images", "web"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "not statically linked" in done.stderr
    done = subprocess.run([chart.ROOT / "scripts" / "images", "api"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "run make static" in done.stderr


def test_no_image_without_the_licences_of_what_is_in_it(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pfctl").write_text("")
    command = [chart.ROOT / "scripts" / "image-root", tmp_path / "bin", tmp_path / "context"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "no licences" in done.stderr
    (tmp_path / "notices").mkdir()
    (tmp_path / "notices" / "THIRD-PARTY-NOTICES.txt").write_text("libvips: LGPL-2.1-or-later\n")
    subprocess.run(command, check=True)
    assert (tmp_path / "context/root/licenses/THIRD-PARTY-NOTICES.txt").read_text() == "libvips: LGPL-2.1-or-later\n"


def test_images_trust_the_authorities_of_the_machine_that_built_the_executables(tmp_path):
    for folder in ("bin", "notices", "certificates"):
        (tmp_path / folder).mkdir()
    (tmp_path / "bin" / "pfctl").write_text("")
    (tmp_path / "notices" / "THIRD-PARTY-NOTICES.txt").write_text("none\n")
    (tmp_path / "certificates" / "ca-certificates.crt").write_text("of the build\n")
    subprocess.run([chart.ROOT / "scripts" / "image-root", tmp_path / "bin", tmp_path / "context"], check=True)
    assert (tmp_path / "context/root/etc/ssl/certs/ca-certificates.crt").read_text() == "of the build\n"
