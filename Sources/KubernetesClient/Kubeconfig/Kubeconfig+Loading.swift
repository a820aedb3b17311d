extension Kubeconfig {
    /// Reads and merges kubeconfig files as kubectl does.
    ///
    /// - If `explicit` is set, reads only this file, which must exist.
    /// - Otherwise, reads the files in `$KUBECONFIG`, separated by colons; missing ones are ignored.
    /// - Otherwise, reads `~/.kube/config` if it exists.
    ///
    /// For each context, cluster and user, the first file that names it supplies the complete entry; the first file that sets the
    /// current context supplies it. Relative paths are relative to the file that contains them.
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
