import { copy } from "./copying.js";
import { Button, inputClass } from "./parts.jsx";

/** A secret that is shown only once, with a button that copies it. */
export function Secret({ id, label, text }) {
    return (
        <div>
            <label htmlFor={id} className="mb-1 block text-sm font-medium">{label}</label>
            <div className="flex gap-2">
                <input id={id} readOnly value={text} className={`${inputClass} min-w-0 font-mono text-sm`} onFocus={(event) => event.target.select()} />
                <Button icon="copy" onClick={() => copy(text, label)}>Copy</Button>
            </div>
        </div>
    );
}
