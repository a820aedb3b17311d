import PixelFlowCore
import Testing

@testable import PixelFlowDispatch

/// When changes are published, with a controlled clock.
@Suite struct ChangePacerTests {
    /// Runs a number of tasks through a pacer, and publishes what is due.
    private struct Driver {
        var now = ContinuousClock.now
        var pacer: ChangePacer<ContinuousClock.Instant>
        let start: ContinuousClock.Instant
        private(set) var publications: [Duration] = []
        private var next = 0

        init() {
            start = now
            pacer = ChangePacer(at: now)
        }

        mutating func task() -> TaskID {
            next += 1
            return TaskID("task-\(next)")
        }

        mutating func add(_ task: TaskID, isFinal: Bool = false) {
            _ = pacer.add(task, isFinal: isFinal, at: now)
            publish()
        }

        /// Advances the time, and publishes what becomes due.
        mutating func pass(_ time: Duration) {
            let end = now.advanced(by: time)
            while let due = pacer.due, due <= end {
                now = max(now, due)
                publish()
            }
            now = end
        }

        private mutating func publish() {
            if pacer.publish(at: now) { publications.append(start.duration(to: now)) }
        }
    }

    @Test func theFirstChangeIsSentImmediately() {
        var driver = Driver()
        driver.add(driver.task())
        #expect(driver.publications == [.zero])
    }

    /// A client that waits for each result before it sends the next task, 4 ms later.
    @Test func aClientThatWaitsForEachResultIsNeverPaced() {
        var driver = Driver()
        for _ in 0..<500 {
            let task = driver.task()
            driver.add(task)
            driver.pass(.milliseconds(1))
            driver.add(task)
            driver.pass(.milliseconds(3))
            driver.add(task, isFinal: true)
            #expect(driver.publications.last == driver.start.duration(to: driver.now))
            #expect(driver.pacer.due == nil)
        }
    }

    @Test func twoWaitingClientsAreNotPaced() {
        var driver = Driver()
        let slow = driver.task()
        for _ in 0..<100 {
            driver.add(slow)
            let task = driver.task()
            driver.add(task)
            driver.pass(.milliseconds(4))
            driver.add(task, isFinal: true)
            #expect(driver.pacer.due == nil)
        }
    }

    /// 16 concurrent tasks, of which one ends every millisecond.
    @Test func underLoadCompletionsArePaced() {
        var driver = Driver()
        var running: [TaskID] = []
        for _ in 0..<16 {
            running.append(driver.task())
            driver.add(running[running.count - 1])
        }
        var ended = 0
        for _ in 0..<2000 {
            driver.pass(.milliseconds(1))
            driver.add(running.removeFirst(), isFinal: true)
            ended += 1
            let task = driver.task()
            driver.add(task)
            running.append(task)
        }
        // In two seconds: the initial contents of the bucket, and one every 20 ms.
        #expect((100...106).contains(driver.publications.count))
        let gaps = zip(driver.publications.dropFirst(10), driver.publications.dropFirst(11)).map { $1 - $0 }
        #expect(gaps.allSatisfy { $0 <= .milliseconds(21) })
    }

    @Test func afterAPauseTheBucketIsFull() {
        var driver = Driver()
        for _ in 0..<3 {
            let others = (0..<4).map { _ in driver.task() }
            for other in others { driver.add(other) }
            let before = driver.publications.count
            for _ in 0..<10 {
                let task = driver.task()
                driver.add(task)
                driver.add(task, isFinal: true)
            }
            #expect(driver.publications.count == before + 5)
            driver.pass(.milliseconds(20))
            #expect(driver.publications.count == before + 6)
            driver.pass(.seconds(1))
        }
    }

    @Test func otherChangesWaitToBeBatched() {
        var driver = Driver()
        driver.add(driver.task())
        for _ in 0..<9 {
            driver.pass(.milliseconds(10))
            driver.add(driver.task())
        }
        #expect(driver.publications == [.zero])
        driver.pass(.milliseconds(10))
        #expect(driver.publications == [.zero, .milliseconds(100)])
    }

    /// A render of a minute does not delay the ends of short tasks.
    @Test func longRunningTasksDoNotDelayOthers() {
        var driver = Driver()
        for _ in 0..<8 { driver.add(driver.task()) }
        driver.pass(.milliseconds(101))
        for _ in 0..<50 {
            let task = driver.task()
            driver.add(task)
            driver.pass(.milliseconds(1))
            driver.add(task, isFinal: true)
            #expect(driver.pacer.due == nil)
        }
    }

    @Test func aFlushSendsEverything() {
        var driver = Driver()
        for _ in 0..<3 { driver.add(driver.task()) }
        #expect(driver.pacer.due != nil)
        driver.pacer.flush(at: driver.now)
        #expect(driver.pacer.due == nil)
    }
}
