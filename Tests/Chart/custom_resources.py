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
        "pollingInterval": {"type": "integer"}, "minReplicaCount": {"type": "integer"}, "maxReplicaCount": {"type": "integer"},
        "advanced": strict(horizontalPodAutoscalerConfig=strict(name=STRING, behavior={"type": "object"})),
        "triggers": list_of(strict(type={"const": "kafka"}, metadata={
            **STRINGS, "required": ["bootstrapServers", "consumerGroup", "topic", "lagThreshold"]})),
    }, ["scaleTargetRef", "triggers"]),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"): of({
        "parentRefs": list_of({"type": "object", "required": ["name"]}),
        "hostnames": list_of(STRING),
        "rules": list_of(strict(
            matches=list_of({"type": "object"}), timeouts=strict(request=STRING),
            backendRefs=list_of(strict(name=STRING, port={"type": "integer"})))),
    }, ["parentRefs", "rules"]),
}
