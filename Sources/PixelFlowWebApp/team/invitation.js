/** The token of the invitation whose link was opened; empty elsewhere. */
export const invitationToken = () => (location.pathname === "/invite" ? location.hash.slice(1) : "");

const withArticle = (noun) => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;

/** Who can use an invitation, and what for. */
export function effect({ email, role }, organisation) {
    const result = `becomes ${withArticle(role)} of ${organisation}`;
    return email ? `Only ${email} can accept it, and ${result}.` : `Whoever opens it ${result}.`;
}
