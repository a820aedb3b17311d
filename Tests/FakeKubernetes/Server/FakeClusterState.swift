import KubernetesClient
import NIOCore
import WireFormats

/// The complete state of the fake cluster.
struct FakeClusterState: Sendable {
    var store = ObjectStore()
    var tokens: [String: FakeClusterUser] = [:]
    var denials: [DenialRule] = []
    var faults: [FakeClusterFault] = []
    var requests: [FakeClusterRequest] = []
    var removedGroups: Set<String> = []
    var readiness: [(check: String, isOK: Bool)] = [("ping", true), ("etcd", true), ("poststarthook/rbac/bootstrap-roles", true)]
    var logs: [LogKey: PodLog] = [:]
    var podPorts: [PodPort: PodBackend] = [:]
    /// Consecutive failures of readiness probes.
    var failedProbes: [ObjectKey: Int] = [:]
    var streams: [Int: AsyncStream<Void>.Continuation] = [:]
    var nextStream = 0
    var listTokens: [String: [JSONValue]] = [:]
    var rejectsListTokens = false
    var bookmarks = 0
    var deliveredBookmarks = 0
    var forwards: [Int: Forward] = [:]
    var connections: [ObjectIdentifier: any Channel] = [:]
    /// The number of calls before all pods restart; nil for no restart.
    var callsUntilRestart: Int?
    var isStopped = false

    /// Wakes every open watch and followed log.
    func notify() {
        for stream in streams.values { stream.yield() }
    }

    mutating func endStreams() {
        for stream in streams.values { stream.finish() }
        streams = [:]
    }
}

/// An open connection to a pod's port.
struct Forward: Sendable {
    let pod: String
    let channel: any Channel
}

struct LogKey: Hashable, Sendable {
    var pod: String
    var container: String?
    var isPrevious = false
}

struct PodLog: Sendable {
    var lines: [(time: Timestamp, text: String)] = []
    var isEnded = false
}

/// The backend of a pod's port.
enum PodBackend: Sendable {
    /// Echoes what it receives.
    case echo
    /// A local server.
    case local(port: Int)
    /// The connection is upgraded, then an error is sent.
    case failing(message: String)
}

/// An injected fault.
package struct FakeClusterFault: Sendable {
    package enum Effect: Sendable {
        /// A response with this status, and Kubernetes' own reason for it if nil.
        case status(Int, reason: String?, message: String)
        /// A response that is not from Kubernetes.
        case text(Int, String)
        /// No response until the fake cluster stops.
        case hang
        /// The connection is closed without a response.
        case close
    }

    package var effect: Effect
    /// Part of the path; nil for any.
    package var path: String?
    package var method: String?
    /// The number of calls that are affected.
    package var count: Int

    package init(_ effect: Effect, path: String? = nil, method: String? = nil, count: Int = 1) {
        self.effect = effect
        self.path = path
        self.method = method
        self.count = count
    }
}

extension FakeClusterState {
    /// Consumes and returns the fault for a call.
    mutating func takeFault(for request: FakeClusterRequest) -> FakeClusterFault.Effect? {
        let index = faults.firstIndex { fault in
            fault.count > 0 && (fault.path.map { request.path.contains($0) } ?? true) && (fault.method ?? request.method) == request.method
        }
        guard let index else { return nil }
        faults[index].count -= 1
        return faults[index].effect
    }
}
