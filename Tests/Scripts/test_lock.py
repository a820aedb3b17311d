import tempfile
import unittest
from pathlib import Path

from scripts import script

lock = script("scripts/lock")

PACKAGES = {"swift-log": ("1.16.2", "https://github.com/apple/swift-log"), "yams": ("6.2.2", "https://github.com/jpsim/Yams")}


class Swift(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_the_lock_is_read_as_it_is_written(self):
        (self.folder / "x.lock").write_text(lock.as_lock(PACKAGES))
        self.assertEqual(lock.locked(self.folder / "x.lock"), PACKAGES)

    def test_each_difference_is_told(self):
        self.assertEqual(list(lock.differences(PACKAGES, PACKAGES)), [])
        newer = {**PACKAGES, "yams": ("6.3.0", PACKAGES["yams"][1])}
        moved = {**PACKAGES, "yams": ("6.2.2", "https://github.com/somebody/Yams")}
        more = {**PACKAGES, "swift-nio": ("2.101.2", "https://github.com/apple/swift-nio")}
        for found in (newer, moved, more, {"yams": PACKAGES["yams"]}):
            self.assertEqual(len(list(lock.differences(PACKAGES, found))), 1)

    def test_a_requirement_that_may_move_is_a_fault(self):
        loose = '.package(url: "https://a/b", from: "1.0.0"),\n.package(url: "https://a/c", exact: "1.0.0"), .package(\n url: "https://a/d",\n branch: "main")'
        self.assertEqual([fault.split()[2] for fault in lock.loose_requirements(loose)], ["https://a/b", "https://a/d"])


class Tools(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(setattr, lock, "TOOLS", lock.TOOLS)
        lock.TOOLS = Path(folder.name)

    def faults(self, wanted, text):
        (lock.TOOLS / "a.in").write_text(wanted)
        if text is not None:
            (lock.TOOLS / "a.lock").write_text(text)
        return list(lock.faults_of_tools("a"))

    def test_exact_versions_with_digests_pass(self):
        text = f"pytest==9.2.0 \\\n    --hash=sha256:{'0' * 64}\ncelery==5.7.0 \\\n    --hash=sha256:{'1' * 64}\n"
        self.assertEqual(self.faults("# tools\n--no-deps\nPyTest==9.2.0\ncelery[redis]==5.7.0\n", text), [])

    def test_others_do_not(self):
        digest = f"    --hash=sha256:{'0' * 64}\n"
        for wanted, text in [
            ("pytest>=9", f"pytest==9.2.0 \\\n{digest}"), ("pytest==9.*", f"pytest==9.2.0 \\\n{digest}"), ("pytest", f"pytest==9.2.0 \\\n{digest}"),
            ("pytest==9.3.0", f"pytest==9.2.0 \\\n{digest}"), ("pytest==9.2.0", "pytest==9.2.0\n"), ("pytest==9.2.0", None),
            ("pytest==9.2.0\npyyaml==6.0.4", f"pytest==9.2.0 \\\n{digest}"),
        ]:
            with self.subTest(wanted):
                (lock.TOOLS / "a.lock").unlink(missing_ok=True)
                self.assertEqual(len(self.faults(wanted, text)), 1)


class Images(unittest.TestCase):
    def test_names_are_whole(self):
        for short, whole in {
            "swift:6.3": "docker.io/library/swift:6.3", "apache/kafka:3": "docker.io/apache/kafka:3", "registry.k8s.io/a/b:1": "registry.k8s.io/a/b:1",
            "localhost/pixelflow/web:1": "localhost/pixelflow/web:1",
        }.items():
            self.assertEqual(lock.canonical(short), whole)

    def test_the_images_of_this_repository_are_listed(self):
        named = lock.named_images()
        self.assertEqual(list(lock.faults_of_images(named, lock.locked_images())), [])
        for part in ("swift:", "postgres:", "mongo:", "kafka:", "seaweedfs:", "metrics-server:"):
            self.assertTrue(any(part in image for image in named), part)

    def test_one_that_is_not_listed_and_a_digest_that_is_none_are_faults(self):
        self.assertEqual(len(list(lock.faults_of_images({"docker.io/a/b:1": "x"}, {}))), 1)
        self.assertEqual(len(list(lock.faults_of_images({}, {"docker.io/a/b:1": "sha256:12"}))), 1)
        self.assertEqual(list(lock.faults_of_images({}, {"docker.io/a/b:1": None})), [])

    def test_a_workflow_pins_the_digest_that_is_listed(self):
        pinned = list(lock.pinned_images())
        self.assertTrue(pinned)
        self.assertEqual(list(lock.faults_of_pins(pinned, lock.locked_images())), [])
        self.assertEqual(len(list(lock.faults_of_pins([("ci.yml", "docker.io/a/b:1", "sha256:12")], {"docker.io/a/b:1": "sha256:34"}))), 1)

    def test_a_reference_has_the_digest_where_it_is_known(self):
        images = {"docker.io/a/b:1": "sha256:" + "0" * 64, "docker.io/a/c:2": None}
        self.assertEqual(lock.image_reference("docker.io/a/b", images), "docker.io/a/b:1@sha256:" + "0" * 64)
        self.assertEqual(lock.image_reference("docker.io/a/c", images), "docker.io/a/c:2")
        with self.assertRaises(SystemExit):
            lock.image_reference("docker.io/a/d", images)

    def test_actions_are_taken_by_commit(self):
        self.assertEqual(list(lock.unpinned_actions()), [])


class Debian(unittest.TestCase):
    def test_a_difference_is_a_note(self):
        self.assertTrue(all(" where it was tested" in note for note in lock.debian_notes()))


if __name__ == "__main__":
    unittest.main()
