import tempfile
import unittest
from pathlib import Path

from scripts import script

lonely = script("scripts/checks/lonely-files").lonely

FILES = ["A/A.swift", "A/Two/One.swift", "A/Two/Other.swift", "A/Lonely/File.swift", "A/Outer/Inner/File.swift", "C/include/C.h",
         "Executables/tool/main.swift", "Single/Single.swift"]


class LonelyFiles(unittest.TestCase):
    def test_finds_files_that_are_alone_below_a_target(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name in FILES:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).touch()
            self.assertEqual([str(file.relative_to(root)) for file in lonely(root)], ["A/Lonely/File.swift", "A/Outer/Inner/File.swift"])
