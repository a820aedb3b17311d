import { useEffect, useState } from "react";
import { Failure } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { MailedPage } from "./ResetPage.jsx";

/** Confirms an address with the token in the address of the page. */
export function VerifyPage() {
    const [token] = useState(location.hash.slice(1));
    const [isDone, setDone] = useState(false);
    const [problem, setProblem] = useState(null);
    useEffect(() => {
        call("POST", "/auth/email/verify", { token }).then(() => setDone(true), setProblem);
    }, [token]);
    return (
        <MailedPage title={isDone ? "Your address is confirmed" : problem ? "This link does not work" : "One moment …"}>
            {problem && <Failure problem={problem} />}
            <a href="/" className="text-accent underline">Go to PixelFlow</a>
        </MailedPage>
    );
}
