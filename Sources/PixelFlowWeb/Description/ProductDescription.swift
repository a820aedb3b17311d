import HTTPTypes
import WireFormats

/// One description of the whole product, merged from web's own and those of the services behind it.
struct ProductDescription {
    private var tags: [JSONValue] = []
    private var paths: [String: JSONValue] = [:]
    /// By section, such as `schemas`, and name.
    private var components: [String: [String: JSONValue]] = [:]
    private var ids: Set<String> = []

    /// - Parameter own: contains web's routes and the general description of the product.
    /// - Throws: `DescriptionClashError`.
    static func json(_ own: JSONValue, _ behind: [ForwardedDescription]) throws(DescriptionClashError) -> JSONValue {
        var product = ProductDescription()
        product.add(tags: own)
        try product.add(components: own)
        try product.add(paths: own["paths"]?.objectValue ?? [:])
        for service in behind {
            product.add(tags: service.document)
            try product.add(components: service.document)
            try product.add(paths: try product.forwardedPaths(of: service))
        }
        var json = own
        json["servers"] = [["url": "/"]]
        json["tags"] = .array(product.usedTags)
        json["paths"] = .object(product.paths)
        product.components["securitySchemes"] = SecuritySchemes.json
        product.components["parameters", default: [:]][SecuritySchemes.organisationName] = SecuritySchemes.organisation
        json["components"] = .object(product.components.mapValues(JSONValue.object))
        return json
    }

    /// A tag of several documents takes its position from the last one and its text from the first, so that tags common to all services
    /// come last.
    private mutating func add(tags document: JSONValue) {
        for tag in document["tags"]?.arrayValue ?? [] {
            let known = tags.firstIndex { $0["name"] == tag["name"] }.map { tags.remove(at: $0) }
            tags.append(known ?? tag)
        }
    }

    private var usedTags: [JSONValue] {
        let operations = paths.values.flatMap { ($0.objectValue ?? [:]).values }
        let used = Set(operations.flatMap { $0["tags"]?.arrayValue ?? [] })
        return tags.filter { tag in tag["name"].map(used.contains) == true }
    }

    private mutating func add(components document: JSONValue) throws(DescriptionClashError) {
        for (section, named) in document["components"]?.objectValue ?? [:] where section != "securitySchemes" {
            for (name, component) in named.objectValue ?? [:] { try add(component, name, to: section) }
        }
    }

    private mutating func add(_ component: JSONValue, _ name: String, to section: String) throws(DescriptionClashError) {
        if let other = components[section, default: [:]].updateValue(component, forKey: name), other != component {
            throw .component("\(section)/\(name)")
        }
    }

    private mutating func add(paths added: [String: JSONValue]) throws(DescriptionClashError) {
        for (path, methods) in added {
            for operation in (methods.objectValue ?? [:]).values {
                guard let id = operation["operationId"]?.stringValue else { continue }
                guard ids.insert(id).inserted else { throw .operation(id: id) }
            }
            guard paths.updateValue(methods, forKey: path) == nil else { throw .path(path) }
        }
    }

    private mutating func forwardedPaths(of service: ForwardedDescription) throws(DescriptionClashError) -> [String: JSONValue] {
        guard let described = service.document["paths"]?.objectValue else { throw .noPaths(service.name) }
        var forwarded: [String: JSONValue] = [:]
        for (path, methods) in described where service.forwarded.allow(path) {
            var operations: [String: JSONValue] = [:]
            for (method, operation) in methods.objectValue ?? [:] {
                operations[method] = try throughWeb(operation, of: service, hasParameters: path.contains("{"), isRead: method == "get")
            }
            forwarded[service.prefix + path] = .object(operations)
        }
        return forwarded
    }

    /// The operation as offered by web: it also accepts the session's cookie and has web's own problems.
    private mutating func throughWeb(
        _ operation: JSONValue, of service: ForwardedDescription, hasParameters: Bool, isRead: Bool
    ) throws(DescriptionClashError) -> JSONValue {
        var operation = operation
        let security = operation["security"]?.arrayValue ?? []
        if !security.isEmpty {
            operation["security"] = .array(security + SecuritySchemes.sessions)
            let reference: JSONValue = ["$ref": .string("#/components/parameters/\(SecuritySchemes.organisationName)")]
            operation["parameters"] = .array((operation["parameters"]?.arrayValue ?? []) + [reference])
        }
        var problems: [AddedProblem] = [.unavailable(service.name)]
        // Web applies the cross-site check to all requests except reads that do not use the session.
        if !security.isEmpty || !isRead { problems.append(.crossSite) }
        if !security.isEmpty { problems.append(.organisationChanged) }
        if hasParameters { problems.append(.malformedPath) }
        var responses = operation["responses"]?.objectValue ?? [:]
        for problem in problems {
            let status = String(problem.status.code)
            responses[status] = try adding(problem, to: responses[status])
        }
        operation["responses"] = .object(responses)
        return operation
    }

    /// A response shared by several operations stays shared, under a name that services do not use.
    private mutating func adding(_ problem: AddedProblem, to response: JSONValue?) throws(DescriptionClashError) -> JSONValue {
        guard let reference = response?["$ref"]?.stringValue, let name = reference.split(separator: "/").last.map(String.init),
            let shared = components["responses"]?[name]
        else { return problem.added(to: response) }
        let extended = problem.added(to: shared)
        guard extended != shared else { return .object(["$ref": .string(reference)]) }
        let extendedName = "Web\(name)Or\(problem.code.split(separator: "_").map(\.capitalized).joined())"
        try add(extended, extendedName, to: "responses")
        return ["$ref": .string("#/components/responses/\(extendedName)")]
    }
}
