import DequeModule
import NIOCore
import NIOPosix
import NIOSSL
import PixelFlowCore
import ServerCertificates
import WireFormats

/// The connection of a client: opened when a command needs it, replaced when it breaks. Commands are pipelined, that is, sent without
/// waiting for the replies to earlier ones.
///
/// `@unchecked Sendable`: everything is confined to one event loop, which every method checks.
final class RedisConnection: @unchecked Sendable {
    private enum State {
        case closed
        case connecting
        case signingIn(any Channel)
        case ready(any Channel)
        case shutDown
    }

    private let settings: RedisSettings
    private let tls: NIOSSLContext?
    private let loop: any EventLoop
    /// Called when commands have completed, with their number.
    private let onEnd: @Sendable (Int) -> Void

    private var state = State.closed
    /// The channel of the connection attempt in progress, once it exists.
    private var attempt: (any Channel)?
    /// Sent commands, in the order of their replies.
    private var sent = Deque<PendingCommand>()
    /// Commands to send once the connection is ready.
    private var waiting = Deque<PendingCommand>()
    private var failures = 0
    private var mayConnectAt = NIODeadline.now()
    private var lastFailure = RedisError(.unreachable, "Redis has not been connected to yet")
    private var timer: Scheduled<Void>?

    init(_ settings: RedisSettings, tls: NIOSSLContext?, loop: any EventLoop, onEnd: @escaping @Sendable (Int) -> Void) {
        self.settings = settings
        self.tls = tls
        self.loop = loop
        self.onEnd = onEnd
    }

    /// Sends commands, or queues them until the connection is ready.
    func submit(_ commands: [PendingCommand]) {
        loop.assertInEventLoop()
        switch state {
        case .shutDown: end(commands, RedisError(.shutDown, "the connection to Redis is shut down"))
        case .ready(let channel): send(commands, to: channel)
        case .connecting, .signingIn: waiting.append(contentsOf: commands)
        case .closed:
            guard NIODeadline.now() >= mayConnectAt else { return end(commands, lastFailure) }
            waiting.append(contentsOf: commands)
            connect()
        }
        scheduleTimer()
    }

    /// Fails queued commands, and rejects further ones.
    func shutDown() {
        loop.assertInEventLoop()
        let channel = channel
        state = .shutDown
        failAll(RedisError(.shutDown, "the connection to Redis is shut down"))
        channel?.close(promise: nil)
    }

    private var channel: (any Channel)? {
        switch state {
        case .signingIn(let channel), .ready(let channel): channel
        case .closed, .connecting, .shutDown: nil
        }
    }

    // MARK: - Opening

    private func connect() {
        state = .connecting
        attempt = nil
        ClientBootstrap(group: loop)
            .connectTimeout(.nanoseconds(settings.connectTimeout.nanoseconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel) }
            }
            .connect(host: settings.address.host, port: settings.address.port)
            .whenComplete { [self] result in
                switch result {
                case .success(let channel): opened(channel)
                case .failure(let error): lost(RedisError(.unreachable, "Redis cannot be reached: \(error)"), channel: nil)
                }
            }
    }

    private func prepare(_ channel: any Channel) throws {
        attempt = channel
        if let tls {
            try channel.pipeline.syncOperations.addHandler(ServerCertificate.handler(for: settings.address.host, context: tls))
        }
        let handler = try ReplyHandler(
            onReply: { [self] value throws(RedisError) in try received(value, from: channel) },
            onEnd: { [self] error in lost(error, channel: channel) })
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    private func opened(_ channel: any Channel) {
        guard case .connecting = state else { return channel.close(promise: nil) }
        guard channel.isActive else { return lost(RedisError(.connectionLost, "Redis has closed the connection"), channel: nil) }
        state = .signingIn(channel)
        let steps = settings.address.steps.map { PendingCommand(step: $0, until: .now() + .nanoseconds(settings.timeout.nanoseconds)) }
        if steps.isEmpty { becomeReady(channel) } else { send(steps, to: channel) }
        scheduleTimer()
    }

    private func becomeReady(_ channel: any Channel) {
        state = .ready(channel)
        let commands = Array(waiting)
        waiting.removeAll()
        send(commands, to: channel)
    }

    // MARK: - Commands and replies

    private func send(_ commands: [PendingCommand], to channel: any Channel) {
        guard !commands.isEmpty else { return }
        var buffer = channel.allocator.buffer(capacity: 256 * commands.count)
        for command in commands { command.command.write(to: &buffer) }
        sent.append(contentsOf: commands)
        channel.writeAndFlush(buffer, promise: nil)
    }

    private func received(_ value: RedisValue, from channel: any Channel) throws(RedisError) {
        guard isCurrent(channel) else { return }
        guard let command = sent.popFirst() else { throw RedisError(.protocolError, "Redis has sent a reply to no command") }
        guard command.isStep else {
            failures = 0
            // First, so that the permit is free before the caller continues.
            onEnd(1)
            return command.finish(value)
        }
        if case .error(let text) = value { throw RedisError(reply: text) }
        if sent.isEmpty { becomeReady(channel) }
    }

    private func isCurrent(_ channel: any Channel) -> Bool { self.channel === channel }

    // MARK: - Failing

    private func lost(_ error: RedisError, channel lost: (any Channel)?) {
        loop.assertInEventLoop()
        switch state {
        case .shutDown, .closed: return
        // The close event of an earlier connection may arrive while the next one is being opened.
        case .connecting: guard lost == nil || lost === attempt else { return }
        case .signingIn, .ready: guard let lost, isCurrent(lost) else { return }
        }
        let pause = settings.reconnect.pause(retry: failures)
        failures += 1
        mayConnectAt = .now() + .nanoseconds(pause.nanoseconds)
        lastFailure = error
        state = .closed
        failAll(error)
    }

    private func failAll(_ error: RedisError) {
        let all = Array(sent) + Array(waiting)
        sent.removeAll()
        waiting.removeAll()
        timer?.cancel()
        timer = nil
        end(all, error)
    }

    private func end(_ commands: [PendingCommand], _ error: RedisError) {
        onEnd(commands.count { !$0.isStep })
        for command in commands { command.fail(error) }
    }

    // MARK: - Time limits

    /// All commands have the same time limit, so the oldest one expires first.
    private func scheduleTimer() {
        guard timer == nil, let oldest = [sent.first, waiting.first].compactMap({ $0?.deadline }).min() else { return }
        timer = loop.scheduleTask(deadline: oldest) { [self] in
            timer = nil
            checkDeadlines()
            scheduleTimer()
        }
    }

    private func checkDeadlines() {
        let now = NIODeadline.now()
        let error = RedisError(.timedOut, "Redis has not responded within \(settings.timeout)")
        if let first = sent.first, first.deadline <= now, let channel {
            // Replies arrive in order: a missing one blocks all later ones.
            lost(error, channel: channel)
            channel.close(promise: nil)
            return
        }
        var late: [PendingCommand] = []
        while let first = waiting.first, first.deadline <= now {
            late.append(first)
            waiting.removeFirst()
        }
        end(late, error)
    }
}

extension RedisAddress {
    /// The commands to send first.
    fileprivate var steps: [RedisCommand] {
        var steps: [RedisCommand] = []
        if let password { steps.append(RedisCommand("AUTH", user.map { [$0, password] } ?? [password])) }
        if database != 0 { steps.append(RedisCommand("SELECT", ["\(database)"])) }
        return steps
    }
}
