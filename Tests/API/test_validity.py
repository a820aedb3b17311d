"""The descriptions are valid OpenAPI."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator


@pytest.mark.parametrize("service", ["auth", "api", "web"])
def test_each_description_is_valid(descriptions, service):
    faults = [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in OpenAPIV31SpecValidator(descriptions[service]).iter_errors()]
    assert faults == []
    assert len(descriptions[service]["paths"]) >= 5
