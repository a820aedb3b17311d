public import PixelFlowCore

extension S3BlobStore {
    public func keys(_ prefix: BlobKey) async throws -> [BlobKey] {
        var found: [BlobKey] = []
        try await eachPage(of: prefix) { found += $0.compactMap(names.key) }
        return found.sorted { $0.rawValue < $1.rawValue }
    }

    /// Asks once for the tenants and once for each tenant's tasks. Complete and in order where no task's id is
    /// the beginning of another's, which UUIDs are not.
    public func taskPrefixes(after previous: BlobKey?, limit: Int) async throws -> [BlobKey] {
        guard limit > 0 else { return [] }
        let previousTenant = previous.map { "\(names.prefix)\($0.rawValue.prefix { $0 != "/" })/" } ?? ""
        // Sorted here, for servers that keep folders think `t/` comes before `t-1/`.
        let tenants = try await folderNames(in: names.prefix).filter { $0 >= previousTenant }.sorted()
        var found: [BlobKey] = []
        for tenant in tenants where found.count < limit {
            let after = try tenant == previousTenant ? previous.map(names.name) : nil
            found += try await folderNames(in: tenant, after: after, limit: limit - found.count)
                .compactMap { names.key(String($0.dropLast())) }.sorted { $0.rawValue < $1.rawValue }
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

    /// Names that end in a slash, directly below `parent` and after that of the folder `after`.
    private func folderNames(in parent: String, after: String? = nil, limit: Int = .max) async throws -> [String] {
        var found: [String] = []
        // Everything below `after/` comes before the slash's successor; a server that sees it otherwise is corrected.
        try await transport.list(prefix: parent, delimiter: "/", after: after.map { $0 + "0" }, limit: min(limit, 1000)) { page in
            found += page.prefixes.filter { $0 != after.map { $0 + "/" } }
            return found.count < limit
        }
        return Array(found.prefix(limit))
    }
}
