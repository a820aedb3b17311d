import NIOCore
import PixelFlowCore
import PixelFlowFetch
import PixelFlowURL
import Synchronization
import WireFormats

extension Channel {
    /// Sends bytes as they stand, and closes afterwards unless told otherwise.
    func send(_ text: String, close: Bool = true) {
        let sent = writeAndFlush(ByteBuffer(string: text))
        if close { sent.whenComplete { _ in self.close(promise: nil) } }
    }

    /// Sends bytes that are no text.
    func send(_ bytes: [UInt8]) {
        writeAndFlush(ByteBuffer(bytes: bytes)).whenComplete { _ in self.close(promise: nil) }
    }

    /// A well-formed answer.
    func answer(_ status: String = "200 OK", _ headers: [String] = [], body: String = "") {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
        send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    func redirect(to location: String, status: String = "302 Found") { answer(status, ["Location: \(location)"]) }

    /// Sends `text` again and again until the other side closes.
    func sendForever(_ text: String) {
        writeAndFlush(ByteBuffer(string: text)).whenSuccess { self.eventLoop.execute { self.sendForever(text) } }
    }
}

/// Names as a test wants them; counts the questions. Each question takes the next answer, the last one stays.
final class FixedResolver: NameResolver {
    private let answers: [String: [[String]]]
    private let asked = Mutex<[String]>([])

    init(_ answers: [String: [[String]]] = [:]) { self.answers = answers }

    var questions: [String] { asked.withLock { $0 } }

    func addresses(of name: String, for tenant: TenantID) async throws -> [IPAddress] {
        let earlier = asked.withLock { asked in
            asked.append(name)
            return asked.count { $0 == name } - 1
        }
        guard let answers = answers[name] else { throw PixelFlowError(.invalid, code: "name_not_resolved", "No \(name).") }
        return answers[min(earlier, answers.count - 1)].compactMap(IPAddress.init)
    }
}

/// A fetcher that may go to 127.0.0.0/8.
func localFetcher(
    resolver: any NameResolver = FixedResolver(), connect: Duration = .seconds(20), total: Duration = .seconds(60),
    allowed: String = "127.0.0.0/8", ports: AllowedPorts = .all, trustRootsFile: String? = nil
) throws -> GuardedFetcher {
    let settings = FetchSettings(
        allowedNetworks: try NetworkRange.list(allowed), ports: ports, connectTimeout: connect, totalTimeout: total,
        trustRootsFile: trustRootsFile)
    return try GuardedFetcher(settings: settings, resolver: resolver)
}

/// What comes of fetching `url` with such a fetcher, see `GuardedFetcher.outcome`.
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

    /// The code and the retry of the error that fetching `url` ends in; `ok` where it does not.
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
