import { useState } from "react";
import { copy } from "../ui/copying.js";
import { Button, Card, Dialog, Failure, Field } from "../ui/parts.jsx";
import { Secret } from "../ui/Secret.jsx";
import { call } from "../service/calls.js";
import { toast } from "../service/toasts.js";
import { useResponse } from "../service/useResponse.js";
import { QRCode } from "./QRCode.jsx";

const path = "/auth/me/second-factor";

/** Turns codes of an authenticator app on and off as a second factor. */
export function SecondFactor() {
    const { response: me, problem, reload } = useResponse("/auth/me");
    const [dialog, setDialog] = useState("");
    const close = () => {
        setDialog("");
        reload();
    };
    const isOn = Boolean(me && me.second_factor);
    return (
        <Card aria-labelledby="second-factor-heading" className="p-4">
            <div className="flex flex-wrap items-center justify-between gap-3">
                <div className="min-w-0 grow basis-72">
                    <h2 id="second-factor-heading" className="text-lg font-semibold">
                        Second factor {isOn && <span className="ml-1 rounded-full bg-good-wash px-2 py-0.5 align-middle text-sm text-good">On</span>}
                    </h2>
                    <p className="text-soft">
                        {isOn ? `Each sign-in needs a code from your authenticator app. ${left(me.recovery_codes)}`
                            : "An authenticator app on your phone generates codes. Each sign-in then needs a code in addition to the password."}
                    </p>
                </div>
                {me && (isOn ? <Button kind="bad" onClick={() => setDialog("off")}>Turn off</Button> : <Button onClick={() => setDialog("on")}>Turn on</Button>)}
            </div>
            {problem && <Failure problem={problem} onRetry={reload} />}
            {dialog === "on" && <TurnOn onClose={close} />}
            {dialog === "off" && <TurnOff onClose={close} />}
        </Card>
    );
}

const left = (count) => (count === 1 ? "One recovery code is left." : `${count} recovery codes are left.`);

/** Three steps: the password, a code of the app, and the recovery codes. */
function TurnOn({ onClose }) {
    const [offer, setOffer] = useState(null);
    const [codes, setCodes] = useState(null);
    const title = codes ? "Keep your recovery codes" : offer ? "Scan with your app" : "Turn the second factor on";
    return (
        <Dialog title={title} onClose={onClose} className="max-w-md">
            {codes ? <Recovery codes={codes} onClose={onClose} /> : offer ? <Confirm offer={offer} onDone={setCodes} /> : <Ask onDone={setOffer} />}
        </Dialog>
    );
}

function Ask({ onDone }) {
    const [problem, submit] = useSubmit(async (fields) => onDone(await call("POST", path, { password: fields.get("password") })));
    return (
        <form onSubmit={submit} className="grid gap-4">
            <Field id="factor-password" name="password" label="Your password" type="password" required autoFocus autoComplete="current-password" error={problem ? problem.message : ""} />
            <Button type="submit" kind="primary" className="justify-self-end">Continue</Button>
        </form>
    );
}

function Confirm({ offer, onDone }) {
    const [problem, submit] = useSubmit(async (fields) => onDone((await call("PUT", path, { code: fields.get("code") })).recovery_codes));
    return (
        <form onSubmit={submit} className="grid gap-4">
            <div className="flex justify-center"><QRCode text={offer.url} label="QR code with the secret, for an authenticator app" /></div>
            <Secret id="factor-secret" label="Or type this secret" text={offer.secret} />
            <CodeField id="factor-code" label="Code from the app" error={problem ? problem.message : ""} autoFocus />
            <Button type="submit" kind="primary" className="justify-self-end">Turn on</Button>
        </form>
    );
}

function Recovery({ codes, onClose }) {
    return (
        <div className="grid gap-4">
            <p className="text-soft">Each replaces a code from the app once. They are shown only once: keep them with your passwords.</p>
            <ul aria-label="Recovery codes" className="grid grid-cols-1 gap-x-6 gap-y-1 rounded-lg bg-sunk p-3 font-mono sm:grid-cols-2">
                {codes.map((code) => <li key={code}>{code}</li>)}
            </ul>
            <div className="flex justify-end gap-2">
                <Button icon="copy" onClick={() => copy(codes.join("\n"), "Recovery codes")}>Copy</Button>
                <Button kind="primary" onClick={onClose}>I have saved them</Button>
            </div>
        </div>
    );
}

function TurnOff({ onClose }) {
    const [problem, submit] = useSubmit(async (fields) => {
        await call("DELETE", path, { password: fields.get("password"), code: fields.get("code") });
        toast("The second factor is off.");
        onClose();
    });
    const errorOf = (isCode) => (problem && (problem.code === "second_factor_invalid") === isCode ? problem.message : "");
    return (
        <Dialog title="Turn the second factor off?" onClose={onClose} className="max-w-md">
            <form onSubmit={submit} className="grid gap-4">
                <Field id="factor-password" name="password" label="Your password" type="password" required autoFocus autoComplete="current-password" error={errorOf(false)} />
                <CodeField id="factor-code" label="Code from the app, or a recovery code" error={errorOf(true)} />
                <div className="flex justify-end gap-2"><Button onClick={onClose}>Keep on</Button><Button type="submit" kind="bad">Turn off</Button></div>
            </form>
        </Dialog>
    );
}

/** The field for a code of the app or a recovery code. */
export function CodeField(rest) {
    return <Field name="code" inputMode="text" required autoComplete="one-time-code" spellCheck={false} {...rest} />;
}

/** A form that shows its error. */
function useSubmit(send) {
    const [problem, setProblem] = useState(null);
    const submit = async (event) => {
        event.preventDefault();
        try {
            setProblem(null);
            await send(new FormData(event.target));
        } catch (refusal) {
            setProblem(refusal);
        }
    };
    return [problem, submit];
}
