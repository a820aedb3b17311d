import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from scripts import ROOT

# Stands for apt-get, which is locked as often as the file `locked` has lines.
PROGRAM = """\
#!/bin/bash
cd "$(dirname "$0")"
echo "$@" >>calls
if [[ -s locked ]]; then
    sed -i 1d locked
    echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)" >&2
    exit 100
fi
if [[ -e broken ]]; then echo "E: Unable to locate package" >&2; exit 100; fi
"""


class AptGet(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name, text in {"apt-get": PROGRAM, "sudo": '#!/bin/bash\nexec "$@"\n', "sleep": "#!/bin/bash\n"}.items():
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o755)

    def run_it(self, *arguments, seconds="600"):
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", "PIXELFLOW_APT_LOCK_SECONDS": seconds}
        return subprocess.run(
            [ROOT / "scripts/apt-get", *arguments], env=environment, capture_output=True, text=True, timeout=60)

    def calls(self):
        return (self.folder / "calls").read_text().splitlines()

    def test_waits_for_the_lock_and_says_so_once(self):
        (self.folder / "locked").write_text("once\ntwice\n")
        done = self.run_it("install", "-y", "make")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len(self.calls()), 3)
        self.assertTrue(self.calls()[-1].endswith("install -y make"))
        self.assertEqual(done.stderr.count("waiting up to 600 s for another process: Could not get lock"), 1)

    def test_gives_up_after_the_limit(self):
        (self.folder / "locked").write_text("once\n" * 10)
        done = self.run_it("update", seconds="0")
        self.assertEqual(done.returncode, 100)
        self.assertIn("still holds the lock after 0 s", done.stdout)
        self.assertEqual(len(self.calls()), 1)

    def test_does_not_repeat_other_errors(self):
        (self.folder / "broken").touch()
        done = self.run_it("install", "nothing")
        self.assertEqual(done.returncode, 100)
        self.assertIn("Unable to locate package", done.stdout)
        self.assertEqual(len(self.calls()), 1)
