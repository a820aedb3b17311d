import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { curlFor } from "../../Sources/PixelFlowWebApp/task/curl.js";

const context = { origin: "http://localhost:3000", email: "ada@example.org", byName: false };

/** The arguments that curl gets, for each call, when a shell runs the commands. */
function calls(task, options = {}) {
    const stub = `curl() { printf '%s\\0' "$@" >&3; printf '\\1' >&3; echo '{"token":"secret"}'; }\n`;
    const done = spawnSync("bash", ["-c", stub + curlFor(task, { ...context, ...options })], { stdio: ["ignore", "pipe", "pipe", "pipe"], timeout: 10_000 });
    assert.equal(done.status, 0, String(done.stderr));
    return String(done.output[3]).split("\u0001").filter(Boolean).map((call) => call.split("\0").slice(0, -1));
}

const valueOf = (call, option) => call[call.indexOf(option) + 1];

test("the first command fetches a token, the second sends it", () => {
    const [login, upload] = calls({ preset: "web", pipeline: { outputs: [] }, upload: { filename: "cat.jpg" } });
    assert.equal(login[1], "http://localhost:3000/auth/login");
    assert.deepEqual(JSON.parse(valueOf(login, "-d")), { email: "ada@example.org", password: "YOUR PASSWORD" });
    assert.equal(valueOf(upload, "-H"), "Authorization: Bearer secret");
    assert.equal(valueOf(upload, "-F"), "file=@cat.jpg");
    assert.equal(valueOf(upload, "--form-string"), 'pipeline={"outputs":[]}');
});

test("a preset is sent by name", () => {
    const [, upload] = calls({ preset: "it's", upload: {} }, { byName: true });
    assert.equal(valueOf(upload, "--form-string"), "preset=it's");
    assert.equal(valueOf(upload, "-F"), "file=@photo.jpg");
});

test("a task by URL is sent as JSON", () => {
    const image_url = "https://example.org/it's a; \"cat\".jpg";
    const [, upload] = calls({ image_url, pipeline: { outputs: [{ name: "a" }] } });
    assert.deepEqual(JSON.parse(valueOf(upload, "-d")), { image_url, pipeline: { outputs: [{ name: "a" }] } });
});

test("file names are quoted safely", () => {
    const part = (filename) => valueOf(calls({ pipeline: {}, upload: { filename } })[1], "-F");
    assert.equal(part("it's $HOME `id`.jpg"), "file=@it's $HOME `id`.jpg");
    assert.equal(part('a;b,"c"\\d.jpg'), 'file=@"a;b,\\"c\\"\\\\d.jpg"');
});
