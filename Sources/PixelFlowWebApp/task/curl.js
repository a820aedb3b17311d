/** Text as one word of a shell. */
const word = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** A file name as curl's -F takes it: quoted where it would be cut up. */
function filePart(name) {
    return /[;,"\\]/.test(name) ? `file=@"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"` : `file=@${name}`;
}

/** The commands that make the same task: one for a token, one for the task. `byName`: by the name of its preset. */
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
