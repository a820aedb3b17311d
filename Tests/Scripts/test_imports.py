"""Names that our Python takes from our Python: a benchmark that nothing else runs would only fail where someone starts it."""

import ast
import unittest

from scripts import ROOT

FOLDERS = [ROOT / "scripts/bench", ROOT / "scripts/harness"]


def definitions(tree):
    """What a module defines or takes at its top level."""
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        else:
            names.update(inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store))
    return names


def missing(modules):
    """Imports of names that their module lacks, as `file: module.name`; `modules` are syntax trees by what they are imported as."""
    found = []
    for importer, tree in modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in modules:
                known = definitions(modules[node.module])
                found += [f"{importer}: {node.module}.{alias.name}" for alias in node.names if alias.name not in known]
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                # `plan.seconds` is a value where something of the file is called `plan`, too.
                taken = any(isinstance(other, ast.Import) and any(alias.name == node.value.id for alias in other.names) for other in ast.walk(tree))
                own = {argument.arg for argument in ast.walk(tree) if isinstance(argument, ast.arg)}
                if taken and node.value.id not in own and node.attr not in definitions(modules[node.value.id]):
                    found.append(f"{importer}: {node.value.id}.{node.attr}")
    return found


class Imports(unittest.TestCase):
    def test_every_name_is_there(self):
        modules = {}
        for folder in FOLDERS:
            prefix = "" if folder.name == "bench" else f"{folder.name}."
            for path in folder.glob("*.py"):
                modules[prefix + path.stem] = ast.parse(path.read_text(), str(path))
        self.assertGreater(len(modules), 20)
        self.assertEqual(missing(modules), [])

    def test_what_is_missing_is_found(self):
        modules = {
            "a": ast.parse("from b import one, two\nimport b\nb.three()\nb.one()\ndef f(c):\n    return c.anything"),
            "b": ast.parse("one = 1\ndef four():\n    pass"), "c": ast.parse("")}
        self.assertEqual(missing(modules), ["a: b.two", "a: b.three"])


if __name__ == "__main__":
    unittest.main()
