import CLibPQ
import Foundation
import PixelFlowIdentity
import WireFormats

/// One connection. All calls block, so they must run on the pool's threads.
///
/// `@unchecked Sendable`: the pool gives it to one caller at a time.
final class PostgresConnection: @unchecked Sendable {
    /// How long to wait for the server to cancel a statement that timed out, before the connection is abandoned.
    private static let grace = Duration.seconds(1)

    private let handle: OpaquePointer
    private let statementTimeout: Duration
    private var prepared: Set<String> = []
    private var isClosed = false
    /// Set if an unread response is still pending.
    private var isAbandoned = false

    /// Connects.
    ///
    /// - Throws: `PostgresError`.
    init(_ parameters: ConnectionParameters, statementTimeout: Duration) throws {
        let handle = parameters.withCStrings { PQconnectdbParams($0, $1, 0) }
        guard let handle else { throw PostgresError(.unreachable, "out of memory") }
        guard PQstatus(handle) == CONNECTION_OK else {
            defer { PQfinish(handle) }
            throw PostgresError(.unreachable, Self.text(PQerrorMessage(handle)))
        }
        self.handle = handle
        self.statementTimeout = statementTimeout
        // Omit details, which would repeat the values of a row.
        PQsetErrorVerbosity(handle, PQERRORS_TERSE)
        // Notices would be printed to stderr, between the lines of the log.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        let limit = "\(statementTimeout.milliseconds)"
        try execute(Self.setTimeout, [.text(limit)])
    }

    deinit { close() }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        PQfinish(handle)
    }

    /// Whether the connection can be reused.
    var isReusable: Bool {
        !isClosed && !isAbandoned && PQstatus(handle) == CONNECTION_OK && PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    /// Whether the server has sent nothing since the last statement. Unsolicited data usually
    /// means that it is shutting down.
    var isQuiet: Bool {
        var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 0
    }

    // MARK: - Statements

    private static let setTimeout = SQLStatement("set_timeout", "SELECT set_config('statement_timeout', $1, false)")
    private static let setLocalTimeout = SQLStatement("set_local_timeout", "SELECT set_config('statement_timeout', $1, true)")

    /// Runs one statement, which is prepared on first use.
    ///
    /// - Throws: `PostgresError`.
    @discardableResult
    func execute(_ statement: SQLStatement, _ values: [SQLValue] = [], within limit: Duration? = nil) throws -> PostgresResult {
        let deadline = ContinuousClock.now + (limit ?? statementTimeout) + Self.grace
        let name = statement.name
        if !prepared.contains(name) {
            try sent(PQsendPrepare(handle, name, statement.sql, 0, nil))
            _ = try receive(until: deadline)
            prepared.insert(name)
        }
        try sent(Self.send(name, values, to: handle))
        return try receive(until: deadline)
    }

    /// Runs a literal script of several statements.
    ///
    /// - Throws: `PostgresError`.
    func execute(script: StaticString, within limit: Duration? = nil) throws {
        let deadline = ContinuousClock.now + (limit ?? statementTimeout) + Self.grace
        try sent(PQsendQuery(handle, Self.cString(script)))
        _ = try receive(until: deadline)
    }

    /// Runs `body` in a transaction whose statements may each take up to `limit`.
    ///
    /// - Parameter begin: the statement that begins it and sets the isolation level.
    func transaction<Value>(
        within limit: Duration? = nil, begin: StaticString = "BEGIN", _ body: () throws -> Value
    ) throws -> Value {
        try execute(script: begin)
        do {
            if let limit { try execute(Self.setLocalTimeout, [.text("\(limit.components.seconds)s")]) }
            let value = try body()
            try execute(script: "COMMIT", within: limit)
            return value
        } catch {
            // If this fails too, the connection is not reused.
            if !isAbandoned { try? execute(script: "ROLLBACK") }
            throw error
        }
    }

    private static func send(_ name: String, _ values: [SQLValue], to handle: OpaquePointer) -> Int32 {
        let parts = values.map(\.bytes)
        // One buffer for all values, so that all pointers into it are valid at the same time. Never empty, because libpq treats a
        // null pointer as NULL.
        let all = Array(parts.joined()) + [0]
        return all.withUnsafeBytes { bytes in
            var offset = 0
            var pointers: [UnsafePointer<CChar>?] = []
            for part in parts {
                pointers.append(bytes.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self))
                offset += part.count
            }
            let lengths = parts.map { Int32($0.count) }
            let binary = parts.map { _ in Int32(1) }
            return PQsendQueryPrepared(handle, name, Int32(parts.count), pointers, lengths, binary, 1)
        }
    }

    private func sent(_ status: Int32) throws {
        guard status == 1 else { throw lost() }
    }

    /// The last result of the statements, or the first failure.
    private func receive(until deadline: ContinuousClock.Instant) throws -> PostgresResult {
        var last: PostgresResult?
        var failure: PostgresError?
        while true {
            try awaitResult(until: deadline)
            guard let pointer = PQgetResult(handle) else { break }
            let result = PostgresResult(pointer)
            if result.isFailure { failure = failure ?? result.failure }
            last = consume result
        }
        guard PQstatus(handle) == CONNECTION_OK else { throw lost() }
        if let failure { throw failure }
        guard let last else { throw lost() }
        return last
    }

    private func awaitResult(until deadline: ContinuousClock.Instant) throws {
        while PQisBusy(handle) == 1 {
            var descriptor = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
            let left = max(0, (deadline - .now) / .milliseconds(1))
            let ready = poll(&descriptor, 1, Int32(min(left.rounded(.up), 3_600_000)))
            if ready < 0, errno == EINTR { continue }
            guard ready != 0 else {
                isAbandoned = true
                throw PostgresError(.timedOut, "the server has not responded in time")
            }
            guard PQconsumeInput(handle) == 1 else { throw lost() }
        }
    }

    private func lost() -> PostgresError {
        isAbandoned = true
        return PostgresError(.connectionLost, Self.text(PQerrorMessage(handle)))
    }

    // MARK: - Text

    /// `StaticString` guarantees the terminating NUL.
    private static func cString(_ text: StaticString) -> UnsafePointer<CChar> {
        UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    /// A message of libpq in one line.
    static func text(_ message: UnsafePointer<CChar>?) -> String {
        guard let message else { return "" }
        return String(cString: message).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "; ")
    }
}

extension SQLValue {
    /// The value as sent: bytes with a length, so that the server rejects a text with a NUL instead of truncating it.
    var bytes: [UInt8] {
        switch self {
        case .text(let text): Array(text.utf8)
        case .integer(let number): withUnsafeBytes(of: number.bigEndian) { Array($0) }
        }
    }
}
