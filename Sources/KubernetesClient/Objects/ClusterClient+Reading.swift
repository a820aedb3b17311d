import FoundationEssentials
import NIOHTTP1
public import WireFormats

/// Selects the objects of a list or a watch.
public struct ListOptions: Sendable, Hashable {
    /// `app=api,tier in (a,b)`
    public var labelSelector: String?
    /// `status.phase=Running`
    public var fieldSelector: String?
    /// Objects per response; a list is assembled from as many responses as necessary. kubectl also uses 500.
    public var chunk: Int

    public init(labelSelector: String? = nil, fieldSelector: String? = nil, chunk: Int = 500) {
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
        self.chunk = chunk
    }

    var query: [(String, String)] {
        var query: [(String, String)] = []
        if let labelSelector { query.append(("labelSelector", labelSelector)) }
        if let fieldSelector { query.append(("fieldSelector", fieldSelector)) }
        return query
    }
}

/// A complete list, as of one moment.
public struct ResourceList<Element: Sendable>: Sendable {
    public var items: [Element]
    /// The position from which a watch continues. Empty if the server gives none.
    public var resourceVersion: String
}

extension ClusterClient {
    public func get<R: KubernetesResource>(_ type: R.Type, _ name: String, in namespace: String? = nil) async throws -> R {
        try await decoded(APIRequest(.GET, R.resource.path(namespace: namespace ?? self.namespace, name: name)))
    }

    /// An object of any kind, undecoded.
    public func get(_ kind: ResourceKind, _ name: String, in namespace: String? = nil, subresource: String? = nil) async throws -> JSONValue
    {
        try await decoded(APIRequest(.GET, kind.path(namespace: namespace ?? self.namespace, name: name, subresource: subresource)))
    }

    public func list<R: KubernetesResource>(
        _ type: R.Type, in namespace: NamespaceScope = .current, _ options: ListOptions = ListOptions()
    ) async throws -> ResourceList<R> {
        try await list(R.resource, R.self, in: namespace, options)
    }

    /// Objects of any kind, undecoded. Kubernetes omits `apiVersion` and `kind` from the
    /// elements of a list; they are restored.
    public func list(
        _ kind: ResourceKind, in namespace: NamespaceScope = .current, _ options: ListOptions = ListOptions()
    ) async throws -> ResourceList<JSONValue> {
        var list = try await list(kind, JSONValue.self, in: namespace, options)
        for index in list.items.indices {
            list.items[index]["apiVersion"] = .string(kind.apiVersion)
            list.items[index]["kind"] = .string(kind.kind)
        }
        return list
    }

    func list<Element: Decodable & Sendable>(
        _ kind: ResourceKind, _ type: Element.Type, in namespace: NamespaceScope, _ options: ListOptions
    ) async throws -> ResourceList<Element> {
        do {
            return try await list(kind, type, in: namespace, options, limit: options.chunk)
        } catch let error as KubernetesError where error.kind == .gone {
            // The rest of the paged list has expired: list everything in one request.
            return try await list(kind, type, in: namespace, options, limit: nil)
        }
    }

    private func list<Element: Decodable & Sendable>(
        _ kind: ResourceKind, _ type: Element.Type, in namespace: NamespaceScope, _ options: ListOptions, limit: Int?
    ) async throws -> ResourceList<Element> {
        var items: [Element] = []
        var token: String?
        repeat {
            var request = APIRequest(.GET, kind.path(namespace: namespace.name(in: self)), query: options.query)
            if let limit { request.query.append(("limit", String(limit))) }
            if let token { request.query.append(("continue", token)) }
            let page: ListPage<Element> = try await decoded(request)
            items += page.items ?? []
            token = page.metadata?.continue.flatMap { $0.isEmpty ? nil : $0 }
            if token == nil { return ResourceList(items: items, resourceVersion: page.metadata?.resourceVersion ?? "") }
        } while true
    }

    func decoded<T: Decodable>(_ request: APIRequest) async throws -> T {
        try Self.decode(T.self, try await transport.body(of: request))
    }

    static func decode<T: Decodable>(_ type: T.Type, _ body: [UInt8]) throws -> T {
        do {
            if T.self == JSONValue.self, let value = try JSONValue(parsing: body) as? T { return value }
            return try JSONDecoder().decode(T.self, from: Data(body))
        } catch {
            throw KubernetesError(.unexpected, "the server's response is not a readable \(type)")
        }
    }
}

struct ListPage<Element: Decodable>: Decodable {
    let metadata: Metadata?
    let items: [Element]?

    struct Metadata: Decodable {
        let resourceVersion: String?
        let `continue`: String?
    }
}
