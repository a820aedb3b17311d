import { useEffect, useState } from "react";
import { Button, Field, TextButton } from "../ui/parts.jsx";
import { registrationState, signIn } from "../service/session.js";
import { go } from "./routing.jsx";
import { CodeField } from "../account/SecondFactor.jsx";
import { invitationToken } from "../team/invitation.js";
import { ForgotForm } from "./ForgotForm.jsx";

const taken = "email_taken";
const closed = "registration_closed";
const codeRequired = "second_factor_required";
const seenBefore = "pixelflow.seen";

/** Whether this visitor may register: with the setup token, or according to the registration mode. */
function mayEnter({ registration, needsSetup }, invitation) {
    return needsSetup || registration === "open" || (registration === "invite" && Boolean(invitation));
}

/**
 * Signs in, or registers if `canRegister` and the service accepts it; the first visit of a browser starts with registration.
 * A registration includes the invitation whose link was opened.
 */
export function SignInForm({ email = "", message = "", canRegister: mayRegister = false }) {
    const invitation = invitationToken();
    const [state, setState] = useState({ registration: "open", needsSetup: false, sendsMail: false });
    const [forgotten, setForgotten] = useState(null);
    const [isClosed, setClosed] = useState(false);
    const canRegister = mayRegister && !isClosed;
    const [isNew, setNew] = useState(mayRegister && !message && !localStorage.getItem(seenBefore));
    const [problem, setProblem] = useState(null);
    const [isBusy, setBusy] = useState(false);
    const [needsCode, setNeedsCode] = useState(false);
    const close = () => {
        setClosed(true);
        setNew(false);
    };
    useEffect(() => {
        if (mayRegister) registrationState().then((known) => {
            setState(known);
            if (!mayEnter(known, invitation)) close();
            else if (known.needsSetup) setNew(true);
        });
    }, [mayRegister]);
    const submit = async (event) => {
        event.preventDefault();
        const fields = new FormData(event.target);
        setBusy(true);
        setProblem(null);
        try {
            const setupToken = String(fields.get("setup_token") || "").trim();
            const extras = isNew ? { ...(invitation && { invitation }), ...(setupToken && { setup_token: setupToken }) } : {};
            const code = needsCode && !isNew ? { code: String(fields.get("code")).trim() } : {};
            await signIn({ email: String(fields.get("email")).trim(), password: fields.get("password"), ...extras, ...code }, isNew);
            if (isNew && invitation) go("/");
            localStorage.setItem(seenBefore, "yes");
        } catch (refusal) {
            setBusy(false);
            if (refusal.code === codeRequired && !needsCode) return setNeedsCode(true);
            if (refusal.code === closed && state.needsSetup) return setProblem({ code: closed, field: "setup_token", message: "This is not the setup token." });
            setProblem(refusal);
            if (refusal.code === closed) close();
        }
    };
    const forget = (event) => setForgotten(new FormData(event.target.form).get("email"));
    const change = (value) => {
        setNew(value);
        setProblem(null);
    };
    const errorOf = (field) => (problem && problem.field === field && problem.code !== taken ? problem.message : "");
    if (forgotten !== null) return <ForgotForm email={forgotten} onClose={() => setForgotten(null)} />;
    return (
        <form onSubmit={submit} className="grid gap-4" aria-label={isNew ? "Create an account" : "Sign in"}>
            {mayRegister && <h2 className="text-xl font-semibold">{isNew ? "Create your account" : "Welcome back"}</h2>}
            {invitation && !problem && (
                <p role="status" className="rounded-lg bg-accent-wash px-3 py-2 text-accent">You are invited. {isNew ? "Create an account" : "Sign in"} to accept.</p>
            )}
            {message && !problem && <p role="status" className="rounded-lg bg-busy-wash px-3 py-2 text-busy">{message}</p>}
            <Field id="email" name="email" label="Email" type="email" autoComplete="username" required defaultValue={email}
                autoFocus={!email} error={errorOf("email")} />
            <Field id="password" name="password" label="Password" type="password" required autoFocus={Boolean(email)}
                autoComplete={isNew ? "new-password" : "current-password"} error={errorOf("password")}
                hint={isNew ? "At least 8 characters." : ""} />
            {!isNew && needsCode && (
                <CodeField id="code" label="Code" autoFocus error={errorOf("code")} hint="From your authenticator app, or a recovery code." />
            )}
            {isNew && state.needsSetup && (
                <Field id="setup-token" name="setup_token" label="Setup token" required autoComplete="off" spellCheck={false} error={errorOf("setup_token")}
                    hint="No one has an account yet. The log of the auth service shows this token." />
            )}
            {!isNew && state.sendsMail && <p className="-mt-2 text-sm"><TextButton onClick={forget}>Forgot password?</TextButton></p>}
            <div role="alert">{problem && <Refusal problem={problem} isNew={isNew} onChange={change} />}</div>
            <Button type="submit" kind="primary" disabled={isBusy}>
                {isBusy ? "One moment …" : isNew ? "Create account" : "Sign in"}
            </Button>
            {canRegister && (
                <p className="text-center text-sm text-soft">
                    {isNew ? "Already have an account? " : "New here? "}
                    <TextButton onClick={() => change(!isNew)}>{isNew ? "Sign in" : "Create an account"}</TextButton>
                </p>
            )}
            {isClosed && (
                <p className="text-center text-sm text-soft">
                    {state.registration === "invite"
                        ? "Registration is by invitation. Ask a member of your organisation for a link."
                        : "Registration is closed. Ask the operator of this service for an account."}
                </p>
            )}
        </form>
    );
}

function Refusal({ problem, isNew, onChange }) {
    if (problem.code !== taken && ["email", "password", "setup_token", "code"].includes(problem.field)) return null;
    return (
        <p className="rounded-lg bg-bad-wash px-3 py-2 text-bad">
            {problem.message}
            {isNew && problem.code === taken && <> <TextButton onClick={() => onChange(false)}>Sign in instead</TextButton></>}
        </p>
    );
}
