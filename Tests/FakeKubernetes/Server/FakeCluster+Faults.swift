package import KubernetesClient
import NIOCore

extension FakeCluster {
    /// Injects a fault into future calls.
    package func fail(_ fault: FakeClusterFault) {
        memory.withLock { $0.faults.append(fault) }
    }

    package func mendFaults() {
        memory.withLock { $0.faults = [] }
    }

    /// Ends every open watch and followed log.
    package func disconnectStreams() {
        memory.withLock { $0.endStreams() }
    }

    /// How many watches and followed logs are open.
    package var openStreams: Int { memory.withLock { $0.streams.count } }

    /// Drops the history: watches from earlier versions get 410, both new and open ones.
    package func compact() {
        memory.withLock {
            $0.store.compact()
            $0.notify()
        }
    }

    /// Responds to the request for the next page of every started list with 410.
    package func expireListTokens() {
        memory.withLock { $0.rejectsListTokens = true }
    }

    /// Sends every open watch a bookmark with its current version.
    package func sendBookmarks() {
        memory.withLock {
            $0.bookmarks += 1
            $0.notify()
        }
    }

    /// The number of bookmarks written to all watches.
    package var deliveredBookmarks: Int { memory.withLock { $0.deliveredBookmarks } }

    /// Removes an API group, as if no metrics server were installed.
    package func removeGroup(_ group: String) {
        memory.withLock { _ = $0.removedGroups.insert(group) }
    }

    /// Sets the result of a check in `/readyz` and `/livez`.
    package func setReadiness(_ check: String, isOK: Bool) {
        memory.withLock { state in
            state.readiness.removeAll { $0.check == check }
            state.readiness.append((check, isOK))
        }
    }
}

extension FakeCluster {
    /// Adds lines to a container's log.
    package func log(_ lines: [String], pod: String, container: String? = nil, previous: Bool = false, at time: Timestamp = .now) {
        memory.withLock { state in
            state.logs[LogKey(pod: pod, container: container, isPrevious: previous), default: PodLog()].lines += lines.map { (time, $0) }
            state.notify()
        }
    }

    /// Ends a container's log, so that followers reach its end.
    package func endLog(pod: String, container: String? = nil) {
        memory.withLock { state in
            state.logs[LogKey(pod: pod, container: container), default: PodLog()].isEnded = true
            state.notify()
        }
    }

    /// A port that echoes what it receives.
    package func echo(pod: String, port: Int, namespace: String = "default") {
        memory.withLock { $0.podPorts[PodPort(pod: pod, namespace: namespace, port: port)] = .echo }
    }

    /// A port that leads to a local server.
    package func expose(pod: String, port: Int, namespace: String = "default", localPort: Int) {
        memory.withLock { $0.podPorts[PodPort(pod: pod, namespace: namespace, port: port)] = .local(port: localPort) }
    }

    /// A port without a listener.
    package func refuse(pod: String, port: Int, namespace: String = "default", message: String) {
        memory.withLock { $0.podPorts[PodPort(pod: pod, namespace: namespace, port: port)] = .failing(message: message) }
    }

    /// Closes the connections to a pod's ports, as if the pod were gone.
    package func dropForwards(pod: String) {
        let channels = memory.withLock { state in
            state.forwards.values.filter { $0.pod == pod }.map(\.channel)
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// The number of open connections to pods' ports.
    package var openForwards: Int { memory.withLock { $0.forwards.count } }
}
