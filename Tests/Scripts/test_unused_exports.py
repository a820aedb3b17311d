import unittest

from scripts import script

unused = script("scripts/checks/unused-exports").unused

SOURCES = {
    "page/a.js": "export const one = 1;\nexport function two() {}\nexport async function three() {}\nexport class Four {}\n",
    "page/b.js": "export const five = 5;\nexport const six = 6;\n",
    "page/main.js": 'import { one, two as other } from "./a.js";\nimport * as b from "./b.js";\nimport React from "react";\n',
    "page/deep/c.jsx": 'import {\n    one,\n    Four,\n} from "../a.js";\n',
}


class UnusedExports(unittest.TestCase):
    def test_names_what_nothing_imports(self):
        self.assertEqual(list(unused(SOURCES)), [("page/a.js", "three")])
