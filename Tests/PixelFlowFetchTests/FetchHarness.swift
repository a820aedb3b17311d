import NIOCore
import PixelFlowCore
import PixelFlowFetch
import PixelFlowURL
import Synchronization
import WireFormats

extension Channel {
    /// Sends text unchanged, and then closes the connection unless `close` is false.
    func send(_ text: String, close: Bool = true) {
        let sent = writeAndFlush(ByteBuffer(string: text))
        if close { sent.whenComplete { _ in self.close(promise: nil) } }
    }

    /// Sends binary data.
    func send(_ bytes: [UInt8]) {
        writeAndFlush(ByteBuffer(bytes: bytes)).whenComplete { _ in self.close(promise: nil) }
    }

    /// Sends a well-formed response.
    func respond(_ status: String = "200 OK", _ headers: [String] = [], body: String = "") {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
        send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    func redirect(to location: String, status: String = "302 Found") { respond(status, ["Location: \(location)"]) }

    /// Repeats `text` until the client closes the connection.
    func sendForever(_ text: String) {
        writeAndFlush(ByteBuffer(string: text)).whenSuccess { self.eventLoop.execute { self.sendForever(text) } }
    }
}

/// Returns fixed addresses and counts the lookups. Each lookup takes the next response; the last one is repeated.
final class FixedResolver: NameResolver {
    private let responses: [String: [[String]]]
    private let asked = Mutex<[String]>([])

    init(_ responses: [String: [[String]]] = [:]) { self.responses = responses }

    var questions: [String] { asked.withLock { $0 } }

    func addresses(of name: String, for tenant: TenantID) async throws -> [IPAddress] {
        let earlier = asked.withLock { asked in
            asked.append(name)
            return asked.count { $0 == name } - 1
        }
        guard let responses = responses[name] else { throw PixelFlowError(.invalid, code: "name_not_resolved", "No \(name).") }
        return responses[min(earlier, responses.count - 1)].compactMap(IPAddress.init)
    }
}

/// A fetcher that may connect to 127.0.0.0/8.
func localFetcher(
    resolver: any NameResolver = FixedResolver(), connect: Duration = .seconds(20), total: Duration = .seconds(60),
    allowed: String = "127.0.0.0/8", ports: AllowedPorts = .all, trustRootsFile: String? = nil
) throws -> GuardedFetcher {
    let settings = FetchSettings(
        allowedNetworks: try NetworkRange.list(allowed), ports: ports, connectTimeout: connect, totalTimeout: total,
        trustRootsFile: trustRootsFile)
    return try GuardedFetcher(settings: settings, resolver: resolver)
}

/// Fetches `url` with such a fetcher; see `GuardedFetcher.outcome`.
func outcome(
    of url: String, limit: Int = 1 << 20, resolver: any NameResolver = FixedResolver(), connect: Duration = .seconds(20),
    total: Duration = .seconds(60), allowed: String = "127.0.0.0/8", trustRootsFile: String? = nil
) async -> String {
    do {
        let fetcher = try localFetcher(resolver: resolver, connect: connect, total: total, allowed: allowed, trustRootsFile: trustRootsFile)
        return await fetcher.outcome(url, limit: limit)
    } catch {
        return "no fetcher: \(error)"
    }
}

extension TenantID {
    static let test = TenantID("test")
}

extension GuardedFetcher {
    func fetch(_ url: String, limit: Int) async throws -> FetchedSource { try await fetch(url, limit: limit, for: .test) }

    /// The code and retry class of the error of fetching `url`; `ok` if it succeeds.
    func outcome(_ url: String, limit: Int = 1 << 20) async -> String {
        do {
            _ = try await fetch(url, limit: limit)
            return "ok"
        } catch let error as PixelFlowError {
            return "\(error.code) \(error.retry.rawValue)"
        } catch {
            return "\(error)"
        }
    }
}
