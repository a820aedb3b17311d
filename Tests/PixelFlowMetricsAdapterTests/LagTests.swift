import Deadlines
import KubernetesClient
import Metrics
import PixelFlowCore
import PixelFlowKafka
import Testing

@testable import PixelFlowMetricsAdapter

@Suite struct LagTests {
    /// Start, committed offset and end of each partition; then the target and the expected value.
    @Test(
        arguments: [
            ([(0, 5, 7), (0, 7, 7)], 10, 2),
            // Never committed: from the log start.
            ([(0, nil, 7), (3, nil, 7)], 10, 11),
            // Retention has removed messages before they were read: they can no longer be read.
            ([(6, 5, 7), (9, 0, 9)], 10, 1),
            ([(0, nil, 1_000), (0, 0, 0)], 10, 20), ([(0, nil, 21), (0, nil, 0)], 10, 20), ([(0, nil, 20), (0, nil, 0)], 10, 20),
            // The autoscaler takes the last step only above its tolerance: 220 does not request 11 replicas, and 240 does not request 12.
            (Array(repeating: (0, nil, 1_000), count: 12), 20, 243), (Array(repeating: (0, nil, 20), count: 12), 20, 240),
            ([(0, nil, .max)], 1_000_000, 1_000_000),
        ] as [([(Int64, Int64?, Int64)], Int, Int64)])
    func lagIsCountedAndCapped(partitions: [(Int64, Int64?, Int64)], target: Int, value: Int64) {
        let lag = KafkaGroupLag(
            group: "g", topic: "t",
            partitions: partitions.enumerated().map { index, each in
                KafkaGroupLag.Partition(partition: index, start: each.0, committed: each.1, end: each.2)
            })
        #expect(LagSample([.normal: lag], target: target, time: .now)?.value == value)
    }

    @Test func missingPartitionsAreNotALagOfZero() {
        #expect(LagSample([.normal: ScriptedLag.group([])], target: 10, time: .now) == nil)
        #expect(LagSample([:], target: 10, time: .now) == nil)
    }

    /// All workers are members for every lane: the cap is that of a single topic, the lag is the sum over all.
    @Test func theLagIsThatOfAllLanes() {
        let lanes: [Lane: KafkaGroupLag] = [
            .high: ScriptedLag.group([3, 0]), .normal: ScriptedLag.group([4, 1]), .low: ScriptedLag.group([0, 5]),
        ]
        #expect(LagSample(lanes, target: 10, time: .now)?.value == 13)
        let full = LagSample(lanes, target: 5, time: .now)
        #expect(full?.value == 10 && full?.isFull == true)
        // Whatever exceeds the cap is deducted from the last lanes.
        #expect(full?.values == [.high: 3, .normal: 5, .low: 2])
    }

    @Test func manyCallersShareAReading() async throws {
        let (source, time) = (ScriptedLag([4]), ManualClock())
        let reader = reader(source, time)
        source.hold()
        let values = try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 1...20 { group.addTask { try await reader.sample().value } }
            try await eventually(within: .seconds(20), "a reading") { source.readings > 0 }
            // However long it takes, a second reading is not started.
            time.advance(by: .seconds(60))
            group.addTask { try await reader.sample().value }
            source.release()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == Array(repeating: 4, count: 21))
        #expect(source.readings == 1)
    }

    @Test func aReadingIsValidForASecond() async throws {
        let (source, time) = (ScriptedLag([4]), ManualClock())
        let reader = reader(source, time)
        #expect(try await reader.sample().value == 4)
        source.set([5])
        time.advance(by: .milliseconds(900))
        #expect(try await reader.sample().value == 4)
        time.advance(by: .milliseconds(200))
        #expect(try await reader.sample().value == 5)
    }

    @Test func aFailureIsCachedForASecondAndReplacesTheValue() async throws {
        let (source, time) = (ScriptedLag([4]), ManualClock())
        let reader = reader(source, time)
        #expect(try await reader.sample().value == 4)
        source.fail()
        time.advance(by: .seconds(1))
        for _ in 1...3 { await #expect(throws: PixelFlowError.self) { try await reader.sample() } }
        #expect(source.readings == 2)
        source.set([6])
        time.advance(by: .seconds(1))
        #expect(try await reader.sample().value == 6)
    }

    /// The outage is too long for producers to bridge by buffering, so the lag does not include what they have yet to publish.
    @Test func afterAnOutageTheLagIsUnknownUntilTasksHaveBeenPublished() async throws {
        let (source, time) = (ScriptedLag([8, 6]), ManualClock())
        let reader = reader(source, time)
        #expect(try await reader.sample().value == 14)
        source.fail()
        for _ in 1...4 {
            time.advance(by: .seconds(5))
            await #expect(throws: PixelFlowError.self) { try await reader.sample() }
        }
        // The broker is back and empty: tasks accepted meanwhile have yet to be published.
        source.set([0, 0])
        for _ in 1...6 {
            time.advance(by: .seconds(5))
            let error = await #expect(throws: PixelFlowError.self) { try await reader.sample() }
            #expect(error?.code == "broker_recovering")
        }
        // A lag that uses all workers is always believed.
        source.set([500, 0])
        time.advance(by: .seconds(1))
        #expect(try await reader.sample().value == 20)
        source.set([3, 0])
        time.advance(by: .seconds(5))
        #expect(try await reader.sample().value == 3)
    }

    /// It does not know what was there before: an outage may just have ended.
    @Test func lowReadingsAreUnknownAfterAStart() async throws {
        let (source, time) = (ScriptedLag([0, 0]), ManualClock())
        let reader = reader(source, time, isKnown: false)
        // However long ago the last query was.
        time.advance(by: .seconds(60))
        for _ in 1...6 {
            let error = await #expect(throws: PixelFlowError.self) { try await reader.sample() }
            #expect(error?.code == "broker_recovering")
            time.advance(by: .seconds(5))
        }
        #expect(try await reader.sample().value == 0)

        source.set([9, 500])
        let another = self.reader(source, time, isKnown: false)
        #expect(try await another.sample().value == 20, "as much as the workers can take")
    }

    @Test func aLaneIsJudgedByItsOwnLag() async throws {
        let (source, time) = (ScriptedLag([.high: 1, .low: 1_000]), ManualClock())
        let reader = reader(source, time, isKnown: false)
        #expect(try await reader.sample(of: [.low]).value == 10)
        #expect(try await reader.sample().values == [.high: 1, .low: 9])
        let error = await #expect(throws: PixelFlowError.self) { try await reader.sample(of: [.high]) }
        #expect(error?.code == "broker_recovering")
        time.advance(by: .seconds(31))
        #expect(try await reader.sample(of: [.high, .normal]).values == [.high: 1])
        // A lane without a topic is not a lane without tasks.
        await #expect(throws: PixelFlowError.self) { try await reader.sample(of: [.normal]) }
        #expect(source.readings == 2)
    }

    private func reader(_ source: ScriptedLag, _ time: ManualClock, isKnown: Bool = true) -> LagReader {
        LagReader(
            source, target: 10, clock: time.clock, metrics: AdapterMetrics(NOOPMetricsHandler.instance), logger: Cluster.logger,
            recovery: BrokerRecovery(isKnown: isKnown))
    }
}
