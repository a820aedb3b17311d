import { useState } from "react";
import { Choice } from "../ui/Choice.jsx";
import { Card, Failure } from "../ui/parts.jsx";
import { call } from "../service/calls.js";
import { showError } from "../service/toasts.js";
import { useResponse } from "../service/useResponse.js";

const address = "/auth/notification-settings";
const notices = [
    ["webhook_disabled", "A webhook was disabled", "to owners"],
    ["quota_warning", "A quota fills up", "to owners and admins"],
];
const taskMail = [
    ["never", "Never"],
    ["failures", "When some have failed, at most every 15 minutes"],
    ["hourly", "Every hour, what has ended"],
    ["daily", "Every day, what has ended"],
    ["batches", "When a batch is done"],
];

/** The mail settings for the current organisation. Shows nothing if the service sends no mail. */
export function Mail() {
    const sendsMail = useResponse("/auth/register").response?.sends_mail === true;
    const { response, problem, reload } = useResponse(sendsMail ? address : "");
    const [chosen, setChosen] = useState(null);
    if (!sendsMail) return null;
    const settings = chosen || response;
    const choose = async (name, value) => {
        const { webhook_disabled, quota_warning, tasks } = settings;
        const wish = { webhook_disabled, quota_warning, tasks, [name]: value };
        // Shown immediately, and undone if the service rejects it.
        setChosen({ ...settings, ...wish });
        try {
            setChosen(await call("PUT", address, wish));
        } catch (error) {
            setChosen(settings);
            showError(error);
        }
    };
    return (
        <Card aria-labelledby="mail-heading" className="p-4">
            <h2 id="mail-heading" className="text-lg font-semibold">Mail</h2>
            <p className="text-soft">Choose what mail you get about this organisation.</p>
            {problem && <Failure problem={problem} onRetry={reload} />}
            {settings && settings.mail_refused_at && (
                <p role="status" className="mt-2 rounded-lg bg-busy-wash px-3 py-2 text-busy">
                    Your mailbox rejects mail. None of this is sent until it accepts another message, such as one that confirms your address.
                </p>
            )}
            {settings && (
                <fieldset className="mt-2">
                    <legend className="sr-only">Messages</legend>
                    {notices.map(([name, words, whom]) => (
                        <label key={name} className="flex items-baseline gap-2 py-0.5">
                            <input type="checkbox" checked={settings[name]} onChange={(event) => choose(name, event.target.checked)}
                                className="accent-accent" />
                            <span>{words} <span className="text-sm text-soft">{whom}</span></span>
                        </label>
                    ))}
                    <Choice id="mail-tasks" label="Tasks that you or your API keys have created" options={taskMail} className="mt-3 max-w-md"
                        value={settings.tasks} onChange={(event) => choose("tasks", event.target.value)} />
                </fieldset>
            )}
        </Card>
    );
}
