package import PixelFlowCore

extension S3BlobStore {
    package func keys(_ prefix: BlobKey) async throws -> [BlobKey] {
        var found: [BlobKey] = []
        try await eachPage(of: prefix) { found += $0.compactMap(names.key) }
        return found.sorted { $0.rawValue < $1.rawValue }
    }

    /// Lists the tenants once, then each tenant's objects in pages of a thousand. Listing with a delimiter would be cheaper, but some
    /// servers keep showing prefixes for some time after their last object is gone. The result is complete and sorted if no task id is
    /// the prefix of another one, which holds for UUIDs.
    package func taskPrefixes(after previous: BlobKey?, limit: Int) async throws -> [BlobKey] {
        guard limit > 0 else { return [] }
        let previousTenant = previous.map { "\(names.prefix)\($0.rawValue.prefix { $0 != "/" })/" } ?? ""
        // Sort here, because servers with real folders order `t/` before `t-1/`.
        let tenants = try await tenantNames().filter { $0 >= previousTenant }.sorted()
        var found: [BlobKey] = []
        for tenant in tenants where found.count < limit {
            found += try await tasks(of: tenant, after: tenant == previousTenant ? previous : nil, limit: limit - found.count)
        }
        return found
    }

    /// Passes the names at or below a prefix to `use`, page by page.
    func eachPage(of prefix: BlobKey, _ use: ([String]) async throws -> Void) async throws {
        let name = try names.name(prefix)
        try await transport.list(prefix: name) { page in
            // `a/1` is also a prefix of `a/10`.
            let below = page.names.filter { $0 == name || $0.hasPrefix(name + "/") }
            if !below.isEmpty { try await use(below) }
            return true
        }
    }

    /// The common prefixes, including the configured prefix and the trailing slash.
    private func tenantNames() async throws -> [String] {
        var found: [String] = []
        try await transport.list(prefix: names.prefix, delimiter: "/") { page in
            found += page.prefixes
            return true
        }
        return found
    }

    private func tasks(of tenant: String, after previous: BlobKey?, limit: Int) async throws -> [BlobKey] {
        var found: [BlobKey] = []
        // A tilde is not allowed in keys and sorts after all allowed characters, so this name follows the last object of the task.
        let start = try previous.map { try names.name($0) + "/~" }
        try await transport.list(prefix: tenant, after: start, limit: min(limit, 125) * Self.objectsOfATask) { page in
            for name in page.names {
                guard found.count < limit, let task = names.key(name)?.task else { continue }
                if task != found.last, task != previous { found.append(task) }
            }
            return found.count < limit
        }
        return found.sorted { $0.rawValue < $1.rawValue }
    }

    /// The source, four outputs and a margin: an estimate of the objects per task.
    private static let objectsOfATask = 8
}

extension BlobKey {
    /// The `tenant/task` prefix of an object's key.
    fileprivate var task: BlobKey? {
        let parts = rawValue.split(separator: "/", maxSplits: 2)
        return parts.count == 3 ? BlobKey(rawValue: "\(parts[0])/\(parts[1])") : nil
    }
}
