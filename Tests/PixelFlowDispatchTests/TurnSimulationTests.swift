import Foundation
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowDispatch

/// Guaranteed properties, verified with the simulation behind the decision (docs/adr/0015-organisations-take-turns.md).
@Suite struct TurnSimulationTests {
    static let embedded = DispatchWindow.Limits()
    static let servers = DispatchWindow.Limits(least: 4, perWorker: TurnSettings.defaultPerWorker)

    private func idle(_ simulation: TurnSimulation) -> Double {
        var idle = simulation
        idle.imported = 0
        return idle.run(.none).p95
    }

    @Test(arguments: [embedded, servers], [(4, 6), (1, 6), (2, 12)])
    func anImportHardlyDelaysOtherOrganisations(limits: DispatchWindow.Limits, size: (workers: Int, slots: Int)) {
        let simulation = TurnSimulation(workers: size.workers, slots: size.slots)
        let beside = simulation.run(.turns(limits))
        // The minimum that the autoscaler needs increases waiting times.
        let factor = limits.perWorker > 0 ? 6.0 : 3.0
        #expect(beside.p95 <= factor * idle(simulation), "\(beside)")
        let free = simulation.run(.none)
        #expect(beside.throughput >= 0.95 * free.throughput, "\(beside) instead of \(free)")
    }

    /// Many workers with few slots and few partitions have uneven loads, and eight workers cannot share twelve partitions
    /// evenly at all. Until the others poll, the window is filled with messages for the busiest.
    @Test(arguments: [6, 8]) func manySmallWorkersLoseLittleThroughput(workers: Int) {
        let simulation = TurnSimulation(workers: workers, slots: 3)
        let (free, turns) = (simulation.run(.none), simulation.run(.turns(Self.embedded)))
        #expect(turns.throughput >= 0.8 * free.throughput, "\(turns) instead of \(free)")
    }

    @Test func withoutTurnsOthersWaitForTheWholeImport() {
        let simulation = TurnSimulation(duration: 40)
        #expect(simulation.run(.none).p95 > 20 * idle(simulation))
    }

    @Test(arguments: [0.005, 0.02, 0.5, 3.0]) func theWindowAdaptsToTheTaskDuration(service: Double) {
        let simulation = TurnSimulation(service: service, imported: 60_000, others: 3)
        let (free, turns) = (simulation.run(.none), simulation.run(.turns(Self.embedded)))
        #expect(turns.throughput >= 0.9 * free.throughput, "\(turns) instead of \(free)")
    }

    @Test func roundsAreSharedByManyTasks() {
        #expect(TurnSimulation().run(.turns(Self.embedded)).roundsPerTask < 0.2)
    }

    /// The table of docs/adr/0015: PIXELFLOW_PRINT_SIMULATION=1 prints it.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["PIXELFLOW_PRINT_SIMULATION"] != nil, "the table was not asked for"))
    func printsTheSimulationTable() {
        let simulation = TurnSimulation()
        let quiet = idle(simulation)
        let mechanisms: [(String, TurnSimulation.Mechanism)] =
            [("order of arrival", .none)] + [4, 12, 24, 48, 96, 400].map { ("turns, fixed window of \($0)", .fixedWindow($0)) }
            + [("turns, adaptive window", .turns(Self.embedded)), ("turns, adaptive, 12 for each worker", .turns(Self.servers))]
        for (name, mechanism) in mechanisms {
            let outcome = simulation.run(mechanism)
            let p95 = (outcome.p95 * 1000).rounded() / 1000
            let factor = (outcome.p95 / quiet * 10).rounded() / 10
            let rounds = (outcome.roundsPerTask * 1000).rounded() / 1000
            print("| \(name) | \(p95) s | \(factor) | \(Int(outcome.throughput)) | \(rounds) |")
        }
        #expect(quiet > 0)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64]) func allotmentsAreFairAndWasteNothing(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let tenants = (0..<Int.random(in: 1...12, using: &random)).map { TenantID("\($0)") }
            let underWay = Dictionary(uniqueKeysWithValues: tenants.map { ($0, Int.random(in: 0...20, using: &random)) })
            let weights = Dictionary(uniqueKeysWithValues: tenants.map { ($0, Int.random(in: 1...4, using: &random)) })
            let room = Int.random(in: 0...100, using: &random)
            let given = FairShares.allot(room, among: tenants, underWay: { underWay[$0] ?? 0 }, weight: { weights[$0] ?? 1 })
            #expect(given.values.reduce(0, +) == room)
            // No organisation got a task while another one had less relative to its weight.
            for (tenant, count) in given where count > 0 {
                let level = Double((underWay[tenant] ?? 0) + count) / Double(weights[tenant] ?? 1)
                for other in tenants {
                    let claim = Double((underWay[other] ?? 0) + (given[other] ?? 0) + 1) / Double(weights[other] ?? 1)
                    #expect(level <= claim + 1e-9)
                }
            }
        }
    }

    @Test func theWindowKeepsItsBounds() {
        var window = DispatchWindow(.init(least: 4, perWorker: 12, most: 100))
        for _ in 0..<50 { #expect((4...100).contains(window.adapt(sent: 0, running: 3, workers: 1))) }
        #expect(window.size == 100)
        for _ in 0..<500 { _ = window.adapt(sent: 100, running: 3, workers: 1) }
        #expect(window.size == 12)
        _ = window.adapt(sent: 12, running: 60, workers: 1)
        #expect(window.size == 30)
    }
}
