import KubernetesClient
import WireFormats

/// The status of pods as the kubelet writes it.
enum PodState {
    /// - Parameter reason: Why a pod that is not ready waits: `ContainerCreating`, `ImagePullBackOff`, …
    static func pod(_ pod: JSONValue, ready: Bool, reason: String, message: String? = nil) -> JSONValue {
        var pod = pod
        let containers = pod["spec"]?["containers"]?.arrayValue ?? []
        let old = pod["status"]?["containerStatuses"]?.arrayValue ?? []
        let statuses = containers.enumerated().map { index, container in
            status(container, ready: ready, reason: reason, message: message, restarts: old.dropFirst(index).first?["restartCount"] ?? 0)
        }
        let isRunning = ready || reason == "CrashLoopBackOff" || reason == "Unready"
        let before = pod["status"]?["conditions"]?.arrayValue?.first { $0["type"] == "Ready" && $0["status"] == (ready ? "True" : "False") }
        pod["status"] = [
            "phase": isRunning ? "Running" : "Pending",
            "conditions": [
                [
                    "type": "Ready", "status": ready ? "True" : "False", "reason": ready ? "" : "ContainersNotReady",
                    "lastTransitionTime": before?["lastTransitionTime"] ?? .string(Timestamp.now.text),
                ],
                ["type": "ContainersReady", "status": ready ? "True" : "False"],
                ["type": "PodScheduled", "status": "True"],
            ],
            "containerStatuses": .array(statuses), "podIP": "10.0.0.1", "hostIP": "192.168.0.1",
        ]
        return pod
    }

    private static func status(
        _ container: JSONValue, ready: Bool, reason: String, message: String?, restarts: JSONValue
    ) -> JSONValue {
        var waiting: JSONValue = ["reason": .string(reason)]
        waiting["message"] = message.map { .string($0) }
        let isRunning = ready || reason == "Unready"
        return [
            "name": container["name"] ?? "", "image": container["image"] ?? "", "ready": .bool(ready), "started": .bool(ready),
            "restartCount": restarts,
            "state": isRunning ? ["running": ["startedAt": .string(Timestamp.now.text)]] : ["waiting": waiting],
        ]
    }
}
