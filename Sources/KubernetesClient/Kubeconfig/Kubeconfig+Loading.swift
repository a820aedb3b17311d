extension Kubeconfig {
    /// Reads and merges kubeconfig files as kubectl does.
    ///
    /// - An explicit file is the only one read, and must be there.
    /// - Else the files of `$KUBECONFIG`, separated by colons; those that are missing are passed over.
    /// - Else `~/.kube/config`, if it is there.
    ///
    /// The first file to name a context, cluster or user decides the whole of it; the first to set the
    /// current context decides that. Relative paths are relative to the file they stand in.
    /// - Throws: `KubernetesError` of kind `configuration`.
    public static func load(explicit: String? = nil, environment: [String: String]) throws -> Kubeconfig {
        if let explicit {
            guard var config = try read(explicit) else {
                throw KubernetesError(.configuration, "the kubeconfig \(explicit) does not exist")
            }
            config.destination = explicit
            return config
        }
        let candidates = candidateFiles(environment)
        var merged = Kubeconfig()
        for path in candidates {
            if let config = try read(path) { merged.merge(config) }
        }
        merged.destination = merged.destination ?? merged.files.first ?? candidates.last
        return merged
    }

    private static func candidateFiles(_ environment: [String: String]) -> [String] {
        if let list = environment["KUBECONFIG"], !list.isEmpty {
            var seen: Set<String> = []
            return list.split(separator: ":").map(String.init).filter { seen.insert($0).inserted }
        }
        guard let home = environment["HOME"], !home.isEmpty else { return [] }
        return ["\(home)/.kube/config"]
    }

    /// Nil if there is no such file.
    private static func read(_ path: String) throws -> Kubeconfig? {
        let contents: [UInt8]
        do {
            contents = try ConfigurationFile.read(path)
        } catch {
            if error.isMissing { return nil }
            throw KubernetesError(.configuration, "the kubeconfig cannot be read: \(error)")
        }
        return try Kubeconfig(parsing: contents, file: path)
    }

    private mutating func merge(_ other: Kubeconfig) {
        if currentContext == nil, let context = other.currentContext {
            currentContext = context
            destination = other.files.first
        }
        contexts.merge(other.contexts) { first, _ in first }
        clusters.merge(other.clusters) { first, _ in first }
        users.merge(other.users) { first, _ in first }
        files += other.files
    }

    public var isEmpty: Bool { contexts.isEmpty && clusters.isEmpty && users.isEmpty && currentContext == nil }
}
