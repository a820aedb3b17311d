import WireFormats

extension Kubeconfig {
    /// Parses the text of a file.
    /// - Parameters:
    ///   - file: Identifies the file in errors, and is the base of its relative paths.
    /// - Throws: `KubernetesError` of kind `configuration` with the position.
    public init(parsing bytes: [UInt8], file: String) throws {
        let document: JSONValue
        do {
            document = try YAMLDocument.parse(bytes)
        } catch {
            throw KubernetesError(.configuration, "\(file): \(error)")
        }
        let directory = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        let reader = ConfigurationReader(value: document, path: "\(file):")
        currentContext = try reader.text("current-context")
        contexts = try reader.named("contexts", "context", Context.init(reading:))
        clusters = try reader.named("clusters", "cluster") { try Cluster(reading: $0, in: directory) }
        users = try reader.named("users", "user") { try User(reading: $0, in: directory) }
        files = [file]
    }

    /// Paths in a kubeconfig are relative to its folder.
    static func resolve(_ path: String, in directory: String) -> String {
        path.hasPrefix("/") ? path : "\(directory)/\(path)"
    }
}

extension Kubeconfig.Context {
    fileprivate init(reading reader: ConfigurationReader) throws {
        cluster = try reader.text("cluster") ?? ""
        user = try reader.text("user") ?? ""
        namespace = try reader.text("namespace")
    }
}

extension Kubeconfig.Material {
    /// Inline data takes precedence over a file, as in kubectl.
    fileprivate init?(reading reader: ConfigurationReader, _ key: String, in directory: String) throws {
        if let data = try reader.text("\(key)-data") {
            self = .base64(data)
        } else if let path = try reader.text(key) {
            self = .file(Kubeconfig.resolve(path, in: directory))
        } else {
            return nil
        }
    }
}

extension Kubeconfig.Cluster {
    fileprivate init(reading reader: ConfigurationReader, in directory: String) throws {
        server = try reader.text("server")
        tlsServerName = try reader.text("tls-server-name")
        skipsVerification = try reader.flag("insecure-skip-tls-verify")
        authority = try Kubeconfig.Material(reading: reader, "certificate-authority", in: directory)
        proxyURL = try reader.text("proxy-url")
        for element in try reader.list("extensions") where try element.text("name") == "client.authentication.k8s.io/exec" {
            pluginConfiguration = try element.field("extension")?.value
        }
    }
}

extension Kubeconfig.User {
    fileprivate init(reading reader: ConfigurationReader, in directory: String) throws {
        clientCertificate = try Kubeconfig.Material(reading: reader, "client-certificate", in: directory)
        clientKey = try Kubeconfig.Material(reading: reader, "client-key", in: directory)
        token = try reader.text("token")
        tokenFile = try reader.text("tokenFile").map { Kubeconfig.resolve($0, in: directory) }
        username = try reader.text("username")
        password = try reader.text("password")
        exec = try reader.field("exec").map { try ExecPlugin(reading: $0, in: directory) }
        impersonation = try Impersonation(reading: reader)
        legacyProvider = try reader.field("auth-provider")?.text("name")
    }
}

extension Impersonation {
    fileprivate init?(reading reader: ConfigurationReader) throws {
        self.init(
            user: try reader.text("as"), uid: try reader.text("as-uid"), groups: try reader.texts("as-groups"),
            extra: try reader.textLists("as-user-extra"))
        guard user != nil || uid != nil || !groups.isEmpty || !extra.isEmpty else { return nil }
    }
}

extension ExecPlugin {
    fileprivate init(reading reader: ConfigurationReader, in directory: String) throws {
        guard let command = try reader.text("command") else {
            throw KubernetesError(.configuration, "\(reader.path): the command is missing")
        }
        // A bare name is looked up in PATH; anything with a slash is a path.
        self.command = command.contains("/") ? Kubeconfig.resolve(command, in: directory) : command
        arguments = try reader.texts("args")
        environment = try reader.list("env").map { Variable(name: try $0.text("name") ?? "", value: try $0.text("value") ?? "") }
        apiVersion = try reader.text("apiVersion") ?? ""
        installHint = try reader.text("installHint")
        providesClusterInfo = try reader.flag("provideClusterInfo")
        let mode = try reader.text("interactiveMode") ?? InteractiveMode.ifAvailable.rawValue
        guard let interactiveMode = InteractiveMode(rawValue: mode) else {
            throw KubernetesError(.configuration, "\(reader.path).interactiveMode: Never, IfAvailable or Always was expected")
        }
        self.interactiveMode = interactiveMode
    }
}
