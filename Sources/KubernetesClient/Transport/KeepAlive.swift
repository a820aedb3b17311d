import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Detects that the peer of a silent connection is gone, for example behind a network address translation that has forgotten it.
///
/// The operating system's default would take two hours.
enum KeepAlive {
    /// Seconds of silence before the first probe.
    static let idle: Int = 30
    /// Seconds between two probes.
    private static let interval = 10
    /// Unanswered probes after which the connection is closed.
    private static let probes = 3

    static func enable(on channel: any Channel) -> EventLoopFuture<Void> {
        let options: [(ChannelOptions.Types.SocketOption, Int)] = [
            (.init(level: .socket, name: .so_keepalive), 1), (tcp(idleOption), idle), (tcp(TCP_KEEPINTVL), interval),
            (tcp(TCP_KEEPCNT), probes),
        ]
        return .andAllSucceed(options.map { channel.setOption($0, value: $1) }, on: channel.eventLoop)
    }

    private static func tcp(_ name: CInt) -> ChannelOptions.Types.SocketOption {
        .init(level: .tcp, name: NIOBSDSocket.Option(rawValue: name))
    }

    #if canImport(Darwin)
    private static let idleOption = TCP_KEEPALIVE
    #else
    private static let idleOption = TCP_KEEPIDLE
    #endif
}
