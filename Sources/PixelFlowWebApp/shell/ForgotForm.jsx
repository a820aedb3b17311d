import { useState } from "react";
import { Button, Failure, Field, TextButton } from "../ui/parts.jsx";
import { call } from "../service/calls.js";

/** Requests a message with a link for a new password. The service never reveals whether the address has an account. */
export function ForgotForm({ email, onClose }) {
    const [sentTo, setSentTo] = useState("");
    const [problem, setProblem] = useState(null);
    const submit = async (event) => {
        event.preventDefault();
        const address = String(new FormData(event.target).get("email")).trim();
        try {
            await call("POST", "/auth/password/forgot", { email: address });
            setProblem(null);
            setSentTo(address);
        } catch (refusal) {
            setProblem(refusal);
        }
    };
    const back = <p className="text-center text-sm text-soft"><TextButton onClick={onClose}>Back to signing in</TextButton></p>;
    if (sentTo) {
        return (
            <div className="grid gap-4">
                <h2 className="text-xl font-semibold">Check your mailbox</h2>
                <p role="status" className="text-soft wrap-anywhere">If {sentTo} has an account, a message with a link is on its way. The link is good for an hour.</p>
                {back}
            </div>
        );
    }
    return (
        <form onSubmit={submit} className="grid gap-4" aria-label="Forgot password">
            <h2 className="text-xl font-semibold">Forgot your password?</h2>
            <p className="text-soft">We will send you a link to choose a new one.</p>
            <Field id="forgot-email" name="email" label="Email" type="email" autoComplete="username" required defaultValue={email} autoFocus
                error={problem && problem.field === "email" ? problem.message : ""} />
            {problem && problem.field !== "email" && <Failure problem={problem} />}
            <Button type="submit" kind="primary">Send the link</Button>
            {back}
        </form>
    );
}
