import PixelFlowClient
import Terminal

extension Session {
    static func explanation(of error: any Error) -> CommandError? {
        switch error {
        case let problem as Problem: CommandError(problem)
        case let error as ClientError: CommandError(error)
        default: nil
        }
    }
}

extension CommandError {
    /// Converts any error to one with a message for users.
    init(_ error: any Error) { self.init(error, explanation: Session.explanation(of:)) }

    init(_ problem: Problem) {
        // Many texts begin with the field.
        let prefix = problem.field.flatMap { "\(problem)".hasPrefix($0) ? nil : "\($0): " } ?? ""
        switch problem.status {
        case 401: self.init(.unreachable, "\(problem)", hint: "log in again with pf login")
        case 403: self.init(.unreachable, "\(problem)")
        case 404 where problem.code == "route_not_found":
            self.init(.failed, "\(problem)", hint: "is the URL of the server that of PixelFlow's web service?")
        default: self.init(.failed, prefix + "\(problem)")
        }
    }

    init(_ error: ClientError) {
        switch error {
        case .unreachable: self.init(.unreachable, "\(error)", hint: "is the server up, and is its URL correct?")
        case .timedOut: self.init(.timedOut, "\(error)")
        case .noRefreshToken: self.init(.unreachable, "\(error)", hint: "log in again with pf login")
        case .otherOrganisation: self.init(.failed, "\(error)", hint: "run pf orgs use to switch back, or run this again")
        default: self.init(.failed, "\(error)")
        }
    }
}
