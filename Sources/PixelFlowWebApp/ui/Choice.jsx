import { inputClass } from "./parts.jsx";

/** A labelled select box; `options` are pairs of value and label. */
export function Choice({ id, label, options, className = "", ...rest }) {
    return (
        <div className={className}>
            <label htmlFor={id} className="mb-1 block text-sm font-medium">{label}</label>
            <select id={id} className={inputClass} {...rest}>
                {options.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
            </select>
        </div>
    );
}
