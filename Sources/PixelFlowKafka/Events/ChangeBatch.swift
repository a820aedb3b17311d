import Foundation
import PixelFlowCore

/// Changes of tasks on the wire: one JSON object a line, each after a letter that tells what reading it is good for.
enum ChangeBatch {
    /// Brokers take messages of up to 1 MB unless told otherwise; half of it leaves room for everything around.
    static let limit = 512 * 1024
    /// A single change that is larger is left out; the task store has it.
    static let largest = 900 * 1024
    static let version = "1"

    /// What a line is about.
    private enum Mark {
        static let change = UInt8(ascii: "t")
        /// Someone wants the task's run to end.
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

    /// - Parameter interest: what is read at all; the rest costs nothing.
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

/// Which changes a process wants to hear of.
package enum EventInterest: Sendable, Hashable {
    case everything
    /// Only of tasks whose run is to end, as a worker does.
    case cancellations
}
