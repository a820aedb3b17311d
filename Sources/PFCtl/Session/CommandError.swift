import KubernetesClient
import Terminal

extension Session {
    static func explanation(of error: any Error) -> CommandError? { (error as? KubernetesError).map { CommandError($0) } }
}

extension CommandError {
    /// Converts any error to a user-visible one.
    init(_ error: any Error) { self.init(error, explanation: Session.explanation(of:)) }

    init(_ error: KubernetesError) {
        // Some messages already contain the reason.
        let reason = error.status?.reason.map { error.message.contains($0) ? "" : " (\($0))" } ?? ""
        self.init(ExitStatus(error.kind), error.message + reason, hint: error.hint ?? Self.hint(for: error.kind))
    }

    private static func hint(for kind: KubernetesError.Kind) -> String? {
        switch kind {
        case .conflict: "it was changed by someone else in the meantime; check and try again"
        case .forbidden: "pfctl check lists the missing permissions"
        case .unreachable: "is the cluster up and is --context correct? pfctl config view shows the configuration in use"
        case .timeout: "raise --request-timeout to wait longer"
        default: nil
        }
    }
}

extension ExitStatus {
    init(_ kind: KubernetesError.Kind) {
        switch kind {
        case .configuration: self = .usage
        case .credentials, .unreachable, .tls, .unauthorized, .forbidden: self = .unreachable
        case .timeout: self = .timedOut
        default: self = .failed
        }
    }
}
