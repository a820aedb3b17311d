public import WireFormats

extension Kubeconfig {
    /// The merged configuration as kubectl shows it: without keys, tokens, passwords, and arguments and environment of plugins.
    public func redacted() -> JSONValue {
        var view: JSONValue = ["apiVersion": "v1", "kind": "Config", "preferences": [:]]
        view["current-context"] = .string(currentContext ?? "")
        view["clusters"] = Self.entries(clusters, "cluster", \.view)
        view["contexts"] = Self.entries(contexts, "context", \.view)
        view["users"] = Self.entries(users, "user", \.view)
        return view
    }

    /// Sorted by name.
    private static func entries<Entry>(_ entries: [String: Entry], _ key: String, _ view: (Entry) -> JSONValue) -> JSONValue {
        .array(entries.sorted { $0.key < $1.key }.map { ["name": .string($0.key), key: view($0.value)] })
    }
}

extension JSONValue {
    fileprivate mutating func show(_ key: String, _ text: String?) {
        if let text { self[key] = .string(text) }
    }

    fileprivate mutating func show(_ key: String, _ material: Kubeconfig.Material?) {
        switch material {
        case .file(let path): self[key] = .string(path)
        case .base64: self["\(key)-data"] = "DATA+OMITTED"
        case nil: break
        }
    }

    fileprivate mutating func hide(_ key: String, _ secret: String?) {
        if secret != nil { self[key] = "REDACTED" }
    }
}

extension Kubeconfig.Context {
    fileprivate var view: JSONValue {
        var view: JSONValue = ["cluster": .string(cluster), "user": .string(user)]
        view.show("namespace", namespace)
        return view
    }
}

extension Kubeconfig.Cluster {
    fileprivate var view: JSONValue {
        var view: JSONValue = [:]
        view.show("server", server)
        view.show("tls-server-name", tlsServerName)
        view.show("certificate-authority", authority)
        // The URL of a proxy may contain a password.
        view.show("proxy-url", proxyURL.map { $0.contains("@") ? "REDACTED" : $0 })
        if skipsVerification { view["insecure-skip-tls-verify"] = true }
        return view
    }
}

extension Kubeconfig.User {
    fileprivate var view: JSONValue {
        var view: JSONValue = [:]
        view.show("client-certificate", clientCertificate)
        view.show("client-key", clientKey)
        view.show("tokenFile", tokenFile)
        view.show("username", username)
        view.show("as", impersonation?.user)
        view.hide("token", token)
        view.hide("password", password)
        if let exec {
            view["exec"] = [
                "apiVersion": .string(exec.apiVersion), "command": .string(exec.command),
                "args": .array(exec.arguments.map { _ in "REDACTED" }),
                "env": .array(exec.environment.map { ["name": .string($0.name), "value": "REDACTED"] }),
            ]
        }
        return view
    }
}
