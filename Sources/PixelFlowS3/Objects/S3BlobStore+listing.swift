public import PixelFlowCore

extension S3BlobStore {
    public func keys(_ prefix: BlobKey) async throws -> [BlobKey] {
        var found: [BlobKey] = []
        try await eachPage(of: prefix) { found += $0.compactMap(names.key) }
        return found.sorted { $0.rawValue < $1.rawValue }
    }

    /// Sorted as the protocol wants where no task's id is the beginning of another's, which UUIDs are not.
    public func taskPrefixes(after previous: BlobKey?, limit: Int) async throws -> [BlobKey] {
        guard limit > 0 else { return [] }
        var found: [BlobKey] = []
        let tenant = previous?.rawValue.split(separator: "/").first.map { "\(names.prefix)\($0)/" }
        if let tenant, let previous { found = try await folders(in: tenant, after: names.name(previous) + "/", limit: limit) }
        while found.count < limit {
            // A page of tenants at a time: which of them have enough tasks shows only below them.
            let tenants = try await folderNames(in: names.prefix, after: found.last.map(tenantName) ?? tenant, limit: Self.tenantsAtATime)
            for tenant in tenants where found.count < limit {
                found += try await folders(in: tenant, after: nil, limit: limit - found.count)
            }
            if tenants.count < Self.tenantsAtATime { break }
        }
        return found.filter { $0.rawValue > previous?.rawValue ?? "" }.sorted { $0.rawValue < $1.rawValue }
    }

    static let tenantsAtATime = 100

    /// The names at or below a prefix, a page at a time.
    func eachPage(of prefix: BlobKey, _ use: ([String]) async throws -> Void) async throws {
        let name = try names.name(prefix)
        try await transport.list(prefix: name) { page in
            // `a/1` is the beginning of `a/10` too.
            let below = page.names.filter { $0 == name || $0.hasPrefix(name + "/") }
            if !below.isEmpty { try await use(below) }
            return true
        }
    }

    private func tenantName(_ task: BlobKey) -> String {
        "\(names.prefix)\(task.rawValue.prefix { $0 != "/" })/"
    }

    private func folders(in parent: String, after: String?, limit: Int) async throws -> [BlobKey] {
        try await folderNames(in: parent, after: after, limit: limit).compactMap { names.key(String($0.dropLast())) }
    }

    /// Names that end in a slash, directly below `parent`.
    private func folderNames(in parent: String, after: String?, limit: Int) async throws -> [String] {
        var found: [String] = []
        // Everything below `after` comes before the slash's successor; and a server that sees it otherwise is corrected.
        let start = after.map { String($0.dropLast()) + "0" }
        try await transport.list(prefix: parent, delimiter: "/", after: start, limit: min(limit, 1000)) { page in
            found += page.prefixes.filter { $0 != after }
            return found.count < limit
        }
        return Array(found.prefix(limit))
    }
}
