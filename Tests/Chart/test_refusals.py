"""Bad values are refused before anything is installed, and the message says what to do."""

import pytest

import chart

REFUSALS = {
    "unknown value": ({"worker": {"replica": 2}}, "additional properties 'replica' not allowed"),
    "unknown section": ({"memcached": {"enabled": True}}, "additional properties 'memcached' not allowed"),
    "unknown mode": ({"worker": {"autoscaling": {"mode": "lag"}}}, "must be one of 'external', 'keda', 'cpu', 'none'"),
    "more workers than partitions": ({"worker": {"autoscaling": {"maxReplicas": 13}}}, "maxReplicas (13) is above kafka.partitions (12)"),
    "the same with keda": ({"worker": {"autoscaling": {"mode": "keda", "maxReplicas": 24}}}, "is above kafka.partitions"),
    "least above most": ({"worker": {"autoscaling": {"minReplicas": 5, "maxReplicas": 4}}}, "minReplicas (5) is above maxReplicas (4)"),
    "a priority without workers": ({"worker": {"lanes": ["high", "normal"]}}, "no worker takes tasks of the priority low"),
    "the same with a pool": (
        {"worker": {"lanes": ["normal"], "autoscaling": {"maxReplicas": 6}, "pools": [{"name": "urgent", "lanes": ["high"], "autoscaling": {"maxReplicas": 6}}]}},
        "no worker takes tasks of the priority low"),
    "a lane that is none": ({"worker": {"lanes": ["urgent"]}}, "/worker/lanes/0"),
    "no replicas": ({"web": {"replicas": 0}}, "/web/replicas"),
    "grace too short": ({"worker": {"shutdownGraceSeconds": 60}}, "shutdownGraceSeconds (60) must be above worker.renderTimeoutSeconds (60)"),
    "memory too small": (
        {"worker": {"renderProcesses": 8, "resources": {"limits": {"memory": "2Gi"}}}},
        "worker.resources.limits.memory (2048 Mi) is below 3232 Mi, which 8 render processes need"),
    "two databases": ({"postgres": {"external": {"existingSecret": "db"}}}, "postgres.enabled is true and postgres.external is set"),
    "two caches": ({"redis": {"external": {"url": "redis://r"}}}, "redis.enabled is true and redis.external is set"),
    "cache by url and secret": (
        {"redis": {"enabled": False, "external": {"url": "redis://r", "existingSecret": "r"}}}, "redis.external has both"),
    "a quota without a window": ({"rateLimits": {"read": "600"}}, "/rateLimits/read"),
    "no database": ({"mongodb": {"enabled": False}}, "set mongodb.external.url or mongodb.external.existingSecret"),
    "no bucket": ({"s3": {"enabled": False}}, "set s3.external.url to your own"),
    "bucket without keys": ({"s3": {"enabled": False, "external": {"url": "s3://images"}}}, "s3.external needs credentials"),
    "url and secret": (
        {"kafka": {"enabled": False, "external": {"url": "kafka://k:9092", "existingSecret": "k"}}}, "kafka.external has both"),
    "wrong scheme": ({"postgres": {"enabled": False, "external": {"url": "mysql://db"}}}, "/postgres/external/url"),
    "keda without servers": (
        {"kafka": {"enabled": False, "external": {"url": "kafka://k:9092"}}, "worker": {"autoscaling": {"mode": "keda"}}},
        "set kafka.external.bootstrapServers"),
    "keda without the credentials of the URL": (
        {"kafka": {"enabled": False, "external": {"url": "kafka://u:p@k:9092", "bootstrapServers": "k:9092"}}, "worker": {"autoscaling": {"mode": "keda"}}},
        "set kafka.external.keda.authenticationRef"),
    "a share of workers that is none": ({"worker": {"maxUnavailable": "half"}}, "/worker/maxUnavailable"),
    "cpu without a request": (
        {"worker": {"autoscaling": {"mode": "cpu"}, "resources": {"requests": {"cpu": None}}}}, "set worker.resources.requests.cpu"),
    "ingress without a name": ({"ingress": {"enabled": True}}, "set ingress.hosts"),
    "route without a gateway": ({"gateway": {"enabled": True}}, "set gateway.parentRefs"),
    "digest that is none": ({"api": {"image": {"digest": "sha256:abc"}}}, "/api/image/digest"),
    "network that is none": ({"worker": {"fetchAllowNetworks": ["10.0.0.1"]}}, "/worker/fetchAllowNetworks/0"),
    "port that is none": ({"limits": {"fetchAllowPorts": [80, "80:90"]}}, "/limits/fetchAllowPorts/1"),
    "no ports": ({"limits": {"fetchAllowPorts": []}}, "/limits/fetchAllowPorts"),
    "registration of a fourth kind": ({"auth": {"registration": "friends"}}, "must be one of 'open', 'invite', 'closed'"),
    "mail without a sender": ({"auth": {"mail": {"existingSecret": "mail"}}}, "set auth.mail.from to the sender"),
    "text for a number": ({"kafka": {"partitions": "12"}}, "/kafka/partitions"),
    "name too long": ({"fullnameOverride": "a" * 41}, "/fullnameOverride"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_bad_values_are_refused(name):
    values, message = REFUSALS[name]
    done = chart.template(values)
    assert done.returncode != 0
    assert message in done.stderr
    assert len(done.stderr) < 600, "not readable"
