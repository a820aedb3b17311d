import FakeKubernetes
import Foundation
import KubernetesClient
import PFCtl
import StubService
import SwiftASN1
import Synchronization
import Terminal
import TerminalTesting
import Testing
import WireFormats
import X509

@Suite struct HookTests {
    private static let bootstrap = [
        "bootstrap-secrets", "--namespace=pixelflow", "--name=passwords", "--key=postgres", "--key=s3",
        "--label=app.kubernetes.io/part-of=pixelflow",
    ]

    private static func secret(_ pixelflow: FakePixelFlow) -> JSONValue? {
        pixelflow.cluster.object(.secrets, "passwords", namespace: FakePixelFlow.namespace)
    }

    private static func values(_ secret: JSONValue?) -> [String: String] {
        (secret?["data"]?.objectValue ?? [:]).compactMapValues { value in
            value.stringValue.flatMap { Data(base64Encoded: $0) }.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private static func starting(_ count: Int) -> FakeClusterFault {
        FakeClusterFault(
            .status(503, reason: "ServiceUnavailable", message: "starting"), path: "/secrets", method: "GET", count: count)
    }

    @Test func createsASecretOfRandomValues() async throws {
        try await FakePixelFlow.run { pixelflow in
            let outcome = await pixelflow.pfctl(Self.bootstrap, console: nil)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            let secret = Self.secret(pixelflow)
            #expect(secret?["type"] == "Opaque")
            #expect(secret?["metadata"]?["labels"] == ["app.kubernetes.io/part-of": "pixelflow"])
            let values = Self.values(secret)
            #expect(values.keys.sorted() == ["postgres", "s3"])
            #expect(Set(values.values).count == 2)
            for value in values.values {
                #expect(value.count >= 32)
                #expect(value.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
                #expect(!outcome.output.contains(value) && !outcome.errors.contains(value))
            }
        }
    }

    @Test func leavesAnExistingSecretAlone() async throws {
        try await FakePixelFlow.run { pixelflow in
            #expect(await pixelflow.pfctl(Self.bootstrap, console: nil).status == .ok)
            let before = Self.secret(pixelflow)
            pixelflow.cluster.forgetRequests()
            let outcome = await pixelflow.pfctl(Self.bootstrap, console: nil)
            #expect(outcome.status == .ok)
            #expect(outcome.output == "secret/passwords exists and was left unchanged\n")
            #expect(Self.secret(pixelflow) == before)
            #expect(pixelflow.cluster.requests.map(\.method) == ["GET"])
        }
    }

    @Test func addsAKeyThatIsNewInThisRelease() async throws {
        try await FakePixelFlow.run { pixelflow in
            #expect(await pixelflow.pfctl(Self.bootstrap, console: nil).status == .ok)
            let before = try #require(Self.secret(pixelflow)?["data"])
            let outcome = await pixelflow.pfctl(Self.bootstrap + ["--key=new"], console: nil)
            #expect(outcome.status == .ok)
            #expect(outcome.output == "secret/passwords completed\n")
            let after = try #require(Self.secret(pixelflow)?["data"])
            #expect(after["postgres"] == before["postgres"] && after["s3"] == before["s3"])
            #expect(after["new"] != nil)
        }
    }

    /// No one has the key of the certificate authority, so no one can issue a certificate that the server would accept.
    @Test func createsACertificateFromADiscardedAuthority() async throws {
        try await FakePixelFlow.run { pixelflow in
            let outcome = await pixelflow.pfctl(Self.bootstrap + ["--certificate=s3-grpc"], console: nil)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            let values = Self.values(Self.secret(pixelflow))
            #expect(values.keys.sorted() == ["postgres", "s3", "s3-grpc-ca.crt", "s3-grpc.crt", "s3-grpc.key"])
            let authority = try Certificate(pemEncoded: try #require(values["s3-grpc-ca.crt"]))
            let certificate = try Certificate(pemEncoded: try #require(values["s3-grpc.crt"]))
            #expect(authority.publicKey.isValidSignature(certificate.signature, for: certificate))
            #expect(authority.publicKey != certificate.publicKey)
            let key = try Certificate.PrivateKey(pemEncoded: try #require(values["s3-grpc.key"]))
            #expect(key.publicKey == certificate.publicKey)
            #expect(try authority.extensions.basicConstraints == .isCertificateAuthority(maxPathLength: 0))
            // An upgrade does not change it, and creates a completely new one if a part is missing.
            let before = Self.secret(pixelflow)
            #expect(await pixelflow.pfctl(Self.bootstrap + ["--certificate=s3-grpc"], console: nil).status == .ok)
            #expect(Self.secret(pixelflow) == before)
            pixelflow.cluster.update(.secrets, "passwords", namespace: FakePixelFlow.namespace) { $0["data"]?["s3-grpc.key"] = nil }
            #expect(await pixelflow.pfctl(Self.bootstrap + ["--certificate=s3-grpc"], console: nil).status == .ok)
            let after = Self.values(Self.secret(pixelflow))
            #expect(after["postgres"] == values["postgres"])
            #expect(after["s3-grpc.crt"] != values["s3-grpc.crt"] && after["s3-grpc.key"] != nil)
        }
    }

    @Test func annotatesASecretOfAnEarlierReleaseToo() async throws {
        let annotation = "argocd.argoproj.io/sync-options"
        try await FakePixelFlow.run { pixelflow in
            #expect(await pixelflow.pfctl(Self.bootstrap, console: nil).status == .ok)
            let data = Self.secret(pixelflow)?["data"]
            let outcome = await pixelflow.pfctl(Self.bootstrap + ["--annotation=\(annotation)=Prune=false"], console: nil)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(Self.secret(pixelflow)?["metadata"]?["annotations"]?[annotation] == "Prune=false")
            #expect(Self.secret(pixelflow)?["data"] == data)
        }
    }

    @Test func acceptsASecretOfAConcurrentHook() async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.cluster.fail(
                FakeClusterFault(.status(409, reason: "AlreadyExists", message: "it exists"), path: "/secrets", method: "POST", count: 1))
            #expect(await pixelflow.pfctl(Self.bootstrap, console: nil).status == .ok)
            #expect(Self.secret(pixelflow) == nil)
        }
    }

    @Test func retriesUntilTheServerResponds() async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.cluster.fail(Self.starting(2))
            let outcome = await pixelflow.pfctl(Self.bootstrap, console: nil)
            #expect(outcome.status == .ok)
            #expect(outcome.errors.contains("retrying: starting"))
            #expect(Self.values(Self.secret(pixelflow)).count == 2)
        }
    }

    @Test func givesUpAfterItsTimeoutOrWithoutPermission() async throws {
        try await FakePixelFlow.run { pixelflow in
            pixelflow.cluster.fail(Self.starting(1_000))
            #expect(await pixelflow.pfctl(Self.bootstrap + ["--timeout=300ms"], console: nil).status == .timedOut)
            pixelflow.cluster.mendFaults()
            pixelflow.cluster.fail(
                FakeClusterFault(.status(403, reason: "Forbidden", message: "no"), path: "/secrets", method: "POST", count: 1))
            #expect(await pixelflow.pfctl(Self.bootstrap, console: nil).status == .unreachable)
        }
    }

    @Test(arguments: [
        [], ["--name=a"], ["--name=a", "--key=b", "--key=b"], ["--name=a", "--key=b c"], ["--name=a", "--key=b", "--label=c"],
    ])
    func refusesInvalidArguments(arguments: [String]) async throws {
        try await FakePixelFlow.run { pixelflow in
            #expect(await pixelflow.pfctl(["bootstrap-secrets"] + arguments, console: nil).status == .usage)
        }
    }

    /// Without a kubeconfig and a home directory: Kubernetes is not used.
    private static func probe(_ arguments: String...) async -> Outcome {
        let (output, errors) = (CapturedStream(), CapturedStream())
        let console = Console(output: output, status: errors)
        let status = await CommandLineTool.run(["probe"] + arguments, console: console, environment: [:])
        return Outcome(status: status, output: output.text, errors: errors.text)
    }

    @Test func probesUntilAllRespond() async throws {
        let ready = try await StubService.start { _ in (200, "{}") }
        let asked = Mutex(0)
        let starting = try await StubService.start { _ in
            asked.withLock { count in
                count += 1
                return count < 2 ? (503, "{}") : (200, "{}")
            }
        }
        let (good, late) = ("http://127.0.0.1:\(ready.port)/readyz", "http://127.0.0.1:\(starting.port)/readyz")
        let outcome = await Self.probe("--timeout=60", good, late)
        #expect(outcome.status == .ok)
        #expect(outcome.errors == "\(late): 503\n")
        #expect(starting.calls.count == 2 && ready.calls.count == 1)
        #expect(await Self.probe("api:8080").status == .usage)
    }

    @Test func probesAtLeastOnce() async throws {
        let starting = try await StubService.start { _ in (503, "{}") }
        let url = "http://127.0.0.1:\(starting.port)/readyz"
        let outcome = await Self.probe("--timeout=1ms", url)
        #expect(outcome.status == .timedOut)
        #expect(outcome.errors.hasSuffix("error: no 200 within 1ms from \(url)\n"))
    }
}
