import Foundation
import PixelFlowCore

/// The wire format of task changes: one JSON object per line, each after a letter for its kind.
enum ChangeBatch {
    /// By default, brokers accept messages of up to 1 MB; half of it leaves room for the overhead.
    static let limit = 512 * 1024
    /// A single change that is larger is left out; the task store has it.
    static let largest = 900 * 1024
    static let version = "1"

    /// The kind of a line.
    private enum Mark {
        static let change = UInt8(ascii: "t")
        /// The run of the task is to be cancelled.
        static let cancellation = UInt8(ascii: "c")
        static let end = UInt8(ascii: "\n")
    }

    private static let encoder = JSONEncoder()
    private static let decoder = JSONDecoder()

    /// The fewest values that hold all changes, in order.
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

    /// - Parameter interest: the kinds to decode; others cost nothing.
    /// - Returns: the changes in order, and how many lines could not be read.
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

/// The changes in which a process is interested.
package enum EventInterest: Sendable, Hashable {
    case everything
    /// Only cancellations of runs, for a worker.
    case cancellations
}
