package import KubernetesClient
import NIOCore

extension FakeCluster {
    /// Makes calls go wrong that are still to come.
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

    /// Forgets the history: watches from before now are answered with 410, open ones are told so.
    package func compact() {
        memory.withLock {
            $0.store.compact()
            $0.notify()
        }
    }

    /// Answers the next chunk of every list that was begun with 410.
    package func expireListTokens() {
        memory.withLock { $0.rejectsListTokens = true }
    }

    /// Tells every open watch the version that it is at.
    package func sendBookmarks() {
        memory.withLock {
            $0.bookmarks += 1
            $0.notify()
        }
    }

    /// How many bookmarks were written, over all watches.
    package var deliveredBookmarks: Int { memory.withLock { $0.deliveredBookmarks } }

    /// Takes an API group away, as where no metrics server is installed.
    package func removeGroup(_ group: String) {
        memory.withLock { _ = $0.removedGroups.insert(group) }
    }

    /// A check of `/readyz` and `/livez`.
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

    /// Ends a container's log, so that whoever follows it comes to its end.
    package func endLog(pod: String, container: String? = nil) {
        memory.withLock { state in
            state.logs[LogKey(pod: pod, container: container), default: PodLog()].isEnded = true
            state.notify()
        }
    }

    /// A port that gives back what it gets.
    package func echo(pod: String, port: Int, namespace: String = "default") {
        memory.withLock { $0.podPorts[PodPort(pod: pod, namespace: namespace, port: port)] = .echo }
    }

    /// A port that leads to a server on this computer.
    package func expose(pod: String, port: Int, namespace: String = "default", localPort: Int) {
        memory.withLock { $0.podPorts[PodPort(pod: pod, namespace: namespace, port: port)] = .local(port: localPort) }
    }

    /// A port that nothing listens on.
    package func refuse(pod: String, port: Int, namespace: String = "default", message: String) {
        memory.withLock { $0.podPorts[PodPort(pod: pod, namespace: namespace, port: port)] = .failing(message: message) }
    }

    /// Cuts the connections to a pod's ports, as when the pod goes.
    package func dropForwards(pod: String) {
        let channels = memory.withLock { state in
            state.forwards.values.filter { $0.pod == pod }.map(\.channel)
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// How many connections to pods' ports are open.
    package var openForwards: Int { memory.withLock { $0.forwards.count } }
}
