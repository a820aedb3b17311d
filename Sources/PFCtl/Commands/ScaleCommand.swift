import ArgumentParser
import KubernetesClient
import Terminal

struct ScaleCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract: "Sets the number of replicas of a service or the bounds of its autoscaler.",
        discussion: """
            The values of the chart own these numbers: helm upgrade sets them again. To keep a number, give it to helm upgrade \
            too, as in --set api.replicas=4 or --set worker.autoscaling.maxReplicas=20.

            Examples:
              pfctl scale worker --replicas 4 --wait
              pfctl scale worker --replicas 4 --current-replicas 2   If there are 2 now
              pfctl scale worker --min 2 --max 20                    For the autoscaler
            """)

    @Argument(help: "The service: api, auth, web, worker, …") var service: String

    @Option(help: "The number of replicas.") var replicas: Int?

    @Option(help: ArgumentHelp("Scale only if this is the current number of replicas.", valueName: "replicas"))
    var currentReplicas: Int?

    @Option(name: .customLong("min"), help: ArgumentHelp("The minimum number of replicas of the autoscaler.", valueName: "replicas"))
    var minimum: Int?

    @Option(name: .customLong("max"), help: ArgumentHelp("The maximum number of replicas of the autoscaler.", valueName: "replicas"))
    var maximum: Int?

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard replicas != nil || minimum != nil || maximum != nil else {
            throw ValidationError("Give --replicas, or --min and --max for the autoscaler.")
        }
        guard currentReplicas == nil || replicas != nil else { throw ValidationError("--current-replicas needs --replicas.") }
        guard [replicas, currentReplicas].allSatisfy({ ($0 ?? 0) >= 0 }) else { throw ValidationError("Replicas cannot be negative.") }
        guard (minimum ?? 1) >= 0, (maximum ?? 1) >= 1, (minimum ?? 1) <= (maximum ?? .max) else {
            throw ValidationError("--min must be at least 1 (with KEDA, 0), and --max at least --min.")
        }
    }

    func run(in session: Session) async throws -> ExitStatus {
        async let found = Installation.find(in: session)
        async let scalers = ServiceScaling.autoscalers(in: session)
        let workload = try await found.workload(service)
        let scaling = ServiceScaling(session: session, workload: workload, change: change)
        let autoscaler = try await scalers.first { $0.target == workload.name }
        if let replicas { try scaling.allow(replicas) }
        if minimum != nil || maximum != nil {
            if let currentReplicas { try await scaling.scale(expecting: currentReplicas) }
            session.print(try await scaling.setBounds(of: autoscaler, minimum: minimum, maximum: maximum))
        }
        guard let replicas else { return .ok }
        if minimum == nil, maximum == nil, let autoscaler { warn(of: autoscaler, in: session) }
        let document = try await scaling.set(replicas, expecting: currentReplicas)
        if waiting.waits, change.dryRun == .none { try await scaling.wait(for: replicas, timeout: waiting.timeout.duration) }
        session.print(document)
        return .ok
    }

    private func warn(of autoscaler: AutoscalerState, in session: Session) {
        session.warn(
            "the autoscaler \(autoscaler.name) owns the replicas of \(service) (\(autoscaler.minimum) to \(autoscaler.maximum)) "
                + "and will soon change them again",
            hint: "pfctl scale \(service) --min \(autoscaler.minimum) --max \(autoscaler.maximum) changes its bounds")
    }
}
