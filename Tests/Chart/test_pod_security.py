"""The checker finds what it is to find."""

import copy

import pytest

import pod_security

GOOD = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [{"name": "c", "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}],
}


def test_a_restricted_pod_passes():
    assert pod_security.violations(GOOD) == []


@pytest.mark.parametrize("path, value", [
    (("hostNetwork",), True),
    (("hostPID",), True),
    (("securityContext", "runAsNonRoot"), False),
    (("securityContext", "seccompProfile"), {}),
    (("securityContext", "sysctls"), [{"name": "x"}]),
    (("volumes",), [{"name": "v", "hostPath": {"path": "/"}}]),
    (("containers", 0, "securityContext", "privileged"), True),
    (("containers", 0, "securityContext", "runAsUser"), 0),
    (("containers", 0, "securityContext", "allowPrivilegeEscalation"), True),
    (("containers", 0, "securityContext", "capabilities"), {"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
    (("containers", 0, "securityContext", "capabilities"), {}),
    (("containers", 0, "ports"), [{"containerPort": 1, "hostPort": 1}]),
    (("containers", 0, "livenessProbe"), {"httpGet": {"host": "example.com"}}),
])
def test_what_is_not_restricted_is_found(path, value):
    pod = copy.deepcopy(GOOD)
    parent = pod
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    assert len(pod_security.violations(pod)) == 1
