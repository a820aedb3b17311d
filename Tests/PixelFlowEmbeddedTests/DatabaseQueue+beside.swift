import GRDB

extension DatabaseQueue {
    /// A connection of the test to a file that a store may also have open, so it waits for the store's writes.
    static func beside(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: path, configuration: configuration)
    }
}
