import tempfile
import unittest
from pathlib import Path

from scripts import ROOT, script

notices = script("scripts/notices")

MAP = """\
         VMA      LMA     Size Align Out     In      Symbol
      4002c0   4002c0       24     4         /usr/lib/x86_64-linux-gnu/libz.a(inflate.o):(.text.inflate)
      4002c0   4002c0       24     4         /build/.build/static/lib/vips/lib/libvips.a(resize.c.o):(.text)
      4002c0   4002c0       24     4         /opt/swift/usr/lib/swift_static/linux/libFoundation.a(Data.swift.o):(.text)
      4002c0   4002c0       24     4         /build/PixelFlowCore.build/Task.swift.o:(.text)
      4002c0   4002c0       24     4         <internal>:(.got)
"""


class Linked(unittest.TestCase):
    def test_the_archives_of_a_map(self):
        self.assertEqual([path.rsplit("/", 1)[-1] for path in notices.mapped(MAP.splitlines())], ["libz.a", "libvips.a", "libFoundation.a"])

    def test_the_archives_of_flags(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "libone.a").touch()
            self.assertEqual(list(notices.flagged(f"Name: x\nLibs: -L{folder} -lone -ltwo\n")), [f"{folder}/libone.a", "libtwo.a"])

    def test_maps_are_believed_before_flags(self):
        with tempfile.TemporaryDirectory() as folder:
            static = Path(folder)
            for name, text in (("pkgconfig/vips.pc", "Libs: -lnever"), ("map/pfctl", MAP)):
                (static / name).parent.mkdir()
                (static / name).write_text(text)
            self.assertEqual(len(notices.linked(static)), 3)
            self.assertNotIn("libnever.a", notices.linked(static))


class Faults(unittest.TestCase):
    def rows(self, *lines):
        return notices.parts("\n".join(lines))

    def test_each_archive_has_a_licence(self):
        rows = self.rows("libz.a | zlib | Zlib | debian:zlib1g-dev", "swift_static/* | Swift | Apache-2.0 WITH Swift-exception | swift")
        archives = ["/usr/lib/libz.a", "/opt/swift/usr/lib/swift_static/linux/libFoundation.a", "/usr/lib/libimagequant.a", "/usr/lib/libjbig.a"]
        faults = list(notices.faults_of_archives(archives, rows))
        self.assertEqual([fault.split(" ")[0] for fault in faults], ["/usr/lib/libimagequant.a", "/usr/lib/libjbig.a"])

    def test_the_gpl_is_refused_without_an_exception(self):
        for licence, is_refused in {
            "GPL-3.0-or-later": True, "GPL-2.0-only": True, "AGPL-3.0-only": True, "MIT AND GPL-2.0-or-later": True,
            "GPL-3.0-or-later WITH GCC-exception-3.1": False, "LGPL-2.1-or-later": False, "MIT": False, "MIT OR GPL-2.0-only": False,
        }.items():
            with self.subTest(licence):
                self.assertEqual(notices.asks_for_all(licence), is_refused)
                faults = [each for each in notices.faults_of_table(self.rows(f"liba.a | a | {licence} | ours")) if each.startswith("liba.a")]
                self.assertEqual(bool(faults), is_refused)

    def test_a_text_is_of_the_licence_that_is_said(self):
        mit = "Permission is hereby granted, free of charge, to any person"
        self.assertTrue(notices.is_said("MIT", mit))
        self.assertFalse(notices.is_said("BSD-3-Clause", mit))
        self.assertFalse(notices.is_said("MIT AND LGPL-2.1-or-later", mit))
        self.assertFalse(notices.is_said("Beerware", mit))

    def test_recipes_and_what_they_take_are_in_the_table(self):
        self.assertEqual(list(notices.faults_of_table(notices.parts())), [])
        without = [row for row in notices.parts() if row.component not in ("libvips", "zlib")]
        found = " ".join(notices.faults_of_table(without))
        self.assertIn("the recipe vips has no licence", found)
        self.assertIn("zlib1g-dev", found)

    def test_what_is_under_the_gpl_is_named_by_no_recipe(self):
        for path in (ROOT / "scripts/static.d").rglob("*"):
            if path.is_file() and path.name != "palette":
                for line in path.read_text(errors="replace").splitlines():
                    if not line.startswith("#"):
                        self.assertNotRegex(line, r"libimagequant-dev|imagequant=enabled|libjbig-dev|jbig=ON", str(path))


class Texts(unittest.TestCase):
    def test_licences_of_packages_are_told_by_their_texts(self):
        self.assertEqual(notices.licence_of("Apache License\nVersion 2.0"), "Apache-2.0")
        self.assertEqual(notices.licence_of("Apache License … Runtime Library Exception"), "Apache-2.0 WITH Swift-exception")
        self.assertEqual(notices.licence_of("Permission is hereby granted, free of charge"), "MIT")
        self.assertIsNone(notices.licence_of("All rights reserved"))
