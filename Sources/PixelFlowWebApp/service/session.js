import { call, whenExpired } from "./calls.js";
import { makeStore, useStore } from "./store.js";

/** The account of this browser's session; scripts cannot read the token itself. */
const remembered = "pixelflow.email";

/**
 * `phase`: `out`, `in`, or `expired`, in which the page stays unchanged until the user signs in again.
 * `message` says why there is no session.
 */
export const session = makeStore({ phase: "out", email: "", message: "" });

export const useSession = () => useStore(session);

/** Shows the page immediately if there was a session, and checks whether it still exists. */
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
    // The data on the page belongs to the previous user.
    if (before.phase === "expired" && before.email !== account.email) return location.assign("/");
    enter(account);
}

export async function signOut() {
    await call("DELETE", "/session");
    localStorage.removeItem(remembered);
    location.assign("/");
}

/** Whether registration is open; also true if that is unknown, since a registration then reports it. */
export async function isRegistrationOpen() {
    try {
        return (await call("GET", "/auth/register")).registration !== "closed";
    } catch {
        return true;
    }
}
