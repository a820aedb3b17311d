import { useState } from "react";
import { Logo } from "../ui/Icon.jsx";
import { Button, Card, Failure, Field } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { forgetAccount } from "../service/session.js";
import { useTitle } from "../shell/routing.jsx";

/** The layout of pages that links in messages open, with or without a session. */
export function MailedPage({ title, children }) {
    useTitle(title);
    return (
        <main className="mx-auto grid min-h-screen w-full max-w-md content-center gap-6 px-4 py-10">
            <div className="flex items-center gap-3 text-xl font-semibold"><Logo size={40} />PixelFlow</div>
            <Card className="grid gap-4 p-6 shadow-sm sm:p-8"><h1 className="text-xl font-semibold">{title}</h1>{children}</Card>
        </main>
    );
}

/** Sets a new password with the token in the address, which browsers do not send to servers. */
export function ResetPage() {
    const [token] = useState(location.hash.slice(1));
    const [isDone, setDone] = useState(false);
    const [problem, setProblem] = useState(null);
    const submit = async (event) => {
        event.preventDefault();
        try {
            await call("POST", "/auth/password/reset", { token, new_password: new FormData(event.target).get("new_password") });
            setDone(true);
        } catch (refusal) {
            setProblem(refusal);
        }
    };
    if (isDone) {
        return (
            <MailedPage title="Your password is set">
                <p role="status" className="text-soft">Every session of your account has ended.</p>
                <Button kind="primary" onClick={forgetAccount}>Sign in</Button>
            </MailedPage>
        );
    }
    const isShort = Boolean(problem) && problem.code.startsWith("password_");
    return (
        <MailedPage title="Choose a new password">
            <form onSubmit={submit} aria-label="Choose a new password" className="grid gap-4">
                <Field id="new-password" name="new_password" label="New password" type="password" required autoFocus autoComplete="new-password"
                    hint="At least 8 characters." error={isShort ? problem.message : ""} />
                {problem && !isShort && <Failure problem={problem} />}
                <Button type="submit" kind="primary">Set the password</Button>
                <a href="/" className="text-center text-sm text-accent underline">To PixelFlow</a>
            </form>
        </MailedPage>
    );
}
