import { call, whenExpired } from "./calls.js";
import { makeStore, useStore } from "./store.js";

/** Whose session this browser had; the token itself is out of reach of any script. */
const remembered = "pixelflow.email";

/**
 * `phase`: `out`, `in`, or `expired`, where the page stays as it is until someone signs in again.
 * `message` says why there is no session.
 */
export const session = makeStore({ phase: "out", email: "", message: "" });

export const useSession = () => useStore(session);

/** Shows the page at once where there was a session, and finds out whether there still is. */
export function startSession() {
    whenExpired(() => {
        if (session.get().phase === "in") session.set({ phase: "expired" });
    });
    const email = localStorage.getItem(remembered);
    if (!email) return;
    session.set({ phase: "in", email });
    call("GET", "/session").then(
        (account) => enter(account),
        (problem) => {
            if (problem.status === 401) leave("Your session has ended. Please sign in again.");
        });
}

function enter({ email }) {
    localStorage.setItem(remembered, email);
    session.set({ phase: "in", email, message: "" });
}

function leave(message) {
    localStorage.removeItem(remembered);
    session.set({ phase: "out", email: "", message });
}

export async function signIn(credentials, isNew) {
    const before = session.get();
    const account = await call("POST", isNew ? "/session/register" : "/session", credentials);
    localStorage.setItem(remembered, account.email);
    // What the page holds belongs to whoever was here before.
    if (before.phase === "expired" && before.email !== account.email) return location.assign("/");
    enter(account);
}

export async function signOut() {
    await call("DELETE", "/session");
    localStorage.removeItem(remembered);
    location.assign("/");
}

/** Whether new people may register; true as well where no one says, for then registering says so itself. */
export async function isRegistrationOpen() {
    try {
        return (await call("GET", "/auth/register")).registration !== "closed";
    } catch {
        return true;
    }
}

/** Whether someone has had a session in this browser before. */
export const isKnown = () => Boolean(localStorage.getItem(remembered));
