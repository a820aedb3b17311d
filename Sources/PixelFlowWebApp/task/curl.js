/** Quotes text as one shell word. */
const word = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** A file name for curl's -F, quoted if necessary. */
function filePart(name) {
    return /[;,"\\]/.test(name) ? `file=@"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"` : `file=@${name}`;
}

/**
 * The commands that create the same task: one for a token, one for the task. `byName`: use the name of its preset.
 *
 * @param {import("@api").Task} task
 */
export function curlFor(task, { origin, email, byName }) {
    const login = `TOKEN=$(curl -s ${origin}/auth/login -d ${word(JSON.stringify({ email, password: "YOUR PASSWORD" }))} \\\n`
        + `  | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')`;
    const head = `curl -s ${origin}/api/upload -H "Authorization: Bearer $TOKEN" \\\n  `;
    const what = byName ? { preset: task.preset } : { pipeline: task.pipeline };
    if (task.image_url) return `${login}\n${head}-d ${word(JSON.stringify({ image_url: task.image_url, ...what }))}`;
    const [[name, value]] = Object.entries(what);
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const file = (task.upload && task.upload.filename) || "photo.jpg";
    return `${login}\n${head}-F ${word(filePart(file))} \\\n  --form-string ${word(`${name}=${text}`)}`;
}
