import { useState } from "react";
import { Choice } from "../ui/Choice.jsx";
import { copy } from "../ui/copying.js";
import { Button, Card } from "../ui/parts.jsx";
import { samples } from "./samples.js";

/** Code with which a receiver verifies messages. */
export function Samples() {
    const [language, setLanguage] = useState("JavaScript");
    return (
        <Card aria-labelledby="verify-heading" className="min-w-0 p-4">
            <h2 id="verify-heading" className="text-lg font-semibold">Verify messages</h2>
            <p className="text-soft">Any library of <a href="https://www.standardwebhooks.com" className="text-accent underline">Standard Webhooks</a> can do this, and so can the code below. Pass the body exactly as it was received.</p>
            <div className="mt-3 flex items-end justify-between gap-2">
                <Choice id="sample-language" label="Language" value={language} options={Object.keys(samples).map((name) => [name, name])} onChange={({ target }) => setLanguage(target.value)} />
                <Button icon="copy" aria-label="Copy the sample" onClick={() => copy(samples[language], "Sample")}>Copy</Button>
            </div>
            <pre tabIndex={0} aria-label="Sample code" className="mt-3 overflow-x-auto rounded-lg bg-sunk p-3 font-mono text-sm">{samples[language]}</pre>
        </Card>
    );
}
