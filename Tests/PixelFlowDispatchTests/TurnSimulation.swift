import PixelFlowCore
import TestSupport

@testable import PixelFlowDispatch

/// Workers, a broker and organisations in simulated time, to measure the waiting times of organisations during the import of another.
///
/// One organisation adds many tasks at the start, the others one task per second each. A message goes to a random partition, each
/// worker reads its partitions in order, and a slot takes its worker's next message. A worker with free slots polls every 2 s, and
/// immediately when a task that it has found by polling ends.
struct TurnSimulation {
    enum Mechanism: Sendable, Hashable {
        /// Every task is sent when it is created.
        case none
        /// Turns, with the product's window and shares.
        case turns(DispatchWindow.Limits)
        /// Turns with a constant window.
        case fixedWindow(Int)
    }

    struct Outcome: Sendable {
        /// Seconds from creation to completion, for the other organisations.
        var p95 = 0.0
        /// Tasks completed per second while there was work.
        var throughput = 0.0
        /// The used share of slot time.
        var utilization = 0.0
        /// Rounds per task that was sent in a round.
        var roundsPerTask = 0.0
    }

    var workers = 4
    var slots = 6
    var partitions = 12
    /// Average duration of a task in seconds.
    var service = 0.06
    var imported = 20_000
    var others = 5
    var duration = 60.0
    /// Seconds.
    static let tick = 0.005
    static let pace = 0.05
    static let pollInterval = 2.0

    private struct Job {
        let tenant: Int
        let created: Double
    }

    func run(_ mechanism: Mechanism, seed: UInt64 = 1) -> Outcome {
        var random = SeededGenerator(seed: seed)
        var queues = [[Job]](repeating: [], count: workers)
        var heads = [Int](repeating: 0, count: workers)
        var running = [[(end: Double, job: Job, isPolled: Bool)]](repeating: [], count: workers)
        var nextPoll = [Double](repeating: Self.pollInterval, count: workers)
        var held: [Int: [Job]] = [:]
        var heldHeads: [Int: Int] = [:]
        var sent: [Int: Int] = [:]
        var active: [Int: Int] = [:]
        let limits: DispatchWindow.Limits = if case .turns(let limits) = mechanism { limits } else { .init() }
        var window = DispatchWindow(limits)
        var waits: [Double] = []
        var (completed, busy, rounds, turned) = (0, 0.0, 0, 0)
        var nextRound = 0.0

        var now = 0.0

        func send(_ job: Job) {
            let partition = Int.random(in: 0..<partitions, using: &random)
            queues[partition % workers].append(job)
            sent[job.tenant, default: 0] += 1
        }
        func run(_ worker: Int, from other: Int) {
            let job = queues[other][heads[other]]
            heads[other] += 1
            sent[job.tenant, default: 0] -= 1
            active[job.tenant, default: 0] += 1
            let end = now + service * Double.random(in: 0.5...1.5, using: &random)
            running[worker].append((end, job, worker != other))
        }
        func add(_ job: Job) {
            let size: Int = if case .fixedWindow(let size) = mechanism { size } else { window.size }
            let underWay = sent[job.tenant, default: 0] + active[job.tenant, default: 0]
            let weights = Set(sent.filter { $0.value > 0 }.keys).union(active.filter { $0.value > 0 }.keys).union([job.tenant]).count
            let capacity = size + active.values.reduce(0, +)
            let passes =
                mechanism == .none
                || held[job.tenant] == nil
                    && FairShares.mayPass(underWay: underWay, capacity: capacity, weight: 1, weights: weights)
            if passes { send(job) } else { held[job.tenant, default: []].append(job) }
        }

        for _ in 0..<imported { add(Job(tenant: 0, created: 0)) }
        var arrivals = (0..<others).map { Double($0) / Double(max(1, others)) }
        var time = 0.0
        while time < duration {
            time += Self.tick
            now = time
            for index in arrivals.indices where arrivals[index] <= time {
                add(Job(tenant: index + 1, created: time))
                arrivals[index] += 1
            }
            for worker in 0..<workers {
                running[worker].removeAll { run in
                    guard run.end <= time else { return false }
                    active[run.job.tenant, default: 0] -= 1
                    completed += 1
                    if run.job.tenant > 0 { waits.append(run.end - run.job.created) }
                    if run.isPolled { nextPoll[worker] = time }
                    return true
                }
                while running[worker].count < slots, heads[worker] < queues[worker].count { run(worker, from: worker) }
                if time >= nextPoll[worker] {
                    nextPoll[worker] += Self.pollInterval
                    while running[worker].count < slots,
                        let longest = (0..<workers).max(by: { queues[$0].count - heads[$0] < queues[$1].count - heads[$1] }),
                        heads[longest] < queues[longest].count, queues[longest][heads[longest]].created <= time - Self.pollInterval
                    { run(worker, from: longest) }
                }
                busy += Double(running[worker].count) * Self.tick
            }
            guard time >= nextRound, !held.isEmpty else { continue }
            nextRound = time + Self.pace
            rounds += 1
            let (inBroker, inHand) = (sent.values.reduce(0, +), active.values.reduce(0, +))
            let size: Int =
                switch mechanism {
                case .fixedWindow(let size): size
                case .none: 0
                case .turns: window.adapt(sent: inBroker, running: inHand, workers: running.count { !$0.isEmpty })
                }
            let names = Dictionary(uniqueKeysWithValues: held.keys.map { (TenantID("\($0)"), $0) })
            let allotted = FairShares.allot(
                size - inBroker, among: Array(names.keys),
                underWay: { names[$0].map { sent[$0, default: 0] + active[$0, default: 0] } ?? 0 }, weight: { _ in 1 })
            for (name, count) in allotted {
                guard let tenant = names[name], let jobs = held[tenant] else { continue }
                let head = heldHeads[tenant, default: 0]
                for job in jobs[head..<min(jobs.count, head + count)] {
                    send(job)
                    turned += 1
                }
                heldHeads[tenant] = head + count
                if head + count >= jobs.count { (held[tenant], heldHeads[tenant]) = (nil, nil) }
            }
        }
        waits.sort()
        var outcome = Outcome()
        // If none has ended, all of them wait for longer than the simulation.
        outcome.p95 = waits.isEmpty ? duration : waits[min(waits.count - 1, waits.count * 95 / 100)]
        outcome.throughput = Double(completed) / duration
        outcome.utilization = busy / (Double(workers * slots) * duration)
        outcome.roundsPerTask = turned > 0 ? Double(rounds) / Double(turned) : 0
        return outcome
    }
}
