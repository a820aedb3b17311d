import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import textwrap
import unittest
from pathlib import Path

from scripts import ROOT, script

version = script("scripts/release/version")
changelog = script("scripts/release/changelog")
manuals = script("scripts/release/manuals")
sbom = script("scripts/release/sbom")

DESCRIPTION = {
    "commandName": "tool", "abstract": "Does things.", "discussion": "Examples:\n  tool run -v\n.hidden", "arguments": [
        {"kind": "flag", "names": [{"kind": "long", "name": "version"}], "valueName": "version", "abstract": "Show the version.", "isOptional": True,
         "preferredName": {"kind": "long", "name": "version"}}],
    "subcommands": [
        {"commandName": "run", "abstract": "Runs a file.", "arguments": [
            {"kind": "positional", "valueName": "file", "isRepeating": True, "isOptional": False, "abstract": "What to run."},
            {"kind": "option", "names": [{"kind": "long", "name": "mode"}, {"kind": "short", "name": "m"}], "valueName": "mode", "isOptional": True,
             "preferredName": {"kind": "long", "name": "mode"}, "abstract": "How.", "allValues": ["a", "b"], "defaultValue": "a"},
            {"kind": "flag", "names": [{"kind": "long", "name": "inner"}], "shouldDisplay": False, "isOptional": True}]},
        {"commandName": "secret", "shouldDisplay": False},
        {"commandName": "help"},
    ]}


class Versions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name in {location[0] for location in version.LOCATIONS} | {version.CHANGELOG, version.FEED}:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        (self.root / version.IMAGES).write_text(f"# Images.\nexample.org/a:1  sha256:{'0' * 64}\nexample.org/b:1  sha256:{'1' * 64}\n")
        self.addCleanup(setattr, version, "ROOT", version.ROOT)
        version.ROOT = self.root

    def replace(self, name, old, new):
        path = self.root / name
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1))

    def test_the_files_of_this_repository_agree(self):
        self.assertEqual(list(version.faults()), [])
        self.assertEqual(len(list(version.found())), 7)

    def test_each_file_that_differs_is_told(self):
        current = version.current()
        self.replace("charts/pixelflow/Chart.yaml", f'appVersion: "{current}"', 'appVersion: "9.9.9"')
        self.replace("compose.yaml", f"api:${{PIXELFLOW_TAG:-{current}}}", "api:${PIXELFLOW_TAG:-9.9.8}")
        self.assertEqual([fault.split()[2] for fault in version.faults()], ["9.9.9,", "9.9.8,"])

    def test_setting_one_changes_all_and_dates_the_changelog(self):
        version.change("1.4.0-rc.1", "2026-12-01")
        self.assertEqual({other for _, other in version.found()}, {"1.4.0-rc.1"})
        self.assertEqual(list(version.faults("v1.4.0-rc.1")), [])
        text = (self.root / version.CHANGELOG).read_text()
        self.assertIn("## Unreleased\n\n## 1.4.0-rc.1 - 2026-12-01\n\n### Added", text)
        version.change("1.4.0-rc.1", "2026-12-02")
        self.assertNotIn("2026-12-02", (self.root / version.CHANGELOG).read_text())

    def test_a_tag_needs_its_version_and_its_section(self):
        version.change("1.4.0", "2026-12-01")
        self.assertEqual(list(version.faults("v1.4.0")), [])
        for tag in ("v9.9.9", "1.4.0", "v1.4.0-rc.1"):
            self.assertEqual(list(version.faults(tag)), [f"the tag is {tag}, the version is 1.4.0: the tag has to be v1.4.0"])
        self.replace(version.CHANGELOG, "## 1.4.0 - 2026-12-01", "## 1.4.0")
        self.assertEqual(len(list(version.faults("v1.4.0"))), 1)

    def test_a_tag_needs_the_digest_of_every_image(self):
        version.change("1.4.0", "2026-12-01")
        self.replace(version.IMAGES, f"example.org/b:1  sha256:{'1' * 64}", "example.org/b:1  -")
        self.assertEqual(list(version.faults()), [])
        self.assertEqual(list(version.faults("v1.4.0")), ["images.lock has no digest of example.org/b:1: scripts/lock images"])

    def test_pfctl_knows_the_repository_that_it_is_released_from(self):
        version.stamp("someone/pixel.flow")
        self.assertIn('static let repository = "someone/pixel.flow"\n', (self.root / version.FEED).read_text())
        for text in ("someone", "a/b/c", 'a/b"', "a b/c"):
            with self.assertRaises(SystemExit):
                version.stamp(text)

    def test_what_is_no_version_is_refused(self):
        for text in ("1.2", "v1.2.3", "1.2.3 ", "latest"):
            with self.assertRaises(SystemExit):
                version.change(text, "2026-12-01")


class Changelog(unittest.TestCase):
    TEXT = "# Changelog\n\n## Unreleased\n\n## 1.1.0 - 2026-02-01\n\n### Added\n\n- B\n\n## 1.0.0 - 2026-01-01\n\n- A\n"

    def test_a_section_ends_where_the_next_begins(self):
        self.assertEqual(changelog.section(self.TEXT, "1.1.0"), "### Added\n\n- B")
        self.assertEqual(changelog.section(self.TEXT, "1.0.0"), "- A")
        self.assertEqual(changelog.section(self.TEXT, "Unreleased"), "")

    def test_a_version_is_matched_whole(self):
        for other in ("1.1", "1x1.0", "1.1.0-rc.1"):
            self.assertIsNone(changelog.section(self.TEXT, other))


class Manuals(unittest.TestCase):
    def setUp(self):
        self.pages = dict(manuals.pages(DESCRIPTION, "1.2.3", "2026-01-01"))

    def test_each_command_that_is_shown_has_a_page(self):
        self.assertEqual(sorted(self.pages), ["tool-run.1", "tool.1"])
        self.assertIn("\\fBtool\\-run\\fR(1)", self.pages["tool.1"])
        self.assertNotIn("secret", self.pages["tool.1"])

    def test_a_page_says_what_the_help_says(self):
        page = self.pages["tool-run.1"]
        self.assertIn('.TH "TOOL\\-RUN" "1" "2026-01-01" "tool 1.2.3" "PixelFlow"', page)
        self.assertIn("\\fBtool run\\fR \\fIfile\\fR ... [\\fB\\-\\-mode\\fR \\fImode\\fR] [\\fIoptions\\fR]", page)
        self.assertIn(".TP\n\\fB\\-\\-mode\\fR, \\fB\\-m\\fR \\fImode\\fR\nHow. Values: a, b. Default: a.", page)
        self.assertNotIn("inner", page)

    def test_text_is_no_request(self):
        self.assertEqual(manuals.escaped(".so file\n'x\nC:\\a"), "\\&.so file\n\\&'x\nC:\\ea")
        self.assertIn("\n\\&.hidden\n", self.pages["tool.1"])


class Components(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = sbom.document(Path("/nonexistent"), "2026-01-01T00:00:00Z")

    def test_every_dependency_is_in_it_with_its_licence(self):
        by_identifier = {each["SPDXID"]: each for each in self.made["packages"]}
        self.assertEqual(len(by_identifier), len(self.made["packages"]))
        kinds = [identifier.split("-")[1] for identifier in by_identifier]
        self.assertEqual(kinds.count("swift"), len(list(sbom.notices.packages())))
        self.assertEqual(kinds.count("linked"), len({row.component for row in sbom.notices.parts() if row.text != "ours"}))
        self.assertEqual(kinds.count("image"), len(sbom.lock.locked_images()))
        self.assertGreater(kinds.count("page"), 3)
        unknown = [each["name"] for each in by_identifier.values() if each["licenseDeclared"] == sbom.NONE and "-image-" not in each["SPDXID"]]
        self.assertEqual(unknown, [])
        self.assertEqual(by_identifier["SPDXRef-swift-GRDB.swift"]["externalRefs"][0]["referenceLocator"], "pkg:swift/github.com/groue/GRDB.swift@7.10.0")

    def test_what_the_format_asks_for_is_there(self):
        self.assertEqual((self.made["spdxVersion"], self.made["dataLicense"]), ("SPDX-2.3", "CC0-1.0"))
        identifiers = {"SPDXRef-DOCUMENT", *(each["SPDXID"] for each in self.made["packages"])}
        for identifier in identifiers:
            self.assertRegex(identifier, r"^SPDXRef-[A-Za-z0-9.-]+$")
        for each in self.made["packages"]:
            self.assertLessEqual({"name", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"}, set(each))
        related = set()
        for relation in self.made["relationships"]:
            ends = {relation["spdxElementId"], relation["relatedSpdxElement"]}
            self.assertLessEqual(ends, identifiers)
            related |= ends
        self.assertEqual(related, identifiers, "everything is related to something")

    def test_a_library_whose_version_is_not_known_is_told(self):
        self.assertIn("libvips", sbom.without_version(self.made))
        with tempfile.TemporaryDirectory() as folder:
            note = Path(folder, "lib/vips/version")
            note.parent.mkdir(parents=True)
            note.write_text("vips 8.14.1-3\n")
            made = sbom.document(Path(folder), "2026-01-01T00:00:00Z")
        self.assertNotIn("libvips", sbom.without_version(made))
        self.assertNotEqual(made["documentNamespace"], self.made["documentNamespace"])


STAND_IN = """#!/bin/bash
case "$1" in
    --version) echo VERSION ;;
    --help) echo "USAGE: NAME" ;;
    --experimental-dump-help) cat <<'JSON'
DESCRIPTION
JSON
        ;;
    completion)
        case "$2" in
            bash) echo '_NAME() { :; }; complete -F _NAME NAME' ;;
            zsh) echo '#compdef NAME' ;;
            fish) echo 'complete -c NAME' ;;
        esac ;;
esac
"""


SERVICE_STAND_IN = """#!/usr/bin/env python3
import http.server, signal, sys, threading

class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
if "--version" in sys.argv:
    print("pixelflow VERSION")
elif "--help" in sys.argv:
    print("USAGE: pixelflow")
else:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(STATUS))
    for name, port in arguments.items():
        if name.endswith("-port"):
            server = http.server.ThreadingHTTPServer((arguments["--host"], int(port)), Ready)
            threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.pause()
"""


class Archives(unittest.TestCase):
    """With scripts instead of pixelflow, pf and pfctl, which print what the scripts here expect."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "bin").mkdir()
        for name in ("pf", "pfctl"):
            description = json.dumps({"serializationVersion": 0, "command": {**DESCRIPTION, "commandName": name}})
            tool = self.folder / "bin" / name
            tool.write_text(STAND_IN.replace("NAME", name).replace("VERSION", version.current()).replace("DESCRIPTION", description))
            tool.chmod(0o755)
        service = self.folder / "bin/pixelflow"
        service.write_text(SERVICE_STAND_IN.replace("VERSION", version.current()).replace("STATUS", "0"))
        service.chmod(0o755)

    def run_step(self, name, *arguments):
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000", "NOTICES": "/nonexistent"}
        return subprocess.run([ROOT / "scripts/release" / name, *arguments], env=environment, capture_output=True, text=True, timeout=120)

    def pack(self, out):
        done = self.run_step("archives", self.folder / "bin", self.folder / out)
        self.assertEqual(done.returncode, 0, done.stderr)
        return {path.name: path.read_bytes() for path in (self.folder / out).glob("*.tar.gz")}

    def test_archives_pass_the_smoke_test_and_are_the_same_each_time(self):
        first, second = self.pack("one"), self.pack("two")
        number = version.current()
        self.assertEqual({name.partition(f"-{number}-linux-")[0] for name in first}, {"pixelflow", "pf", "pfctl"})
        self.assertEqual(first, second)
        done = self.run_step("smoke", self.folder / "one", "--dynamic")
        self.assertEqual((done.returncode, done.stdout.count("✗")), (0, 0), done.stdout)
        self.assertEqual(done.stdout.count("✓"), 20)

    def test_each_archive_has_documentation_and_licences(self):
        self.pack("out")
        for path in (self.folder / "out").glob("*.tar.gz"):
            with tarfile.open(path) as archive:
                names = {name.partition("/")[2] for name in archive.getnames()}
            tool = path.name.partition("-")[0]
            document = "configuration.md" if tool == "pixelflow" else f"{tool}.md"
            self.assertLessEqual({tool, document, "LICENSE", "THIRD-PARTY.md"}, names)
            # A service has no commands to complete.
            self.assertEqual("completions" in names, tool != "pixelflow")

    def test_the_commands_of_the_readme_fetch_unpack_and_start_it(self):
        """With a curl that fetches from the folder of the archives what a release would serve."""
        self.pack("out")
        (block,) = [block for block in re.findall(r"(?:^    .*\n)+", (ROOT / "README.md").read_text(), re.MULTILINE) if "curl " in block]
        number, arch = version.current(), subprocess.run([ROOT / "scripts/release/processor"], capture_output=True, text=True, check=True).stdout.strip()
        curl = self.folder / "bin/curl"
        curl.write_text(
            f'#!/bin/bash\n[[ $* == "-fLO https://github.com/OWNER/pixelflow/releases/download/v{number}/"* ]] && cp "{self.folder}/out/${{2##*/}}" .\n')
        curl.chmod(0o755)
        commands = textwrap.dedent(block).strip().replace("VERSION", number).replace("amd64", arch)
        done = subprocess.run(
            ["bash", "-euc", f"{commands} --version"], cwd=self.folder, capture_output=True, text=True, timeout=60,
            env={**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"})
        self.assertEqual((done.returncode, done.stdout), (0, f"pixelflow {number}\n"), done.stderr)

    def test_the_smoke_test_fails_for_a_service_that_does_not_drain(self):
        service = self.folder / "bin/pixelflow"
        service.write_text(service.read_text().replace("sys.exit(0)", "sys.exit(3)"))
        self.pack("one")
        done = self.run_step("smoke", self.folder / "one", "--dynamic")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(re.findall(r"✗ \S+: (.*)", done.stdout), ["starts, is ready, and ends"])
        self.assertIn("did not end cleanly on SIGTERM (3)", done.stdout)

    def test_the_smoke_test_fails_for_what_is_not_as_it_should_be(self):
        tool = self.folder / "bin/pf"
        tool.write_text(tool.read_text().replace("complete -F _pf pf", "true").replace("#compdef pf", "nothing"))
        self.pack("one")
        done = self.run_step("smoke", self.folder / "one", "--dynamic")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(re.findall(r"✗ \S+: (.*)", done.stdout), ["completion for bash", "completion for zsh"])
        # Scripts are not statically linked executables with licences.
        self.assertEqual(self.run_step("smoke", self.folder / "one").stdout.count("licences of what is linked"), 3)

    def test_an_executable_of_another_version_is_refused(self):
        for name, printed in (("pfctl", "0.0.9"), ("pixelflow", "pixelflow 0.0.9")):
            tool = self.folder / "bin" / name
            right = tool.read_text()
            tool.write_text(right.replace(version.current(), "0.0.9"))
            done = self.run_step("archives", self.folder / "bin", self.folder / "out")
            tool.write_text(right)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{name} is {printed}, not", done.stderr)


class Publishing(unittest.TestCase):
    """gh, cosign, docker and helm are scripts that note how they were called."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.calls = self.folder / "calls"
        self.calls.touch()
        (self.folder / "bin").mkdir()
        for name in ("gh", "cosign", "docker"):
            tool = self.folder / "bin" / name
            tool.write_text(f'#!/bin/bash\necho "{name} $*" >>"{self.calls}"\n[[ $* != *inspect* ]] || echo sha256:{"a" * 64}\n')
            tool.chmod(0o755)

    def run_step(self, *command, publish):
        environment = {key: value for key, value in os.environ.items() if key != "PIXELFLOW_RELEASE"}
        environment |= {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"} | ({"PIXELFLOW_RELEASE": "publish"} if publish else {})
        return subprocess.run([ROOT / "scripts/release" / command[0], *command[1:]], env=environment, capture_output=True, text=True, timeout=60)

    def test_nothing_is_called_unless_it_is_to_be_published(self):
        out = self.folder / "out"
        for command in (("images", "push", "r/o"), ("images", "join", "r/o", out / "images.txt"), ("publish", out, out / "images.txt")):
            done = self.run_step(*command, publish=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("would run: ", done.stdout)
        self.assertEqual(self.calls.read_text(), "")

    def test_joined_images_are_named_with_their_digests(self):
        file = self.folder / "out/images.txt"
        done = self.run_step("images", "join", "r/o", file, publish=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        number = version.current()
        self.assertEqual(file.read_text().splitlines()[:2], [
            f"{name} r/o/pixelflow/{name}:{number} sha256:{'a' * 64}" for name in ("pixelflow", "auth")])
        self.assertIn(
            f"docker buildx imagetools create --tag r/o/pixelflow/web:{number} r/o/pixelflow/web:{number}-amd64 r/o/pixelflow/web:{number}-arm64\n",
            self.calls.read_text())

    def test_packages_that_not_everyone_can_pull_are_named(self):
        """A registry that lets in whoever is logged in, and for some packages no one else."""
        for name in ("docker", "helm"):
            (self.folder / "bin" / name).write_text(
                '#!/bin/bash\n[[ -z $(find "$DOCKER_CONFIG" -type f) && $HELM_REGISTRY_CONFIG == "$DOCKER_CONFIG"/* ]] || exit 0\n'
                f'echo "{name} $*" >>"{self.calls}"\n[[ ! -e {self.folder}/private || $* != *pixelflow/web:* && $* != *charts/* ]]\n')
            (self.folder / "bin" / name).chmod(0o755)
        done = self.run_step("images", "public", "r/o", publish=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        number = version.current()
        self.assertIn(f"docker manifest inspect r/o/pixelflow/pfctl:{number}\n", self.calls.read_text())
        self.assertIn(f"helm show chart oci://r/o/charts/pixelflow --version {number}\n", self.calls.read_text())
        (self.folder / "private").touch()
        done = self.run_step("images", "public", "r/o", publish=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not everyone can pull pixelflow/web charts/pixelflow of r/o", done.stderr)

    def test_a_release_with_a_file_missing_is_refused(self):
        out = self.folder / "out"
        out.mkdir()
        (out / "images.txt").touch()
        done = self.run_step("publish", out, out / "images.txt", publish=True)
        self.assertEqual(done.returncode, 1)
        for tool in ("pixelflow", "pf", "pfctl"):
            self.assertIn(f" {tool}-{version.current()}-linux-arm64.tar.gz", done.stderr)
        self.assertEqual(self.calls.read_text(), "")


if __name__ == "__main__":
    unittest.main()
