"""Shapes of the custom resources that the chart may make; Kubernetes' own schemas do not hold them."""

STRING = {"type": "string", "minLength": 1}
STRINGS = {"type": "object", "additionalProperties": STRING}


def of(spec, required):
    return {
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": STRING, "kind": STRING, "metadata": {"type": "object", "required": ["name", "namespace", "labels"]},
            "spec": {"type": "object", "required": required, "additionalProperties": False, "properties": spec},
        },
    }


def list_of(item, least=1):
    return {"type": "array", "minItems": least, "items": item}


def strict(**properties):
    return {"type": "object", "additionalProperties": False, "properties": properties}


SCHEMAS = {
    ("monitoring.coreos.com/v1", "ServiceMonitor"): of({
        "jobLabel": STRING,
        "namespaceSelector": strict(matchNames=list_of(STRING)),
        "selector": strict(matchLabels=STRINGS, matchExpressions=list_of({"type": "object", "required": ["key", "operator", "values"]})),
        "endpoints": list_of(strict(port=STRING, path=STRING, interval={"type": "string", "pattern": "^[0-9]+s$"})),
    }, ["selector", "endpoints"]),
    ("monitoring.coreos.com/v1", "PrometheusRule"): of({
        "groups": list_of({
            "type": "object", "required": ["name", "rules"],
            "properties": {"name": STRING, "rules": list_of({
                "type": "object", "required": ["expr"],
                "oneOf": [{"required": ["alert"]}, {"required": ["record"]}],
            })},
        }),
    }, ["groups"]),
    ("keda.sh/v1alpha1", "ScaledObject"): of({
        "scaleTargetRef": strict(apiVersion=STRING, kind=STRING, name=STRING),
        "pollingInterval": {"type": "integer"}, "cooldownPeriod": {"type": "integer"},
        "minReplicaCount": {"type": "integer"}, "maxReplicaCount": {"type": "integer"},
        "advanced": {
            **strict(
                scalingModifiers=strict(formula=STRING, target=STRING, activationTarget=STRING, metricType={"enum": ["AverageValue", "Value"]}),
                horizontalPodAutoscalerConfig=strict(name=STRING, behavior={"type": "object"})),
            "required": ["scalingModifiers"]},
        # A formula speaks of triggers by their names.
        "triggers": list_of({
            **strict(type={"const": "kafka"}, name={"type": "string", "pattern": "^[a-z]+$"}, metadata={
                **STRINGS, "required": ["bootstrapServers", "consumerGroup", "topic", "lagThreshold"]}),
            "required": ["type", "name", "metadata"]}),
    }, ["scaleTargetRef", "triggers"]),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"): of({
        "parentRefs": list_of({"type": "object", "required": ["name"]}),
        "hostnames": list_of(STRING),
        "rules": list_of(strict(
            matches=list_of({"type": "object"}), timeouts=strict(request=STRING),
            backendRefs=list_of(strict(name=STRING, port={"type": "integer"})))),
    }, ["parentRefs", "rules"]),
    # The fields of the published definitions that the chart uses, closed, so that no other can be written by mistake.
    ("security.istio.io/v1", "PeerAuthentication"): of({
        "selector": strict(matchLabels=STRINGS), "mtls": strict(mode={"enum": ["PERMISSIVE", "STRICT"]})}, ["selector", "mtls"]),
    ("security.istio.io/v1", "AuthorizationPolicy"): of({
        "selector": strict(matchLabels=STRINGS), "action": {"enum": ["ALLOW", "DENY", "AUDIT", "CUSTOM"]},
        "rules": list_of(strict(**{
            "from": list_of(strict(source=strict(principals=list_of(STRING)))),
            "to": list_of(strict(operation=strict(ports=list_of(STRING), methods=list_of(STRING), paths=list_of(STRING)))),
        }))}, ["selector", "action", "rules"]),
    ("networking.istio.io/v1", "VirtualService"): of({
        "hosts": list_of(STRING),
        "http": list_of(strict(
            match=list_of(strict(method=strict(exact=STRING), uri=strict(regex=STRING))), timeout={"type": "string", "pattern": "^[0-9]+s$"},
            retries=strict(attempts={"type": "integer"}, retryOn=STRING), route=list_of(strict(destination=strict(host=STRING)))))},
        ["hosts", "http"]),
    ("policy.linkerd.io/v1alpha1", "NetworkAuthentication"): of({"networks": list_of(strict(cidr=STRING))}, ["networks"]),
    ("policy.linkerd.io/v1alpha1", "MeshTLSAuthentication"): of(
        {"identityRefs": list_of(strict(kind={"const": "ServiceAccount"}, name=STRING))}, ["identityRefs"]),
    ("policy.linkerd.io/v1alpha1", "AuthorizationPolicy"): of({
        "targetRef": strict(group=STRING, kind={"enum": ["Server", "HTTPRoute"]}, name=STRING),
        "requiredAuthenticationRefs": list_of(strict(group=STRING, kind=STRING, name=STRING))}, ["targetRef", "requiredAuthenticationRefs"]),
    ("policy.linkerd.io/v1beta3", "Server"): of({
        "podSelector": strict(matchLabels=STRINGS), "port": {"type": "integer"},
        "proxyProtocol": {"enum": ["unknown", "HTTP/1", "HTTP/2", "gRPC", "opaque", "TLS"]}}, ["podSelector", "port"]),
    ("policy.linkerd.io/v1beta3", "HTTPRoute"): of({
        "parentRefs": list_of(strict(group=STRING, kind={"const": "Server"}, name=STRING)),
        "rules": list_of(strict(matches=list_of(strict(
            method=STRING, path=strict(type={"enum": ["Exact", "PathPrefix", "RegularExpression"]}, value=STRING)))))}, ["parentRefs", "rules"]),
    ("linkerd.io/v1alpha2", "ServiceProfile"): of({
        "routes": list_of(strict(
            name=STRING, condition=strict(method=STRING, pathRegex=STRING), isRetryable={"type": "boolean"}, timeout=STRING)),
        "retryBudget": strict(retryRatio={"type": "number"}, minRetriesPerSecond={"type": "integer"}, ttl=STRING)}, ["routes"]),
}
