import { useEffect, useRef } from "react";
import { Icon } from "./Icon.jsx";

const kinds = {
    primary: "bg-accent text-on-accent border-transparent hover:opacity-90",
    plain: "bg-card border-line hover:border-edge",
    quiet: "bg-transparent border-transparent text-soft hover:text-ink hover:bg-sunk",
    bad: "bg-card border-line text-bad hover:border-bad",
};

export function buttonClass(kind = "plain", isSmall = false) {
    const size = isSmall ? "px-2.5 py-1 text-sm gap-1.5" : "px-4 py-2 gap-2";
    return `inline-flex items-center justify-center rounded-lg border font-medium whitespace-nowrap no-underline
        transition-colors disabled:opacity-50 ${size} ${kinds[kind]}`;
}

export function Button({ kind, small, icon, className = "", children, ...rest }) {
    return (
        <button type="button" className={`${buttonClass(kind, small)} ${className}`} {...rest}>
            {icon && <Icon name={icon} />}
            {children}
        </button>
    );
}

/** A button that looks like a link. */
export function TextButton(props) {
    return <button type="button" className="rounded font-medium text-accent underline" {...props} />;
}

/** A button with only an icon; `label` is its accessible name. */
export function IconButton({ icon, label, className = "", ...rest }) {
    return (
        <button type="button" aria-label={label} title={label}
            className={`inline-grid size-9 place-items-center rounded-lg text-soft hover:bg-sunk hover:text-ink disabled:opacity-40 ${className}`}
            {...rest}>
            <Icon name={icon} />
        </button>
    );
}

export function Card({ as: Element = "section", className = "", ...rest }) {
    return <Element className={`rounded-2xl border border-line bg-card ${className}`} {...rest} />;
}

export const inputClass = `w-full rounded-lg border border-edge bg-card px-3 py-2 text-ink aria-invalid:border-bad aria-invalid:ring-1
    aria-invalid:ring-bad`;

/** A labelled text field; screen readers read `error` with it. */
export function Field({ label, hint, error, id, className = "", ...rest }) {
    const about = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined;
    return (
        <div className={className}>
            <label htmlFor={id} className="mb-1 block text-sm font-medium">{label}</label>
            <input id={id} className={inputClass} aria-invalid={Boolean(error) || undefined} aria-describedby={about} {...rest} />
            {hint && !error && <p id={`${id}-hint`} className="mt-1 text-sm text-soft">{hint}</p>}
            {error && <p id={`${id}-error`} className="mt-1 text-sm text-bad">{error}</p>}
        </div>
    );
}

/** A placeholder for an empty list. */
export function Empty({ icon, title, children }) {
    return (
        <div className="grid place-items-center gap-2 px-6 py-14 text-center">
            <span className="grid size-14 place-items-center rounded-2xl bg-sunk text-soft"><Icon name={icon} size={28} /></span>
            <p className="text-lg font-semibold">{title}</p>
            <div className="max-w-md text-soft">{children}</div>
        </div>
    );
}

export function Failure({ problem, onRetry }) {
    return (
        <div role="alert" className="flex flex-wrap items-center gap-3 rounded-xl bg-bad-wash px-4 py-3 text-bad">
            <Icon name="warning" />
            <span className="grow">{problem.message}</span>
            {onRetry && <Button small onClick={onRetry}>Try again</Button>}
        </div>
    );
}

/** A modal dialog. It is open while it is rendered. */
export function Dialog({ title, onClose, className = "max-w-lg", children }) {
    const element = useRef(null);
    useEffect(() => {
        const dialog = element.current;
        if (!dialog.open) dialog.showModal();
        return () => dialog.close();
    }, []);
    const cancel = (event) => {
        event.preventDefault();
        if (onClose) onClose();
    };
    return (
        <dialog ref={element} onCancel={cancel} aria-label={title}
            className={`w-[calc(100%-2rem)] rounded-2xl border border-line bg-card p-6 ${className}`}>
            <div className="mb-4 flex items-start justify-between gap-4">
                <h2 className="text-lg font-semibold">{title}</h2>
                {onClose && <IconButton icon="close" label="Close" className="-mt-1.5 -mr-2" onClick={onClose} />}
            </div>
            {children}
        </dialog>
    );
}
