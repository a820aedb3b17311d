import tempfile
import unittest
from pathlib import Path

from scripts import script

page_types = script("scripts/checks/page-types")

TASK = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "string"},
        "status": {"enum": ["PENDING", "FAILED"]},
        "cursor": {"type": ["string", "null"]},
        "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/Output"}},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "focus": {"oneOf": [{"const": "center"}, {"type": "object", "properties": {"x": {"type": "number"}}}]},
    },
}
DOCUMENT = {"components": {"schemas": {"Task": TASK, "Output": {"type": "object", "properties": {"bytes": {"type": "integer"}}}}}}


class PageTypes(unittest.TestCase):
    def type_errors(self, body):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "page.js")
            file.write_text(f"/** @param {{import('@api').Task}} task */\nexport const read = (task) => {body};\n")
            return page_types.type_errors([file], page_types.types([DOCUMENT]))

    def test_schemas_become_types(self):
        self.assertEqual(
            page_types.types([DOCUMENT]),
            'export type Output = { "bytes"?: number };\n'
            'export type Task = { "id": string; "status": "PENDING" | "FAILED"; "cursor"?: string | null; "outputs"?: (Output)[]; '
            '"counts"?: { [name: string]: number }; "focus"?: ("center") | ({ "x"?: number }) };\n')

    def test_what_is_described_may_be_read(self):
        self.assertEqual(self.type_errors("task.outputs.map((output) => output.bytes + task.counts.FAILED)"), "")

    def test_what_is_not_described_is_named(self):
        self.assertIn("Property 'state' does not exist", self.type_errors("task.state"))
        self.assertIn("no overlap", self.type_errors('task.status === "DONE"'))
