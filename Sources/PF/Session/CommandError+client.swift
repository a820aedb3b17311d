import PixelFlowClient
import Terminal

extension CommandError {
    /// Converts any error to one with a message for users.
    init(_ error: any Error) {
        switch error {
        case let failure as CommandError: self = failure
        case let problem as Problem: self.init(problem)
        case let error as ClientError: self.init(error)
        case is CancellationError: self.init(.failed, "interrupted")
        default: self.init(.failed, "\(error)")
        }
    }

    init(_ problem: Problem) {
        let place = problem.field.map { "\($0): " } ?? ""
        switch problem.status {
        case 401: self.init(.unreachable, "\(problem)", hint: "log in again with pf login")
        case 403: self.init(.unreachable, "\(problem)")
        default: self.init(.failed, place + "\(problem)")
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
