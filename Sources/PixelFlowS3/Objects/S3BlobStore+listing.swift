package import PixelFlowCore

extension S3BlobStore {
    package func keys(_ prefix: BlobKey) async throws -> [BlobKey] {
        var found: [BlobKey] = []
        try await eachPage(of: prefix) { found += $0.compactMap(names.key) }
        return found.sorted { $0.rawValue < $1.rawValue }
    }

    /// Lists the tenants once, then each tenant's objects in pages of a thousand. Folders would be cheaper, but some
    /// servers show them for a while after their last object is gone. Complete and in order if no task's id is the
    /// prefix of another's, which is the case for UUIDs.
    package func taskPrefixes(after previous: BlobKey?, limit: Int) async throws -> [BlobKey] {
        guard limit > 0 else { return [] }
        let previousTenant = previous.map { "\(names.prefix)\($0.rawValue.prefix { $0 != "/" })/" } ?? ""
        // Sorted here, for servers that keep folders think `t/` comes before `t-1/`.
        let tenants = try await tenantNames().filter { $0 >= previousTenant }.sorted()
        var found: [BlobKey] = []
        for tenant in tenants where found.count < limit {
            found += try await tasks(of: tenant, after: tenant == previousTenant ? previous : nil, limit: limit - found.count)
        }
        return found
    }

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

    /// With the prefix before and a slash behind.
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
        // No key has a tilde, which comes after all that keys have: so this is after the last object of the task.
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
    /// `tenant/task` of an object's key.
    fileprivate var task: BlobKey? {
        let parts = rawValue.split(separator: "/", maxSplits: 2)
        return parts.count == 3 ? BlobKey(rawValue: "\(parts[0])/\(parts[1])") : nil
    }
}
