import FoundationEssentials

extension KubernetesError {
    /// The error in a response that is not 2xx. Proxies send something other than a `Status`, in which case the message is
    /// its first line.
    init(status code: Int, body: [UInt8]) {
        let status = try? JSONDecoder().decode(APIStatus.self, from: Data(body))
        guard let status, status.message != nil || status.reason != nil else {
            let line = String(decoding: body.prefix(200), as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            let text = line.isEmpty || line.hasPrefix("<") ? "" : ": \(line)"
            self.init(Kind(code: code, reason: nil), "the server responded with \(code)\(text)")
            return
        }
        self.init(status: status, code: code)
    }

    init(status: APIStatus, code: Int? = nil) {
        let code = status.code ?? code ?? 0
        let kind = Kind(code: code, reason: status.reason)
        self.init(kind, Self.sentence(kind, status: status, code: code), status: status)
    }

    private static func sentence(_ kind: Kind, status: APIStatus, code: Int) -> String {
        let message = status.message ?? status.reason ?? "the server responded with \(code)"
        return kind == .unauthorized ? "the server does not accept these credentials (\(message))" : message
    }
}

extension KubernetesError.Kind {
    init(code: Int, reason: String?) {
        switch (code, reason) {
        case (_, "AlreadyExists"): self = .alreadyExists
        case (_, "Expired"), (_, "Gone"), (410, _): self = .gone
        case (401, _): self = .unauthorized
        case (403, _): self = .forbidden
        case (404, _): self = .notFound
        case (409, _): self = .conflict
        case (_, "Timeout"), (_, "ServerTimeout"), (504, _), (408, _): self = .timeout
        case (400, _), (422, _): self = .invalid
        case (429, _): self = .tooManyRequests
        case (500..., _): self = .server
        default: self = .unexpected
        }
    }
}
