import ArgumentParser

/// What commands take whose effect comes later.
struct WaitOptions: ParsableArguments {
    @Flag(name: .customLong("wait"), help: "Wait until it has taken effect.")
    var waits = false

    @Option(help: ArgumentHelp("How long to wait, 0 for ever.", valueName: "duration"))
    var timeout: DurationArgument = .seconds(300)
}
