"""Decides what a set of NetworkPolicies lets through, as Kubernetes defines it."""

import ipaddress


class Pod:
    def __init__(self, name, labels, namespace, namespace_labels=None, address=None):
        self.name, self.labels, self.namespace = name, labels, namespace
        self.namespace_labels = {"kubernetes.io/metadata.name": namespace, **(namespace_labels or {})}
        self.address = address


class Address:
    """Something that is no pod."""

    def __init__(self, text):
        self.name = text
        self.value = ipaddress.ip_address(text)


def matches(selector, labels):
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for each in selector.get("matchExpressions", []):
        present = each["key"] in labels
        among = labels.get(each["key"]) in each.get("values", [])
        if not {"In": among, "NotIn": not among, "Exists": present, "DoesNotExist": not present}[each["operator"]]:
            return False
    return True


def is_peer(peer, other, namespace):
    if "ipBlock" in peer:
        # Blocks are for what is outside of the cluster.
        if not isinstance(other, Address):
            return False
        block = peer["ipBlock"]
        network = ipaddress.ip_network(block["cidr"])
        if other.value.version != network.version or other.value not in network:
            return False
        return not any(other.value in ipaddress.ip_network(each) for each in block.get("except", []))
    if not isinstance(other, Pod):
        return False
    if "namespaceSelector" in peer:
        if not matches(peer["namespaceSelector"], other.namespace_labels):
            return False
    elif other.namespace != namespace:
        return False
    return matches(peer.get("podSelector", {}), other.labels)


def port_fits(rule, port, protocol):
    ports = rule.get("ports")
    return not ports or any(
        each.get("protocol", "TCP") == protocol and ("port" not in each or each["port"] <= port <= each.get("endPort", each["port"]))
        for each in ports
    )


def rules_allow(policies, pod, direction, other, port, protocol):
    kind, key = ("Ingress", "from") if direction == "ingress" else ("Egress", "to")
    selected = [
        each for each in policies
        if each["metadata"]["namespace"] == pod.namespace
        and matches(each["spec"]["podSelector"], pod.labels)
        and kind in each["spec"]["policyTypes"]
    ]
    if not selected:
        return True
    return any(
        port_fits(rule, port, protocol) and (not rule.get(key) or any(is_peer(peer, other, pod.namespace) for peer in rule[key]))
        for policy in selected
        for rule in policy["spec"].get(direction) or []
    )


def allowed(policies, source, target, port, protocol="TCP"):
    leaves = not isinstance(source, Pod) or rules_allow(policies, source, "egress", target, port, protocol)
    arrives = not isinstance(target, Pod) or rules_allow(policies, target, "ingress", source, port, protocol)
    return leaves and arrives
