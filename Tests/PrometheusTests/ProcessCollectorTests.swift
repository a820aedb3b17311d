import Foundation
import Prometheus
import Testing

@Suite("Process and disk")
struct ProcessCollectorTests {
    private func scrape() -> Exposition {
        let registry = PrometheusRegistry(descriptions: ProcessCollector.descriptions + DiskCollector.descriptions)
        registry.collect { ProcessCollector().collect(into: &$0) }
        registry.collect { DiskCollector("temporary", path: NSTemporaryDirectory()).collect(into: &$0) }
        return Exposition(registry)
    }

    @Test("the process reports its memory, start time, threads and files")
    func processMetricsAreReported() throws {
        let seen = scrape()
        #expect(try #require(seen["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(seen["process_virtual_memory_bytes"]) > seen["process_resident_memory_bytes"] ?? .infinity)
        #expect(try #require(seen["process_threads"]) >= 1)
        #expect(try #require(seen["process_max_fds"]) >= seen["process_open_fds"] ?? .infinity)
        let start = try #require(seen["process_start_time_seconds"])
        #expect((-5...86_400).contains(Date().timeIntervalSince1970 - start))
    }

    @Test("processor time grows with work")
    func processorTimeGrowsWithWork() throws {
        let before = try #require(scrape()["process_cpu_seconds_total"])
        var after = before
        let deadline = ContinuousClock.now + .seconds(30)
        while after <= before, ContinuousClock.now < deadline { after = try #require(scrape()["process_cpu_seconds_total"]) }
        #expect(after > before)
    }

    @Test("an opened file is counted")
    func openFilesAreCounted() throws {
        let before = try #require(scrape()["process_open_fds"])
        // Other tests open files, too, but not as many.
        let handles = (0..<64).compactMap { _ in FileHandle(forReadingAtPath: "/dev/null") }
        #expect(try #require(scrape()["process_open_fds"]) > before + 32)
        withExtendedLifetime(handles) {}
    }

    @Test("the disk reports its free and total space")
    func diskSpaceIsReported() throws {
        let size = try #require(scrape()[#"disk_size_bytes{folder="temporary"}"#])
        #expect(try #require(scrape()[#"disk_available_bytes{folder="temporary"}"#]) <= size)
        #expect(size > 0)
    }
}
