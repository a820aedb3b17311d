import Foundation
import PixelFlowCore
import WireFormats

/// The wire format of task changes: one JSON object per line, preceded by a letter for its kind.
enum ChangeBatch {
    /// By default, brokers accept messages of up to 1 MB; half of it leaves room for overhead.
    static let limit = 512 * 1024
    /// A larger single change is omitted; readers find it in the task store.
    static let largest = 900 * 1024
    static let version = "1"

    /// The kinds of lines.
    private enum Mark {
        static let change = UInt8(ascii: "t")
        /// A request to cancel the run of the task.
        static let cancellation = UInt8(ascii: "c")
        static let end = UInt8(ascii: "\n")
    }

    private static let encoder = JSONStreamEncoder(sortsKeys: false)
    private static let decoder = JSONDecoder()

    /// Encodes all changes in order, in as few values as possible.
    static func write(_ changes: [TaskChange]) throws -> [[UInt8]] {
        var batches: [[UInt8]] = []
        var batch: [UInt8] = []
        for change in changes {
            let json = try encoder.encode(change)
            guard json.count <= largest else { continue }
            if !batch.isEmpty, batch.count + json.count + 2 > limit {
                batches.append(batch)
                batch = []
            }
            batch.append(change.task.cancelRequested ? Mark.cancellation : Mark.change)
            batch.append(contentsOf: json)
            batch.append(Mark.end)
        }
        if !batch.isEmpty { batches.append(batch) }
        return batches
    }

    /// - Parameter interest: the kinds to decode; others are skipped cheaply.
    /// - Returns: the changes in order, and the number of undecodable lines.
    static func read(_ value: UnsafeRawBufferPointer, _ interest: EventInterest) -> (changes: [TaskChange], undecodable: Int) {
        var changes: [TaskChange] = []
        var undecodable = 0
        for line in value.split(separator: Mark.end) {
            guard let mark = line.first else { continue }
            if interest == .cancellations, mark != Mark.cancellation { continue }
            do {
                changes.append(try decoder.decode(TaskChange.self, from: Data(line.dropFirst())))
            } catch {
                undecodable += 1
            }
        }
        return (changes, undecodable)
    }
}

/// The changes that a process needs.
package enum EventInterest: Sendable, Hashable {
    case everything
    /// Only cancellations of runs, as needed by a worker.
    case cancellations
}
