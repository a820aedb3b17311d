/** Reporter of `node --test`: a line a test, ✓ or ✗, which scripts/test counts; the reason below a failure. */
export default async function* marks(events) {
    const counts = { pass: 0, fail: 0 };
    for await (const { type, data } of events) {
        if (type === "test:stderr" || type === "test:stdout") yield data.message;
        if (type !== "test:pass" && type !== "test:fail") continue;
        const { details, name, file } = data;
        // A file is a test as well, and fails with what it holds; it counts only where it could not run at all.
        const isFile = name.endsWith(".mjs");
        const cause = details.error && (details.error.cause || details.error);
        if (details.type === "suite" || (isFile && (type === "test:pass" || details.error.failureType === "subtestsFailed"))) continue;
        const outcome = type === "test:pass" ? "pass" : "fail";
        counts[outcome] += 1;
        const prefix = file && !isFile ? `${file.replace(/^.*\//, "").replace(/\.test\.m?js$/, "")}: ` : "";
        yield `${outcome === "pass" ? "✓" : "✗"} page: ${prefix}${name}\n`;
        if (outcome === "fail") yield `${String((cause && (cause.stack || cause.message)) || cause).replace(/^/gm, "    ")}\n`;
    }
    yield `page: ${counts.pass} passed, ${counts.fail} failed\n`;
}
