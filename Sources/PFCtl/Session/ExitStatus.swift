/// How a run ended, the same for every command and format.
public enum ExitStatus: Int32, Sendable, CaseIterable {
    case ok = 0
    /// What was asked for did not happen, or a check failed.
    case failed = 1
    /// The command line, or the kubeconfig, makes no sense.
    case usage = 2
    /// The command did its work and found the installation not all there.
    case degraded = 3
    /// `--timeout` or `--request-timeout` ran out.
    case timedOut = 4
    /// The cluster or a service cannot be reached, or does not let this user do it.
    case unreachable = 5
}
