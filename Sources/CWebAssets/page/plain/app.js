"use strict";

const $ = (id) => document.getElementById(id);

// Requests

class Problem extends Error {
    constructor(status, body) {
        super((body.detail || "The service answered " + status + ".") + (body.field ? " (" + body.field + ")" : ""));
        this.status = status;
    }
}

async function call(method, path, body) {
    let response;
    try {
        response = await fetch(path, {
            method,
            headers: body ? { "content-type": "application/json" } : {},
            body: body ? JSON.stringify(body) : undefined,
        });
    } catch {
        throw new Problem(0, { detail: "PixelFlow cannot be reached at the moment." });
    }
    const text = await response.text();
    let answer = {};
    try { answer = text ? JSON.parse(text) : {}; } catch { /* told by its status */ }
    if (!response.ok) {
        if (response.status === 401 && path !== "/session") showWelcome("Your session has ended. Please sign in again.");
        throw new Problem(response.status, answer);
    }
    return answer;
}

// Account

/** Says that there may be a session, so that a first visit need not ask for one that cannot be. */
const hint = "pixelflow.signed-in";

async function start() {
    if (!localStorage.getItem(hint)) return showWelcome("");
    try {
        showWorkspace(await call("GET", "/session"));
    } catch (problem) {
        showWelcome(problem.status === 401 ? "" : problem.message);
        // Only an answer of no session ends it; a service that is down does not.
        if (problem.status !== 401) localStorage.setItem(hint, "yes");
    }
}

function showWelcome(message) {
    stopStream();
    localStorage.removeItem(hint);
    $("account").hidden = $("workspace").hidden = true;
    $("welcome").hidden = false;
    $("sign-in-message").textContent = message;
    $("sign-in").elements.email.focus();
}

async function showWorkspace(session) {
    localStorage.setItem(hint, "yes");
    $("email").textContent = session.email;
    $("account").hidden = $("workspace").hidden = false;
    $("welcome").hidden = true;
    startStream();
    await Promise.all([loadPresets(), reload()]).catch(complain);
}

/** Takes the button away where nobody may register. */
async function lookAtRegistration() {
    try {
        const { registration } = await call("GET", "/auth/register");
        $("register").hidden = registration === "closed";
        $("registration-closed").hidden = registration !== "closed";
    } catch {
        // Registering will say so itself.
    }
}

lookAtRegistration();

$("sign-in").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const credentials = { email: form.elements.email.value, password: form.elements.password.value };
    const buttons = [...form.querySelectorAll("button")];
    buttons.forEach((button) => { button.disabled = true; });
    $("sign-in-message").textContent = "";
    try {
        const isNew = event.submitter && event.submitter.value === "register";
        const session = await call("POST", isNew ? "/session/register" : "/session", credentials);
        form.elements.password.value = "";
        await showWorkspace(session);
    } catch (problem) {
        $("sign-in-message").textContent = problem.message;
    } finally {
        buttons.forEach((button) => { button.disabled = false; });
    }
});

$("sign-out").addEventListener("click", async () => {
    try {
        await call("DELETE", "/session");
        localStorage.removeItem(hint);
        location.reload();
    } catch (problem) {
        complain(problem);
    }
});

// New tasks

async function loadPresets() {
    const { presets } = await call("GET", "/api/presets");
    const first = $("preset").options[0];
    $("preset").replaceChildren(first, ...presets.map(({ name }) => new Option(name, name)));
}

function upload(file) {
    const line = document.createElement("li");
    const bar = document.createElement("progress");
    const name = document.createElement("span");
    name.textContent = file.name;
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", "Upload of " + file.name);
    line.append(name, bar);
    $("uploads").append(line);

    const form = new FormData();
    if ($("preset").value) form.append("preset", $("preset").value);
    form.append("file", file);
    // fetch tells nothing of the progress of an upload.
    const request = new XMLHttpRequest();
    request.open("POST", "/api/upload");
    request.responseType = "json";
    request.upload.onprogress = (event) => { bar.value = event.loaded / event.total; };
    request.onload = () => {
        if (request.status === 202) {
            line.remove();
            put(request.response);
        } else {
            fail(new Problem(request.status, request.response || {}).message);
        }
    };
    request.onerror = () => fail("The upload broke off.");
    const fail = (message) => {
        bar.remove();
        name.className = "message";
        name.textContent = file.name + ": " + message;
    };
    request.send(form);
}

$("files").addEventListener("change", (event) => {
    [...event.target.files].forEach(upload);
    event.target.value = "";
});

const drop = $("drop");
for (const type of ["dragenter", "dragover"]) {
    document.addEventListener(type, (event) => { event.preventDefault(); drop.classList.add("over"); });
}
for (const type of ["dragleave", "drop"]) {
    document.addEventListener(type, (event) => { event.preventDefault(); drop.classList.remove("over"); });
}
document.addEventListener("drop", (event) => {
    if (!$("workspace").hidden) [...event.dataTransfer.files].forEach(upload);
});

$("upload").addEventListener("submit", async (event) => {
    event.preventDefault();
    const order = { image_url: $("url").value };
    if (!order.image_url) return $("url").focus();
    if ($("preset").value) order.preset = $("preset").value;
    try {
        put(await call("POST", "/api/upload", order));
        $("url").value = "";
    } catch (problem) {
        complain(problem);
    }
});

function complain(problem) {
    const line = document.createElement("li");
    line.className = "message";
    line.textContent = problem.message;
    $("uploads").append(line);
    setTimeout(() => line.remove(), 10000);
}

// Tasks

const tasks = new Map();
let cursor = null;

async function reload() {
    const page = await call("GET", "/api/tasks?limit=50");
    // An event may have overtaken the list.
    const known = new Map([...tasks].map(([id, { task }]) => [id, task]));
    tasks.clear();
    $("tasks").replaceChildren();
    for (const task of page.tasks) {
        put(task);
        if (known.has(task.id)) put(known.get(task.id));
    }
    showCursor(page);
}

function showCursor(page) {
    cursor = page.next_cursor;
    $("more").hidden = !cursor;
    showEmptiness();
}

$("more").addEventListener("click", async () => {
    try {
        const page = await call("GET", "/api/tasks?limit=50&cursor=" + encodeURIComponent(cursor));
        page.tasks.forEach(put);
        showCursor(page);
    } catch (problem) {
        complain(problem);
    }
});

function put(task) {
    let item = tasks.get(task.id);
    // Events may come late: what is older than what is shown is not news.
    if (item && task.updated_at < item.task.updated_at) return;
    if (!item) {
        const row = $("task-template").content.firstElementChild.cloneNode(true);
        item = { row };
        row.addEventListener("click", (event) => act(event, item));
        row.dataset.id = task.id;
        // Ids grow with time, so the newest is the greatest.
        const next = [...$("tasks").children].find((other) => other.dataset.id < task.id);
        $("tasks").insertBefore(row, next || null);
        tasks.set(task.id, item);
    }
    item.task = task;
    show(item);
    showEmptiness();
}

function showEmptiness() { $("empty").hidden = tasks.size > 0; }

function forget(id) {
    const item = tasks.get(id);
    if (item) item.row.remove();
    tasks.delete(id);
    showEmptiness();
}

function show({ row, task }) {
    const part = (selector) => row.querySelector(selector);
    const name = task.image_url || (task.upload && task.upload.filename) || "Image";
    part(".title").textContent = name;
    const status = part(".status");
    status.textContent = task.status.charAt(0) + task.status.slice(1).toLowerCase();
    status.dataset.status = task.status;
    part(".facts").textContent = [
        task.preset ? "Preset " + task.preset : "",
        task.source ? task.source.width + " × " + task.source.height + " " + task.source.format : "",
        new Date(task.created_at).toLocaleString(),
    ].filter(Boolean).join(" · ");
    const bar = part("progress");
    bar.hidden = task.status !== "PROCESSING";
    bar.value = task.progress || 0;
    bar.setAttribute("aria-label", "Progress of " + name);
    part(".message").textContent = task.error ? task.error.message : "";
    part(".outputs").replaceChildren(...task.outputs.map(output));
    showThumbnail(part(".thumbnail"), task, name);
    const isOpen = task.status === "PENDING" || task.status === "PROCESSING";
    part("[data-action=cancel]").hidden = !isOpen || Boolean(task.cancel_requested);
    part("[data-action=replay]").hidden = task.status !== "FAILED";
    part("[data-action=delete]").hidden = isOpen;
}

/** A replay creates different bytes under the same URL: their hash separates the cached ones. */
function address(output) { return output.url + "?v=" + output.sha256.slice(0, 16); }

function output(output) {
    const item = document.createElement("li");
    if (!output.url) {
        item.className = "message";
        item.textContent = output.name + ": " + (output.error ? output.error.message : "failed");
        return item;
    }
    const link = document.createElement("a");
    link.href = address(output) + "&download";
    link.textContent = output.name;
    item.append(link, " " + output.width + " × " + output.height + " " + output.format + ", " + size(output.bytes));
    return item;
}

function size(bytes) {
    if (bytes < 1024) return bytes + " B";
    return bytes < 1024 * 1024 ? (bytes / 1024).toFixed(1) + " kB" : (bytes / 1024 / 1024).toFixed(1) + " MB";
}

function showThumbnail(image, task, name) {
    const shown = task.outputs.filter((output) => output.url && output.format !== "tiff").sort((left, right) => left.bytes - right.bytes)[0];
    image.hidden = !shown;
    if (!shown || image.dataset.shown === shown.sha256) return;
    image.dataset.shown = shown.sha256;
    image.alt = "Output " + shown.name + " of " + name;
    image.src = address(shown);
}

async function act(event, item) {
    const action = event.target.dataset.action;
    if (!action) return;
    const path = "/api/tasks/" + item.task.id;
    event.target.disabled = true;
    try {
        if (action === "delete") {
            await call("DELETE", path);
            forget(item.task.id);
        } else {
            put(await call("POST", path + "/" + action));
        }
    } catch (problem) {
        item.row.querySelector(".message").textContent = problem.message;
    } finally {
        event.target.disabled = false;
    }
}

// Changes as they happen

let stream = null;
let reopening = null;

function startStream() {
    stopStream();
    stream = new EventSource("/api/events");
    stream.addEventListener("task", (event) => put(JSON.parse(event.data)));
    stream.addEventListener("task_deleted", (event) => forget(JSON.parse(event.data).id));
    stream.addEventListener("reset", () => reload().catch(complain));
    stream.onopen = () => { $("stream").textContent = "Live"; };
    stream.onerror = () => {
        $("stream").textContent = "Connection lost, trying again …";
        // A browser gives up on a stream that is refused; the list tells whether the session has ended.
        if (stream.readyState === EventSource.CLOSED) reopening = setTimeout(reopen, 3000);
    };
}

async function reopen() {
    try {
        await reload();
        startStream();
    } catch (problem) {
        if (problem.status !== 401) reopening = setTimeout(reopen, 3000);
    }
}

function stopStream() {
    clearTimeout(reopening);
    if (stream) stream.close();
    stream = null;
}

start();
