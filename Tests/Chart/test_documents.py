"""What follows from the chart is up to date, and the schema knows exactly the values that there are."""

import json
import subprocess
import sys

import chart


def test_readme_and_plain_manifests_are_up_to_date():
    done = subprocess.run([sys.executable, chart.ROOT / "scripts" / "chart-docs", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def resolve(schema, root):
    return root["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def differences(values, schema, root, path=""):
    schema = resolve(schema, root)
    properties = schema.get("properties")
    if not isinstance(values, dict) or properties is None or path in (".resources",):
        return
    free = {"resources", "global"}
    name = path.rpartition(".")[2]
    if name not in free:
        for key in set(values) ^ set(properties):
            yield f"{path}.{key}"
        if schema.get("additionalProperties") is not False and name:
            yield f"{path} is open"
    for key in set(values) & set(properties):
        if name not in free:
            yield from differences(values[key], properties[key], root, f"{path}.{key}")


def test_the_schema_knows_every_value_and_no_more():
    values = chart.yaml.safe_load((chart.CHART / "values.yaml").read_text())
    schema = json.loads((chart.CHART / "values.schema.json").read_text())
    assert schema["additionalProperties"] is False
    assert schema["properties"]["global"].get("additionalProperties") is not False
    assert list(differences(values, schema, schema)) == []
