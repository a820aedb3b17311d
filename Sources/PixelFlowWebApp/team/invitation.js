/** The token of the invitation whose link was opened; empty elsewhere. */
export const invitationToken = () => (location.pathname === "/invite" ? location.hash.slice(1) : "");
