import Conformance
import Foundation
import Synchronization
import TestSupport

/// The four services as separate processes, on separate servers.
final class LiveCluster: Sendable {
    /// One process.
    struct Member: Hashable, Sendable, CustomStringConvertible {
        var service: String
        var number: Int

        static let auth = Member(service: "auth", number: 1)
        static let web = Member(service: "web", number: 1)
        static func api(_ number: Int) -> Member { Member(service: "api", number: number) }
        static func worker(_ number: Int) -> Member { Member(service: "worker", number: number) }

        var description: String { "\(service)-\(number)" }
    }

    /// The installation as seen by a client of one api replica.
    struct Endpoint: Installation {
        let ports: Ports
    }

    static let standard: [Member] = [.auth, .api(1), .api(2), .worker(1), .worker(2), .web]

    let stack: ServerStack
    let settings: [String: String]
    private let home: TemporaryFolder
    private let ports: Mutex<[Member: Int]>
    private let processes = Mutex<[Member: RunningProcess]>([:])

    private init(stack: ServerStack, settings: [String: String]) throws {
        self.stack = stack
        home = try TemporaryFolder()
        ports = Mutex([:])
        let quick = [
            "PIXELFLOW_AUTH_BCRYPT_COST": "4", "PIXELFLOW_LOG_LEVEL": "info", "PIXELFLOW_RENDER_PROCESSES": "1",
            // One user sends as much as thousands would; each request is still counted in Redis.
            "PIXELFLOW_RATE_SIGN_IN": "1000000/m", "PIXELFLOW_RATE_READ": "1000000/m", "PIXELFLOW_RATE_WRITE": "1000000/m",
            "PIXELFLOW_RATE_UPLOAD": "1000000/m", "PIXELFLOW_RATE_HEAVY": "1000000/m",
            // A broker detects a dead worker by its silence; brokers reject lower values.
            "PIXELFLOW_KAFKA_SESSION_TIMEOUT": "6", "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
        ]
        self.settings = quick.merging(settings) { $1 }
    }

    /// Runs `body` with a cluster that is ready, and stops all of it in any case.
    ///
    /// - Parameter adjust: changes settings, for example to connect a service through a proxy.
    static func run(
        _ members: [Member] = standard, adjust: (inout [String: String]) async throws -> Void = { _ in },
        _ body: (LiveCluster) async throws -> Void
    ) async throws {
        let stack = try ServerStack()
        do {
            try await stack.up()
        } catch {
            // Some of them may have started.
            try await stack.remove()
            throw error
        }
        var settings = try await stack.settings()
        try await adjust(&settings)
        let cluster = try LiveCluster(stack: stack, settings: settings)
        let outcome: Result<Void, any Error>
        do {
            for member in members { try cluster.spawn(member) }
            for member in members { try await cluster.ready(member) }
            outcome = .success(try await body(cluster))
        } catch {
            outcome = .failure(error)
            print(cluster.warnings)
        }
        // In a task of its own, because the time limit of a test cancels this one, and servers would go on without a test.
        try await Task {
            for member in cluster.members { await cluster.kill(member) }
            try await stack.remove()
        }.value
        try outcome.get()
    }

    // MARK: Members

    var members: [Member] { processes.withLock { Array($0.keys) } }

    func port(of member: Member) -> Int {
        ports.withLock { ports in
            if let port = ports[member] { return port }
            let port = (try? Ports.free())?.api ?? 0
            ports[member] = port
            return port
        }
    }

    /// The port that the kubelet probes; web has a separate port for this.
    func probePort(of member: Member) -> Int { port(of: member == .web ? Member(service: "web-management", number: 1) : member) }

    func endpoint(api number: Int) -> Endpoint {
        Endpoint(ports: Ports(web: port(of: .web), auth: port(of: .auth), api: port(of: .api(number)), worker: port(of: .worker(1))))
    }

    /// Starts a member without waiting until it is ready.
    ///
    /// - Parameter group: a worker's consumer group. In the fake Kafka, a group cannot continue after a member
    ///   has disappeared; in tests of such workers, each start uses a new group, which receives all earlier dispatch messages.
    func spawn(_ member: Member, group: String? = nil) throws {
        var environment = environment(of: member)
        if let group { environment["PIXELFLOW_KAFKA_GROUP"] = group }
        let process = try RunningProcess(
            Executable.path("pixelflow-\(member.service)"), [], environment: environment,
            output: "\(home.path)/\(member).out", errors: "\(home.path)/\(member).log")
        processes.withLock { $0[member] = process }
    }

    /// The output of a member's executable as a readiness probe, with the member's settings.
    func probe(_ member: Member) async throws -> (code: Int32, output: String, errors: String) {
        let files = try TemporaryFolder()
        let process = try RunningProcess(
            Executable.path("pixelflow-\(member.service)"), ["--probe"], environment: environment(of: member),
            output: "\(files.path)/output", errors: "\(files.path)/errors")
        let code = await process.waitForExit()
        return (
            code, try String(contentsOfFile: "\(files.path)/output", encoding: .utf8),
            try String(contentsOfFile: "\(files.path)/errors", encoding: .utf8)
        )
    }

    private func environment(of member: Member) -> [String: String] {
        let api = "http://127.0.0.1:\(port(of: .api(1)))"
        let auth = "http://127.0.0.1:\(port(of: .auth))"
        let own = [
            "PIXELFLOW_\(member.service.uppercased())_PORT": "\(port(of: member))",
            "PIXELFLOW_JWKS_URL": "\(auth)/.well-known/jwks.json", "PIXELFLOW_AUTH_URL": auth,
            "PIXELFLOW_WEB_AUTH_URL": auth, "PIXELFLOW_WEB_API_URL": api,
            "PIXELFLOW_WEB_MANAGEMENT_PORT": "\(port(of: Member(service: "web-management", number: 1)))",
        ]
        return settings.merging(own) { $1 }
    }

    /// Starts a member and waits until it is ready.
    func start(_ member: Member) async throws {
        try spawn(member)
        try await ready(member)
    }

    func ready(_ member: Member) async throws {
        let probe = Person(service: endpoint(api: 1))
        try await eventually(within: .seconds(90), "\(member) to be ready: \(log(member).suffix(2000))") {
            try await (try? probe.get("/readyz", port: port(of: member)))?.status == 200 ? () : nil
        }
    }

    /// Starts a worker and waits until the group has assigned work to it.
    func startAndJoin(_ worker: Member, group: String? = nil) async throws {
        let before = log(worker).count
        try spawn(worker, group: group)
        try await eventually(within: .seconds(60), "\(worker) to get partitions") {
            log(worker).dropFirst(before).contains("kafka partitions assigned") ? () : nil
        }
    }

    func signal(_ member: Member, _ number: Int32) { processes.withLock { $0[member] }?.signal(number) }

    /// Kills a member, like a power failure.
    func kill(_ member: Member) async {
        guard let process = processes.withLock({ $0.removeValue(forKey: member) }) else { return }
        process.signal(SIGKILL)
        _ = await process.waitForExit()
    }

    /// Requests a member to stop; returns its exit code.
    func stop(_ member: Member) async throws -> Int32 {
        guard let process = processes.withLock({ $0.removeValue(forKey: member) }) else { return 0 }
        process.signal(SIGTERM)
        return try await within(.seconds(60), "\(member) to end") { await process.waitForExit() }
    }

    /// The last lines above level info of each member.
    private var warnings: String {
        members.map { member in
            let lines = log(member).split(separator: "\n").filter { !$0.contains(#""level":"info""#) && !$0.contains(#""level":"debug""#) }
            return "--- \(member)\n\(lines.suffix(12).joined(separator: "\n"))"
        }.joined(separator: "\n")
    }

    /// The log of a member so far.
    func log(_ member: Member) -> String { (try? String(contentsOfFile: "\(home.path)/\(member).log", encoding: .utf8)) ?? "" }
}
