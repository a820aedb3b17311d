import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path

from scripts import bench, wait_for_end

main, part, report, processes = bench("main"), bench("part"), bench("report"), bench("processes")


def program(text):
    """A command that runs a text as Python, with what follows as arguments."""
    return [sys.executable, "-c", text]


def section(value):
    return {"title": "Speed", "lines": [{"name": "PixelFlow", "values": [value], "unit": "images/s", "base": [2.0], "at_least": 1.0}], "notes": ["a"]}


def writes(document):
    return lambda into: program(f"open({str(into)!r}, 'w').write({json.dumps(document)!r})")


class Runner(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def measure(self, commands):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            sections, broken = main.measure(list(commands), lambda name, into: commands[name](into), self.folder)
        self.said = said.getvalue()
        return sections, broken

    def test_a_part_that_breaks_leaves_the_others_their_figures(self):
        sections, broken = self.measure({
            "one": writes({"sections": [section(4.0)]}),
            "two": lambda into: program("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
            "three": lambda into: program(f"open({str(into)!r}, 'w').write('{{\"error\": \"no Redis\"}}'); raise SystemExit(1)"),
            "four": lambda into: program("raise SystemExit(7)"),
            "five": writes({"sections": [section(8.0), section(1.0)]}),
        })
        self.assertEqual(broken, 3)
        self.assertEqual([s.title for s in sections if not s.lines], [f"{name}: could not be measured" for name in ("two", "three", "four")])
        self.assertEqual([s.notes[0] for s in sections if not s.lines], ["ended by signal 9", "no Redis", "ended with 7 and without a word"])
        self.assertEqual([line.ratio for s in sections for line in s.lines], [2.0, 4.0, 0.5])
        self.assertEqual([line.verdict for s in sections for line in s.lines], ["pass", "pass", "FAIL"])
        self.assertIn("two: ended by signal 9", self.said)

    def test_a_part_that_wrote_figures_of_an_earlier_run_is_not_believed(self):
        (self.folder / "one.part").write_text(json.dumps({"sections": [section(4.0)]}))
        sections, broken = self.measure({"one": lambda into: program("raise SystemExit(1)")})
        self.assertEqual((broken, sections[0].lines), (1, []))

    def test_a_part_that_hangs_is_ended_with_what_it_started(self):
        note = self.folder / "child"
        hanging = program(
            "import subprocess, sys, time\n"
            f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); open({str(note)!r}, 'w').write(str(child.pid))\n"
            "time.sleep(600)")
        with contextlib.redirect_stderr(io.StringIO()):
            sections, is_whole = main.run_part("one", hanging, self.folder / "one.part", seconds=5)
        self.assertFalse(is_whole)
        self.assertEqual(sections[0].notes, ["not done after 5 s"])
        self.assertTrue(wait_for_end(note.read_text()))

    def test_each_part_has_a_process_of_its_own(self):
        chosen = type("Options", (), {"quick": True, "bin": Path("/bin"), "only": None})
        command = main.command_of("small", chosen, Path("/tmp/into"))
        self.assertEqual(command[0], sys.executable)
        self.assertEqual(command[2:], ["small", "--quick", "--bin", "/bin", "--into", "/tmp/into"])
        self.assertTrue(Path(command[1]).samefile(part.__file__))


class Part(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.into = Path(folder.name) / "one.part"

    def run_part(self, sections_of):
        with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(io.StringIO()) as printed:
            code = part.run("one", None, self.into, sections_of)
        self.assertEqual(printed.getvalue(), "")
        return code, said.getvalue()

    def test_any_error_is_one_line(self):
        def breaks(_, __):
            raise KeyError("redis\nmoved")

        code, said = self.run_part(breaks)
        self.assertEqual(code, 1)
        self.assertEqual(said.count("\n"), 1)
        self.assertIn("KeyError", said)
        self.assertNotIn("Traceback", said)
        self.assertIn("KeyError", json.loads(self.into.read_text())["error"])
        self.assertIn("Traceback", self.into.with_suffix(".trace").read_text())

    def test_what_is_said_for_people_is_said_as_it_is(self):
        def breaks(_, __):
            raise processes.BenchError("redis-server ended with 1")

        self.run_part(breaks)
        self.assertEqual(json.loads(self.into.read_text()), {"error": "redis-server ended with 1"})

    def test_figures_come_back_as_they_were(self):
        lines = [report.Line("a", [1.0, 2.0], "ms", digits=2, base=[2.0, 2.0], at_most=1.0, skipped="")]
        code, _ = self.run_part(lambda *_: [report.Section("Title", lines, ["note"])])
        self.assertEqual(code, 0)
        found = [main.section_of(each) for each in json.loads(self.into.read_text())["sections"]]
        self.assertEqual(found, [report.Section("Title", lines, ["note"])])

    def test_parts_share_no_folder(self):
        plan = bench("plan")
        self.assertEqual(len({plan.quick(Path("/r"), Path("/p"), Path("/t"), name).work for name in part.PARTS}), len(part.PARTS))


if __name__ == "__main__":
    unittest.main()
