import { useEffect, useRef, useState } from "react";
import { Icon } from "../ui/Icon.jsx";
import { changeOrganisation, useMay, useSession } from "../service/session.js";
import { showError } from "../service/toasts.js";
import { Link } from "../shell/routing.jsx";
import { flushDeletions } from "../tasks/actions.js";
import { NewOrganisation } from "./NewOrganisation.jsx";
import { loadOrganisations, useOrganisations } from "./organisations.js";
import { mayManage } from "./roles.js";

const itemClass = "flex w-full items-center gap-2 rounded-lg px-3 py-2 text-left text-sm text-ink no-underline hover:bg-sunk";

/** Shows the current organisation, switches to another one, and links to its pages and to those of the account. */
export function OrganisationMenu() {
    const { tenant, email } = useSession();
    const { list } = useOrganisations();
    const [isOpen, setOpen] = useState(false);
    const [isNaming, setNaming] = useState(false);
    const menu = useRef(null);
    const button = useRef(null);
    useEffect(() => { if (tenant) loadOrganisations(); }, [tenant]);
    useEffect(() => {
        if (!isOpen) return undefined;
        const leave = (event) => { if (!menu.current.contains(event.target)) setOpen(false); };
        const escape = (event) => {
            if (event.key !== "Escape") return;
            setOpen(false);
            button.current.focus();
        };
        document.addEventListener("pointerdown", leave);
        document.addEventListener("focusin", leave);
        document.addEventListener("keydown", escape);
        return () => {
            document.removeEventListener("pointerdown", leave);
            document.removeEventListener("focusin", leave);
            document.removeEventListener("keydown", escape);
        };
    }, [isOpen]);
    const name = (list.find(({ id }) => id === tenant) || { name: email }).name;
    const close = () => setOpen(false);
    return (
        <div ref={menu} className="relative">
            <button ref={button} type="button" aria-expanded={isOpen} aria-label={`Organisation: ${name}`} title={name} onClick={() => setOpen(!isOpen)}
                className="flex h-9 items-center gap-1.5 rounded-lg px-2 text-sm text-soft hover:bg-sunk hover:text-ink">
                <Icon name="team" /><span className="hidden max-w-40 truncate lg:inline">{name}</span><Icon name="down" size={14} className="hidden sm:block" />
            </button>
            {isOpen && (
                <div className="absolute right-0 z-20 mt-2 max-h-[80vh] w-72 max-w-[calc(100vw-2rem)] overflow-y-auto rounded-2xl border border-line bg-card p-2 shadow-lg">
                    <Organisations list={list} tenant={tenant} />
                    <button type="button" className={itemClass} onClick={() => { close(); setNaming(true); }}><Icon name="plus" />New organisation…</button>
                    <Sections onFollow={close} />
                </div>
            )}
            {isNaming && <NewOrganisation onClose={() => setNaming(false)} />}
        </div>
    );
}

function Organisations({ list, tenant }) {
    const change = async (id) => {
        try {
            await flushDeletions();
            // The task of the current page belongs to the previous organisation.
            await changeOrganisation(id, /^\/(tasks|presets|webhooks|invite)\//.test(`${location.pathname}/`) ? "/" : location.pathname);
        } catch (problem) {
            showError(problem);
        }
    };
    return (
        <ul aria-label="Organisations">
            {list.filter((one) => !one.deleted_at).map(({ id, name, role }) => (
                <li key={id}>
                    <button type="button" aria-current={id === tenant || undefined} disabled={id === tenant} className={itemClass} onClick={() => change(id)}>
                        <span className="min-w-0 grow"><span className="block truncate font-medium">{name}</span><span className="block text-soft">{role}</span></span>
                        {id === tenant && <Icon name="check" className="text-accent" />}
                    </button>
                </li>
            ))}
        </ul>
    );
}

function Sections({ onFollow }) {
    const { role, email } = useSession();
    const mayHook = useMay("webhooks:write");
    const links = [["/team", "team", "Team"], ...(mayManage(role) ? [["/keys", "key", "API keys"], ["/audit", "log", "Audit log"]] : []),
        ...(mayHook ? [["/webhooks", "hook", "Webhooks"]] : []), ["/account", "user", "Account"]];
    return (
        <ul aria-label="Settings" className="mt-2 border-t border-line pt-2" onClick={onFollow}>
            {links.map(([to, icon, name]) => <li key={to}><Link to={to} className={itemClass}><Icon name={icon} />{name}</Link></li>)}
            <li className="truncate px-3 pt-1 text-sm text-soft" title={email}>{email}</li>
        </ul>
    );
}
