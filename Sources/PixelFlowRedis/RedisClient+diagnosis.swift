package import PixelFlowCore

extension RedisClient: DiagnosableBackend {
    package var kind: String { "Redis" }

    package func diagnose() async throws -> [BackendFinding] {
        do {
            let latency = try await BackendFinding.latency(limit: settings.timeout) { try await check() }
            let server = try await information("server")
            let memory = try await information("memory")
            return [
                latency, .version(server["redis_version"] ?? "", oldest: [6, 0]), Self.room(memory), try await clock(),
                .encryption(settings.address.isTLS, hint: "name it with rediss:// in PIXELFLOW_CACHE_URL"),
            ]
        } catch let error as RedisError {
            throw PixelFlowError.unavailable("cache", cause: error)
        }
    }

    /// Lines `name:value`; empty if the user has no permission.
    private func information(_ section: String) async throws -> [String: String] {
        do {
            guard let bytes = try await send(RedisCommand("INFO", [section])).bytes else { return [:] }
            return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).reduce(into: [:]) { values, line in
                let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
                if parts.count == 2 { values[parts[0]] = parts[1] }
            }
        } catch let error as RedisError {
            guard case .refused = error.kind else { throw error }
            return [:]
        }
    }

    /// Counters expire on their own, so a full server should evict old keys instead of rejecting writes.
    private static func room(_ memory: [String: String]) -> BackendFinding {
        let (name, title) = ("memory", "a full memory refuses nothing")
        guard let limit = memory["maxmemory"].flatMap({ Int64($0) }), let policy = memory["maxmemory_policy"] else {
            return .skipped(name, title, "the server does not report it")
        }
        let reason = limit == 0 ? "no limit" : "\(limit >> 20) MiB, \(policy)"
        guard limit > 0, policy == "noeviction" else { return .ok(name, title, reason) }
        return .warning(name, title, reason, hint: "set maxmemory-policy to volatile-ttl: beyond the limit each replica counts alone")
    }

    private func clock() async throws -> BackendFinding {
        let local = SystemClock()
        let sent = local.now()
        let reply = try await send(RedisCommand("TIME"))
        let received = local.now()
        let parts = (reply.array ?? []).compactMap { $0.bytes.flatMap { Int64(String(decoding: $0, as: UTF8.self)) } }
        guard parts.count == 2 else {
            return .skipped("clock", "its clock agrees with that of the service", "the server does not report it")
        }
        return .clock(Timestamp(microseconds: parts[0] * 1_000_000 + parts[1]), sent: sent, received: received)
    }
}
