import PixelFlowCore

extension IdentityStore {
    enum Lock: String {
        case signingKeys = "signing_keys"
        case revocations
        case setup
    }

    private static let increment = SQLStatement("increment_counter", "UPDATE counters SET value = value + 1 WHERE name = $1")
    private static let value = SQLStatement("read_counter", "SELECT value FROM counters WHERE name = $1")
    private static let addCounter = SQLStatement(
        "add_counter", "INSERT INTO counters (name, value) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING")
    private static let touch = SQLStatement("lock_organisation", "UPDATE organisations SET revision = revision + 1 WHERE id = $1")

    /// Serialises transactions until their end, by updating a row: every database locks an updated row.
    ///
    /// - Returns: how many transactions have taken this lock.
    @discardableResult
    static func lock(_ lock: Lock, _ connection: any SQLConnection) throws -> Int64 {
        try connection.execute(addCounter, .text(lock.rawValue))
        try connection.execute(increment, .text(lock.rawValue))
        return try connection.rows(value, .text(lock.rawValue)) { $0.integer(0) }.first ?? 0
    }

    /// Serialises changes to an organisation, so that counts stay valid until the end of the transaction.
    ///
    /// - Returns: false if there is no such organisation.
    @discardableResult
    static func lock(_ organisation: TenantID, _ connection: any SQLConnection) throws -> Bool {
        try connection.execute(touch, .id(organisation)) == 1
    }
}
