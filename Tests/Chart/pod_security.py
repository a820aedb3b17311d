"""The pod security standard `restricted` (Kubernetes 1.36), and what we ask of pods beyond it."""

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def containers(spec):
    return spec.get("initContainers", []) + spec["containers"] + spec.get("ephemeralContainers", [])


def violations(spec):
    """What in a pod's specification is against the standard, in words; empty where nothing is."""
    return [*pod_violations(spec), *(found for each in containers(spec) for found in container_violations(each, spec))]


def pod_violations(spec):
    for field in ("hostNetwork", "hostPID", "hostIPC", "hostUsers"):
        if spec.get(field) and field != "hostUsers":
            yield field
    security = spec.get("securityContext", {})
    if security.get("sysctls"):
        yield "sysctls"
    for volume in spec.get("volumes", []):
        kinds = set(volume) - {"name"}
        if not kinds <= VOLUMES:
            yield f"volume {volume['name']}: {', '.join(kinds)}"


def container_violations(container, spec):
    pod, own = spec.get("securityContext", {}), container.get("securityContext", {})
    merged = {**pod, **own}
    name = container["name"]
    if own.get("privileged"):
        yield f"{name}: privileged"
    if own.get("allowPrivilegeEscalation") is not False:
        yield f"{name}: allowPrivilegeEscalation is not false"
    if merged.get("runAsNonRoot") is not True:
        yield f"{name}: runAsNonRoot is not true"
    if merged.get("runAsUser") == 0:
        yield f"{name}: runAsUser is 0"
    if merged.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
        yield f"{name}: no seccomp profile"
    if merged.get("procMount", "Default") != "Default":
        yield f"{name}: procMount"
    capabilities = own.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []):
        yield f"{name}: keeps capabilities"
    if set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield f"{name}: adds capabilities"
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield f"{name}: hostPort"
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        for handler in ("httpGet", "tcpSocket"):
            if container.get(probe, {}).get(handler, {}).get("host"):
                yield f"{name}: {probe} names a host"


def manners(spec):
    """What we ask of every pod beyond the standard."""
    if spec.get("enableServiceLinks") is not False:
        yield "service links would set PIXELFLOW_WEB_PORT=tcp://… and the like"
    if "automountServiceAccountToken" not in spec:
        yield "does not say whether it has a token"
    for container in containers(spec):
        name = container["name"]
        if container.get("securityContext", {}).get("readOnlyRootFilesystem") is not True:
            yield f"{name}: writable root"
        resources = container.get("resources", {})
        if not {"cpu", "memory"} <= set(resources.get("requests", {})) or "memory" not in resources.get("limits", {}):
            yield f"{name}: no requests, or no limit of memory"
        if container["image"].endswith(":latest") or not (":" in container["image"].rpartition("/")[2] or "@" in container["image"]):
            yield f"{name}: image without a version"
