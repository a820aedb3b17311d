package import PixelFlowCore

/// A violated rule, and where this was detected.
package struct ConformanceFailure: Error, CustomStringConvertible {
    package let message: String
    package let location: String

    package init(_ message: String, file: String, line: Int) {
        self.message = message
        self.location = "\(file):\(line)"
    }

    package var description: String { "\(message) (\(location))" }
}

/// Requires a condition.
///
/// - Throws: `ConformanceFailure` with `message`.
package func require(
    _ condition: Bool, _ message: @autoclosure () -> String, file: String = #fileID, line: Int = #line
) throws {
    guard condition else { throw ConformanceFailure(message(), file: file, line: line) }
}

/// Requires two values to be equal; the failure shows both.
///
/// - Throws: `ConformanceFailure`.
package func requireEqual<Value: Equatable>(
    _ found: Value, _ expected: Value, _ what: @autoclosure () -> String, file: String = #fileID, line: Int = #line
) throws {
    guard found != expected else { return }
    throw ConformanceFailure("\(what()): found \(found), expected \(expected)", file: file, line: line)
}

/// Requires a value to be non-nil and returns it.
///
/// - Throws: `ConformanceFailure` with `message`.
package func requireValue<Value>(
    _ value: Value?, _ message: @autoclosure () -> String, file: String = #fileID, line: Int = #line
) throws -> Value {
    guard let value else { throw ConformanceFailure(message(), file: file, line: line) }
    return value
}

/// Requires `body` to throw a `PixelFlowError` of `kind`.
///
/// - Throws: `ConformanceFailure` if it throws another error or none.
package func requireRefusal(
    _ kind: PixelFlowError.Kind, _ what: String, file: String = #fileID, line: Int = #line, _ body: () async throws -> Void
) async throws {
    do {
        try await body()
    } catch let error as PixelFlowError where error.kind == kind {
        return
    } catch {
        throw ConformanceFailure("\(what): refused with \(error) instead of \(kind.rawValue)", file: file, line: line)
    }
    throw ConformanceFailure("\(what): not refused", file: file, line: line)
}
